with

leads as (

    select * from {{ ref('fct_leads') }}

),

answered_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        business_response_minutes,
        channel,
        campaign,
        region,
        rep,
        team

    from leads
    where business_response_minutes is not null

)

{{ kpi_median(
    facts='answered_leads',
    dimensions=['channel', 'campaign', 'region', 'rep', 'team'],
    value='business_response_minutes'
) }}
