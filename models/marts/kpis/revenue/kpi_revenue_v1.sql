with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

won_lines as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount,
        segment,
        industry,
        region,
        product_category,
        channel,
        campaign,
        rep,
        team,
        opportunity_type

    from opportunity_lines
    where is_won

)

{{ kpi_total(
    facts='won_lines',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    value='sum(amount)'
) }}
