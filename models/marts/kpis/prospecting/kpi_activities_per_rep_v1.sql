with

activities as (

    select * from {{ ref('fct_activities') }}

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

-- without any activity nobody knows what the reps did
activities_and_reps as (

    select
        activities.activity_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        activities.occurred_date,
        1 as activity_count,
        0 as rep_count,
        activities.team

    from activities
    inner join period_days
        on activities.occurred_date = period_days.calendar_date

    union all

    -- one row per rep and period on any day of which the rep was employed
    select
        reps.rep_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        periods.period_start_date as occurred_date,
        0 as activity_count,
        1 as rep_count,
        reps.team

    from reps
    inner join periods
        on
            coalesce(reps.employed_from, periods.as_of_date) <= periods.as_of_date
            and coalesce(reps.employed_until, periods.period_start_date)
            >= periods.period_start_date
    where exists (select activities.activity_id from activities)

)

{{ kpi_ratio(
    facts='activities_and_reps',
    dimensions=['team'],
    numerator='sum(activity_count)',
    denominator='sum(rep_count)',
    by='period'
) }}
