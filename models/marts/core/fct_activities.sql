with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

activities as (

    select * from {{ ref('int_crm__activities') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

-- what is dated after the as-of date has not happened yet
dated_activities as (

    select
        activities.*,
        coalesce(activities.contact_id, leads.contact_id, activities.lead_id) as person_id,
        {{ reporting_date('activities.occurred_at') }} as occurred_date,
        coalesce(
            activities.direction = 'outbound'
            and activities.activity_type in ('call', 'email', 'chat'),
            false
        ) as is_touchpoint

    from activities
    left join leads
        on activities.lead_id = leads.lead_id
    where
        {{ reporting_date('activities.occurred_at') }}
        <= (select reporting_dates.as_of_date from reporting_dates)

),

meetings as (

    select * from dated_activities
    where activity_type = 'meeting'

),

-- one row per touchpoint that a meeting with the same person followed
touchpoints_before_a_meeting as (

    select distinct touchpoints.activity_id

    from dated_activities as touchpoints
    inner join meetings
        on
            touchpoints.person_id = meetings.person_id
            and touchpoints.occurred_at <= meetings.occurred_at
            and meetings.occurred_date
            <= {{ add_days('touchpoints.occurred_date', var('appointment_window_days')) }}
    where touchpoints.is_touchpoint

)

select
    dated_activities.activity_id,
    dated_activities.account_id,
    dated_activities.contact_id,
    dated_activities.person_id,
    dated_activities.lead_id,
    dated_activities.opportunity_id,
    dated_activities.rep_id,

    {{ or_unknown('dated_activities.activity_type') }} as activity_type,
    {{ or_unknown('dated_activities.sales_technique') }} as technique,
    {{ or_unknown('dated_activities.channel') }} as channel,
    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.region, reps.region, '(unknown)') as region,
    coalesce(reps.rep, '(unknown)') as rep,
    coalesce(reps.team, '(unknown)') as team,

    dated_activities.occurred_at,
    dated_activities.occurred_date,

    dated_activities.is_touchpoint,
    coalesce(dated_activities.is_automated, false) as is_automated,
    coalesce(dated_activities.is_appointment_made, false) as is_appointment_made,
    dated_activities.is_touchpoint and (
        coalesce(dated_activities.is_appointment_made, false)
        or touchpoints_before_a_meeting.activity_id is not null
    ) as led_to_appointment,

    dated_activities.duration_minutes

from dated_activities
left join accounts
    on dated_activities.account_id = accounts.account_id
left join reps
    on dated_activities.rep_id = reps.rep_id
left join touchpoints_before_a_meeting
    on dated_activities.activity_id = touchpoints_before_a_meeting.activity_id
