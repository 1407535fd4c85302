with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

won_opportunities as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
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

{{ kpi_total(
    facts='won_opportunities',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    value='count(*)'
) }}
