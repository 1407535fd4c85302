with

leads as (

    select * from {{ newest_versions(source('crm', 'leads')) }}

)

select
    lead_id,
    account_id,
    contact_id,
    rep_id,
    campaign_id,
    channel,
    lead_score,
    created_at,
    marketing_qualified_at,
    sales_qualified_at,
    disqualified_at,
    converted_at,
    converted_opportunity_id

from leads
