with

activities as (

    select * from {{ ref('fct_activities') }}

),

touchpoints as (

    select
        activity_id as record_id,
        occurred_date,
        activity_type,
        rep,
        team,
        region

    from activities
    where is_touchpoint

)

{{ kpi_total(
    facts='touchpoints',
    dimensions=['activity_type', 'rep', 'team', 'region'],
    value='count(*)'
) }}
