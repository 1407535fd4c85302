with

activities as (

    select * from {{ ref('fct_activities') }}

),

calls_and_meetings as (

    select
        activity_id as record_id,
        occurred_date,
        activity_type,
        rep,
        team

    from activities
    where activity_type in ('call', 'meeting')

)

{{ kpi_total(
    facts='calls_and_meetings',
    dimensions=['activity_type', 'rep', 'team'],
    value='count(*)'
) }}
