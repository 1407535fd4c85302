with

leads as (

    select * from {{ ref('fct_leads') }}

),

created_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        channel,
        campaign,
        segment,
        industry,
        region,
        rep,
        team

    from leads
    where created_date is not null

)

{{ kpi_total(
    facts='created_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    value='count(*)'
) }}
