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

)

select
    activities.activity_id,
    activities.account_id,
    activities.contact_id,
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
    {{ reporting_date('activities.occurred_at') }} as occurred_date,

    coalesce(
        activities.direction = 'outbound'
        and activities.activity_type in ('call', 'email', 'chat'),
        false
    ) as is_touchpoint,
    coalesce(activities.is_automated, false) as is_automated,
    coalesce(activities.is_appointment_made, false) as is_appointment_made,

    activities.duration_minutes

from activities
left join accounts
    on activities.account_id = accounts.account_id
left join reps
    on activities.rep_id = reps.rep_id
where
    {{ reporting_date('activities.occurred_at') }}
    <= (select reporting_dates.as_of_date from reporting_dates)
