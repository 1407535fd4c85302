with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

won_lines_with_cost as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount,
        cost_amount,
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
    where is_won and amount is not null and cost_amount is not null

)

{{ kpi_ratio(
    facts='won_lines_with_cost',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    numerator='sum(amount - cost_amount)',
    denominator='sum(amount)'
) }}
