with

customer_intervals as (

    select * from {{ ref('fct_customer_intervals') }}

),

active as (

    select
        customer_id as record_id,
        started_date,
        ended_date,
        segment,
        industry,
        region

    from customer_intervals

)

{{ kpi_balance(
    facts='active',
    dimensions=['segment', 'industry', 'region'],
    value='count(*)'
) }}
