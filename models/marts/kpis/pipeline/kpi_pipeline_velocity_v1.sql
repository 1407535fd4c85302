with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

closed_opportunities as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        sales_cycle_days,
        segment,
        region,
        product_category,
        team,
        rep

    from opportunities
    where is_closed and sales_cycle_days is not null

)

{{ kpi_ratio(
    facts='closed_opportunities',
    dimensions=['segment', 'region', 'product_category', 'team', 'rep'],
    numerator='sum(sales_cycle_days)',
    denominator='count(*)'
) }}
