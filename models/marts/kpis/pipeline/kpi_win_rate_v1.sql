with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

-- one row per creation and one per win of an opportunity, each by its own date
created_and_won as (

    select
        opportunity_id as record_id,
        created_date as occurred_date,
        0 as won,
        1 as created,
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
    where created_date is not null

    union all

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        1 as won,
        0 as created,
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
    where is_won

)

{{ kpi_ratio(
    facts='created_and_won',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    numerator='sum(won)',
    denominator='sum(created)'
) }}
