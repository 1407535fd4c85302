with

leads as (

    select * from {{ ref('int_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

business_days as (

    select * from {{ ref('int_business_days') }}

),

-- a machine's e-mail is no response, and who was called before was a lead before
first_responses as (

    select
        leads.lead_id,
        leads.rep_id,
        leads.created_at,

        min(activities.occurred_at) as responded_at

    from leads
    inner join activities
        on
            leads.lead_id = activities.lead_id
            and leads.created_at <= activities.occurred_at
    where activities.is_touchpoint and not activities.is_automated
    group by
        leads.lead_id,
        leads.rep_id,
        leads.created_at

),

{% set time_zone = "coalesce(nullif(reps.time_zone, ''), '" ~ var('reporting_timezone') ~ "')" -%}

-- as the clock of the lead's owner shows it
local_responses as (

    select
        first_responses.*,
        {{ local_time('first_responses.created_at', time_zone) }} as created_local_at,
        {{ local_time('first_responses.responded_at', time_zone) }} as responded_local_at,
        coalesce(nullif(reps.country, ''), '(none)') as country

    from first_responses
    left join reps
        on first_responses.rep_id = reps.rep_id

)

select
    local_responses.lead_id,
    local_responses.responded_at,
    {{ minutes_between('local_responses.created_at', 'local_responses.responded_at') }}
        as response_minutes,
    {{ business_minutes_before('local_responses.responded_local_at', 'responded_days') }}
    - {{ business_minutes_before('local_responses.created_local_at', 'created_days') }}
        as business_response_minutes

from local_responses
left join business_days as created_days
    on
        local_responses.country = created_days.country
        and cast(local_responses.created_local_at as date) = created_days.calendar_date
left join business_days as responded_days
    on
        local_responses.country = responded_days.country
        and cast(local_responses.responded_local_at as date) = responded_days.calendar_date
