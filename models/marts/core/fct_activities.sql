with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

touchpoints_before_meetings as (

    select * from {{ ref('int_touchpoints_before_meetings') }}

)

select
    activities.activity_id,
    activities.account_id,
    activities.contact_id,
    activities.person_id,
    activities.lead_id,
    activities.opportunity_id,
    activities.rep_id,

    {{ or_unknown('activities.activity_type') }} as activity_type,
    {{ or_unknown('activities.sales_technique') }} as technique,
    {{ or_unknown('activities.channel') }} as channel,
    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.region, reps.region, '(unknown)') as region,
    coalesce(reps.rep, '(unknown)') as rep,
    coalesce(reps.team, '(unknown)') as team,

    activities.occurred_at,
    activities.occurred_date,

    activities.is_touchpoint,
    coalesce(activities.is_automated, false) as is_automated,
    coalesce(activities.is_appointment_made, false) as is_appointment_made,
    activities.is_touchpoint and (
        coalesce(activities.is_appointment_made, false)
        or touchpoints_before_meetings.activity_id is not null
    ) as led_to_appointment,

    activities.duration_minutes

from activities
left join accounts
    on activities.account_id = accounts.account_id
left join reps
    on activities.rep_id = reps.rep_id
left join touchpoints_before_meetings
    on activities.activity_id = touchpoints_before_meetings.activity_id
-- what is dated after the as-of date has not happened yet; filtered after the joins: DuckDB
-- expects the filter to leave almost nothing, and before them would hold all activities in memory
where activities.occurred_date <= (select reporting_dates.as_of_date from reporting_dates)
