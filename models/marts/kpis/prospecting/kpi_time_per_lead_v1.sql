with

activities as (

    select * from {{ ref('fct_activities') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

-- what a machine sent took nobody's time
activities_on_leads as (

    select
        activities.lead_id as record_id,
        activities.occurred_date,
        activities.duration_minutes,
        coalesce(leads.channel, '(unknown)') as channel,
        activities.rep,
        activities.team

    from activities
    left join leads
        on activities.lead_id = leads.lead_id
    where activities.lead_id is not null and not activities.is_automated

)

{{ kpi_distinct(
    facts='activities_on_leads',
    dimensions=['channel', 'rep', 'team'],
    numerator='sum(duration_minutes)',
    denominator='count(distinct record_id)'
) }}
