with

leads as (

    select * from {{ ref('fct_leads') }}

),

rep_days as (

    select * from {{ ref('fct_rep_days') }}

),

-- without any lead nobody knows what was taken up
leads_and_capacity as (

    select
        lead_id as record_id,
        marketing_qualified_date as occurred_date,
        1 as lead_count,
        0 as capacity

    from leads
    where marketing_qualified_date is not null

    union all

    select
        rep_id as record_id,
        business_date as occurred_date,
        0 as lead_count,
        maximum_leads_per_day as capacity

    from rep_days
    where
        role = 'bdr'
        and maximum_leads_per_day is not null
        and exists (select leads.lead_id from leads)

)

{{ kpi_ratio(
    facts='leads_and_capacity',
    dimensions=[],
    numerator='sum(lead_count)',
    denominator='sum(capacity)'
) }}
