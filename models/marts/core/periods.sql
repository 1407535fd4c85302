with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

period_starts as (

    select distinct
        'week' as period_grain,
        week_start_date as period_start_date,
        {{ add_days('week_start_date', 6) }} as period_end_date

    from calendar_days

    union all

    select distinct
        'month',
        month_start_date,
        {{ add_days(add_months('month_start_date', 1), -1) }}

    from calendar_days

    union all

    select distinct
        'quarter',
        quarter_start_date,
        {{ add_days(add_months('quarter_start_date', 3), -1) }}

    from calendar_days

)

select
    period_starts.period_grain,
    period_starts.period_start_date,
    period_starts.period_end_date,
    next_periods.period_start_date as next_period_start_date,
    least(period_starts.period_end_date, reporting_dates.as_of_date) as as_of_date,
    period_starts.period_end_date <= reporting_dates.as_of_date as is_complete

from period_starts
cross join reporting_dates
left join period_starts as next_periods
    on
        period_starts.period_grain = next_periods.period_grain
        and {{ add_days('period_starts.period_end_date', 1) }} = next_periods.period_start_date
        and next_periods.period_start_date <= reporting_dates.as_of_date
where period_starts.period_start_date <= reporting_dates.as_of_date
