with

leads as (

    select * from {{ ref('fct_leads') }}

),

marketing_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}
    where cost_type = 'marketing'

),

costs_and_leads as (

    select
        commercial_cost_id as record_id,
        cost_date as occurred_date,
        amount as cost,
        0 as lead_count,
        channel,
        campaign

    from marketing_cost_days

    union all

    -- without any such cost a lead would seem to be free
    select
        lead_id as record_id,
        created_date as occurred_date,
        0 as cost,
        1 as lead_count,
        channel,
        campaign

    from leads
    where
        created_date is not null
        and exists (select marketing_cost_days.cost_date from marketing_cost_days)

)

{{ kpi_ratio(
    facts='costs_and_leads',
    dimensions=['channel', 'campaign'],
    numerator='sum(cost)',
    denominator='sum(lead_count)'
) }}
