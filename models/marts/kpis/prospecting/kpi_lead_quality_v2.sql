with

leads as (

    select * from {{ ref('fct_leads') }}

),

scored_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        lead_score,
        channel,
        campaign,
        segment,
        industry,
        region,
        rep,
        team

    from leads
    where created_date is not null and lead_score is not null

)

{{ kpi_ratio(
    facts='scored_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    numerator='sum(lead_score)',
    denominator='count(*)'
) }}
