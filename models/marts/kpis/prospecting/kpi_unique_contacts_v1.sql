with

activities as (

    select * from {{ ref('fct_activities') }}

),

touchpoints as (

    select
        person_id as record_id,
        occurred_date,
        activity_type,
        rep,
        team

    from activities
    where is_touchpoint and person_id is not null

)

{{ kpi_distinct(
    facts='touchpoints',
    dimensions=['activity_type', 'rep', 'team'],
    numerator='count(distinct record_id)'
) }}
