with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

-- every won opportunity has one largest line, on which it is counted
won_lines as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount,
        is_largest_line,
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

{{ kpi_ratio(
    facts='won_lines',
    dimensions=[
        'segment', 'industry', 'region', 'product_category', 'channel',
        'campaign', 'rep', 'team', 'opportunity_type'
    ],
    numerator='sum(amount)',
    denominator='count(*) filter (where is_largest_line)'
) }}
