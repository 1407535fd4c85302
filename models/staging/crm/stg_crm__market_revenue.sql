with

market_revenue as (

    select * from {{ newest_versions(source('crm', 'market_revenue')) }}

)

select
    market_revenue_id,
    industry,
    region,
    amount,
    currency,
    started_on,
    ended_on

from market_revenue
