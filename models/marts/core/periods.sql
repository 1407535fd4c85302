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

),

begun_periods as (

    select
        period_starts.*,
        least(period_starts.period_end_date, reporting_dates.as_of_date) as as_of_date,
        period_starts.period_end_date <= reporting_dates.as_of_date as is_complete,
        case period_starts.period_grain
            when 'week' then {{ add_days('period_starts.period_start_date', -364) }}
            else {{ add_months('period_starts.period_start_date', -12) }}
        end as last_year_start_date,
        {{ days_between('period_starts.period_start_date', 'reporting_dates.as_of_date') }}
            as days_since_start

    from period_starts
    cross join reporting_dates
    where period_starts.period_start_date <= reporting_dates.as_of_date

),

linked_periods as (

    select
        begun_periods.*,
        next_periods.period_start_date as next_period_start_date

    from begun_periods
    left join begun_periods as next_periods
        on
            begun_periods.period_grain = next_periods.period_grain
            and {{ add_days('begun_periods.period_end_date', 1) }} = next_periods.period_start_date

),

-- the period before a running one, and the same of last year, up to the same day
periods_to_date as (

    select
        earlier.period_grain,
        earlier.period_start_date,
        earlier.last_year_start_date,
        least(
            earlier.period_end_date,
            {{ add_days('earlier.period_start_date', 'running.days_since_start') }}
        ) as period_end_date

    from linked_periods as earlier
    inner join linked_periods as running
        on
            earlier.period_grain = running.period_grain
            and (
                earlier.next_period_start_date = running.period_start_date
                or earlier.period_start_date = running.last_year_start_date
            )
    where not running.is_complete

)

select
    period_grain,
    period_start_date,
    period_end_date,
    next_period_start_date,
    last_year_start_date,
    as_of_date,
    is_complete

from linked_periods

union all

select
    {{ dbt.concat(['period_grain', "'_to_date'"]) }} as period_grain,
    period_start_date,
    period_end_date,
    cast(null as date) as next_period_start_date,
    last_year_start_date,
    period_end_date as as_of_date,
    true as is_complete

from periods_to_date
