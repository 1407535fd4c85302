with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

market_revenue_days as (

    select * from {{ ref('fct_market_revenue_days') }}

),

own_and_market_revenue as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount as own_revenue,
        0 as market_revenue,
        industry,
        region

    from opportunity_lines
    where is_won

    union all

    select
        market_revenue_id as record_id,
        market_date as occurred_date,
        0 as own_revenue,
        amount as market_revenue,
        industry,
        region

    from market_revenue_days

)

{{ kpi_ratio(
    facts='own_and_market_revenue',
    dimensions=['industry', 'region'],
    numerator='sum(own_revenue)',
    denominator='sum(market_revenue)'
) }}
