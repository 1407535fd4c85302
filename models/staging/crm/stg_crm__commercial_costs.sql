with

commercial_costs as (

    select * from {{ newest_versions(source('crm', 'commercial_costs')) }}

)

select
    commercial_cost_id,
    cost_type,
    amount,
    currency,
    started_on,
    ended_on,
    channel,
    campaign_id,
    segment

from commercial_costs
