with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

periods as (

    select * from {{ ref('periods') }}

),

-- one row per won line and grain
won_lines as (

    select
        opportunity_lines.opportunity_line_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        opportunity_lines.closed_date as occurred_date,
        opportunity_lines.amount,
        coalesce(
            opportunity_lines.customer_since_date >= periods.period_start_date, false
        ) as is_new_customer,
        opportunity_lines.segment,
        opportunity_lines.industry,
        opportunity_lines.region,
        opportunity_lines.channel

    from opportunity_lines
    inner join periods
        on
            opportunity_lines.closed_date
            between periods.period_start_date and periods.period_end_date
    where opportunity_lines.is_won

)

{{ kpi_ratio(
    facts='won_lines',
    dimensions=['segment', 'industry', 'region', 'channel'],
    numerator='sum(amount) filter (where is_new_customer)',
    denominator='sum(amount)',
    by='period'
) }}
