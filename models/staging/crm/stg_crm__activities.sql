with

activities as (

    select * from {{ newest_versions(source('crm', 'activities')) }}

)

select
    activity_id,
    activity_type,
    direction,
    occurred_at,
    duration_minutes,
    is_automated,
    is_appointment_made,
    sales_technique,
    channel,
    rep_id,
    account_id,
    contact_id,
    lead_id,
    opportunity_id

from activities
