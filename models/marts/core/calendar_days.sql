with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}
    where first_date <= as_of_date

),

-- a generous end: cut off below, where the ends of the running periods are known
days as (

    {{ day_series('reporting_dates', 'first_date', add_months('as_of_date', 4)) }}

),

-- quarters start every three months from the first month of the fiscal year
with_month as (

    select
        calendar_date,
        cast({{ dbt.date_trunc('week', 'calendar_date') }} as date) as week_start_date,
        cast({{ dbt.date_trunc('month', 'calendar_date') }} as date) as month_start_date,
        {% set shift = var('fiscal_year_start_month') - 1 -%}
        cast({{ dbt.date_trunc('quarter', add_months('calendar_date', -shift)) }} as date)
            as shifted_quarter_start_date

    from days

),

with_quarter as (

    select
        calendar_date,
        week_start_date,
        month_start_date,
        {{ add_months('shifted_quarter_start_date', shift) }} as quarter_start_date

    from with_month

)

select
    with_quarter.calendar_date,
    with_quarter.week_start_date,
    with_quarter.month_start_date,
    with_quarter.quarter_start_date,
    {{ is_weekday('with_quarter.calendar_date') }} as is_weekday

from with_quarter
cross join reporting_dates
-- every day of a period that has begun
where
    with_quarter.week_start_date <= reporting_dates.as_of_date
    or with_quarter.month_start_date <= reporting_dates.as_of_date
    or with_quarter.quarter_start_date <= reporting_dates.as_of_date
