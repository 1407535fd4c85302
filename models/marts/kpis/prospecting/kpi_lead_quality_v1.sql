with

leads as (

    select * from {{ ref('fct_leads') }}

),

created_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        is_marketing_qualified_or_better,
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

{{ kpi_ratio(
    facts='created_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    numerator='count(*) filter (where is_marketing_qualified_or_better)',
    denominator='count(*)'
) }}
