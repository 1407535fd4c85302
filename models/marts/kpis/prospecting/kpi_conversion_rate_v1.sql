with

leads as (

    select * from {{ ref('fct_leads') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

-- without any opportunity nobody knows who became a customer
created_leads as (

    select
        lead_id as record_id,
        created_date as occurred_date,
        is_customer,
        channel,
        campaign,
        segment,
        industry,
        region,
        rep,
        team

    from leads
    where
        created_date is not null
        and exists (select opportunities.opportunity_id from opportunities)

)

{{ kpi_ratio(
    facts='created_leads',
    dimensions=['channel', 'campaign', 'segment', 'industry', 'region', 'rep', 'team'],
    numerator='count(*) filter (where is_customer)',
    denominator='count(*)'
) }}
