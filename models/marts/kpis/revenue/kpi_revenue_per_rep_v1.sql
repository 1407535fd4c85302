with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

periods as (

    select * from {{ ref('periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

revenue_and_reps as (

    select
        opportunity_lines.opportunity_line_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        opportunity_lines.closed_date as occurred_date,
        opportunity_lines.amount as revenue,
        0 as rep_count,
        opportunity_lines.team,
        opportunity_lines.region

    from opportunity_lines
    inner join period_days
        on opportunity_lines.closed_date = period_days.calendar_date
    where opportunity_lines.is_won

    union all

    -- one row per rep and period on any day of which the rep was employed
    select
        reps.rep_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        periods.period_start_date as occurred_date,
        0 as revenue,
        1 as rep_count,
        reps.team,
        coalesce(reps.region, '(unknown)') as region

    from reps
    inner join periods
        on
            coalesce(reps.employed_from, periods.as_of_date) <= periods.as_of_date
            and coalesce(reps.employed_until, periods.period_start_date)
            >= periods.period_start_date
    where reps.role in ('ae', 'am')

)

{{ kpi_ratio(
    facts='revenue_and_reps',
    dimensions=['team', 'region'],
    numerator='sum(revenue)',
    denominator='sum(rep_count)',
    by='period'
) }}
