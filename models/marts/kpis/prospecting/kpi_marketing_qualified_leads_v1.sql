with

leads as (

    select * from {{ ref('fct_leads') }}

),

marketing_qualified_leads as (

    select
        lead_id as record_id,
        marketing_qualified_date as occurred_date,
        channel,
        campaign,
        segment,
        industry,
        region,
        rep,
        team

    from leads
    where marketing_qualified_date is not null

)

{{ kpi_total(
    facts='marketing_qualified_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    value='count(*)'
) }}
