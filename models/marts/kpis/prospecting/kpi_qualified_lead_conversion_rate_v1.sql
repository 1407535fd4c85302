with

leads as (

    select * from {{ ref('fct_leads') }}

),

qualified_leads as (

    select
        lead_id as record_id,
        qualified_date as occurred_date,
        is_customer,
        channel,
        campaign,
        segment,
        industry,
        region,
        rep,
        team

    from leads
    where qualified_date is not null

)

{{ kpi_ratio(
    facts='qualified_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    numerator='count(*) filter (where is_customer)',
    denominator='count(*)'
) }}
