with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

business_days as (

    select * from {{ ref('int_business_days') }}
    where is_business_day

)

select
    reps.rep_id,
    business_days.calendar_date as business_date,
    reps.role,
    reps.rep,
    reps.team,
    reps.maximum_leads_per_day,
    reps.maximum_deals_per_day

from reps
inner join business_days
    on
        coalesce(nullif(reps.country, ''), '(none)') = business_days.country
        and business_days.calendar_date
        between coalesce(reps.employed_from, business_days.calendar_date)
        and coalesce(reps.employed_until, business_days.calendar_date)
inner join calendar_days
    on business_days.calendar_date = calendar_days.calendar_date
where
    business_days.calendar_date
    <= (select reporting_dates.as_of_date from reporting_dates)
