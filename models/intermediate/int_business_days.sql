with

-- read by day_series, into which the linter does not look
reporting_dates as (  -- noqa: ST03

    select * from {{ ref('int_reporting_dates') }}
    where first_date <= as_of_date

),

reps as (

    select * from {{ ref('int_crm__reps') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

-- clocks elsewhere may show the day before or the day after
days as (

    {{ day_series('reporting_dates', add_days('first_date', -2), add_days('as_of_date', 2)) }}

),

-- one row per country of a rep, and one for those without: they keep no holidays
countries as (

    select distinct coalesce(nullif(country, ''), '(none)') as country from reps
    union
    select '(none)'

),

country_days as (

    select
        countries.country,
        days.calendar_date,
        {{ is_weekday('days.calendar_date') }}
        and holidays.holiday_date is null as is_business_day

    from countries
    cross join days
    left join holidays
        on
            countries.country = holidays.country
            and days.calendar_date = holidays.holiday_date

)

select
    country,
    calendar_date,
    is_business_day,
    cast(coalesce(sum(case when is_business_day then 1 else 0 end) over (
        partition by country
        order by calendar_date
        rows between unbounded preceding and 1 preceding
    ), 0) as bigint) as business_days_before

from country_days
