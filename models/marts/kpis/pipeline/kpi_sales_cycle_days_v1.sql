with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

won_opportunities as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        sales_cycle_days,
        segment,
        industry,
        region,
        product_category,
        channel,
        campaign,
        rep,
        team,
        opportunity_type

    from opportunities
    where is_won and sales_cycle_days is not null

)

{{ kpi_ratio(
    facts='won_opportunities',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    numerator='sum(sales_cycle_days)',
    denominator='count(*)'
) }}
