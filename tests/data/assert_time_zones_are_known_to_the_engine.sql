{{ config(meta={'dagster': {'ref': {'name': 'calendar_days'}}}) }}

-- A row means that midnight in Amsterdam is not an hour before that of UTC in winter and two in
-- summer, or that its clock does not show midnight then: the engine's time zones are not right.
with

days as (

    select
        cast(calendar_date as timestamp) as midnight,
        extract(month from calendar_date) as month_number

    from {{ ref('calendar_days') }}
    -- a stray date may make the calendar older than summer time, and its rules may change
    where calendar_date between cast('2000-01-01' as date) and cast('2026-12-31' as date)

),

moments as (

    select
        midnight,
        {{ to_utc('midnight', "'Europe/Amsterdam'") }} as moment,
        case
            when month_number in (1, 2, 12) then {{ dbt.dateadd('hour', -1, 'midnight') }}
            when month_number in (5, 6, 7) then {{ dbt.dateadd('hour', -2, 'midnight') }}
        end as expected_moment

    from days

)

select *
from moments
where
    moment is null
    or moment != expected_moment
    or {{ local_time('moment', "'Europe/Amsterdam'") }} != midnight
