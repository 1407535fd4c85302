with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

opportunities as (

    select * from {{ ref('int_crm__opportunities') }}

)

-- what was created after the as-of date is not there yet
select *

from opportunities
where
    created_at is null
    or {{ reporting_date('created_at') }}
    <= (select reporting_dates.as_of_date from reporting_dates)
