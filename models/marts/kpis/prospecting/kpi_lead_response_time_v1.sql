with

leads as (

    select * from {{ ref('fct_leads') }}

),

answered_leads as (

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
    where response_minutes is not null

)

{{ kpi_ratio(
    facts='answered_leads',
    dimensions=['channel', 'campaign', 'region', 'rep', 'team'],
    numerator='sum(response_minutes)',
    denominator='count(*)'
) }}
