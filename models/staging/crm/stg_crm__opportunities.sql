with

opportunities as (

    select * from {{ newest_versions(source('crm', 'opportunities')) }}

)

select
    opportunity_id,
    opportunity_name,
    account_id,
    contact_id,
    lead_id,
    rep_id,
    campaign_id,
    channel,
    opportunity_type,
    stage,
    status,
    amount,
    currency,
    probability,
    created_at,
    closed_at

from opportunities
