with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

closed_opportunities as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        is_won,
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
    where is_closed

)

{{ kpi_ratio(
    facts='closed_opportunities',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    numerator='count(*) filter (where is_won)',
    denominator='count(*)'
) }}
