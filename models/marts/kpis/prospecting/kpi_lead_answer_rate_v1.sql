with

leads as (

    select * from {{ ref('fct_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

-- without any activity nobody knows who was answered
created_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        response_minutes,
        channel,
        campaign,
        region,
        rep,
        team

    from leads
    where
        created_date is not null
        and exists (select activities.activity_id from activities)

)

{{ kpi_ratio(
    facts='created_leads',
    dimensions=['channel', 'campaign', 'region', 'rep', 'team'],
    numerator='count(response_minutes)',
    denominator='count(*)'
) }}
