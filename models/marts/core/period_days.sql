with

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

periods as (

    select * from {{ ref('periods') }}

)

select
    periods.period_grain,
    periods.period_start_date,
    calendar_days.calendar_date

from calendar_days
inner join periods
    on
        calendar_days.calendar_date
        between periods.period_start_date and periods.period_end_date
