with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

-- one row per won line and grain
won_lines as (

    select
        opportunity_lines.opportunity_line_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        opportunity_lines.closed_date as occurred_date,
        opportunity_lines.amount,
        coalesce(
            opportunity_lines.customer_since_date >= period_days.period_start_date, false
        ) as is_new_customer,
        opportunity_lines.segment,
        opportunity_lines.industry,
        opportunity_lines.region,
        opportunity_lines.channel

    from opportunity_lines
    inner join period_days
        on opportunity_lines.closed_date = period_days.calendar_date
    where opportunity_lines.is_won

)

{{ kpi_ratio(
    facts='won_lines',
    dimensions=['segment', 'industry', 'region', 'channel'],
    numerator='sum(amount) filter (where is_new_customer)',
    denominator='sum(amount)',
    by='period'
) }}
