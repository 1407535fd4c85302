with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

meetings as (

    select
        person_id,
        occurred_at,
        occurred_date

    from activities
    where
        activity_type = 'meeting'
        and occurred_date <= (select reporting_dates.as_of_date from reporting_dates)

)

select distinct touchpoints.activity_id

from activities as touchpoints
inner join meetings
    on
        touchpoints.person_id = meetings.person_id
        and touchpoints.occurred_at <= meetings.occurred_at
        and meetings.occurred_date
        <= {{ add_days('touchpoints.occurred_date', var('appointment_window_days')) }}
where touchpoints.is_touchpoint
