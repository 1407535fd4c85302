with

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

customers_at_start as (

    select
        customer_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        is_active_at_end,
        segment,
        industry,
        region

    from customer_periods
    where is_active_at_start

)

{{ kpi_ratio(
    facts='customers_at_start',
    dimensions=['segment', 'industry', 'region'],
    numerator='count(*) filter (where is_active_at_end)',
    denominator='count(*)',
    by='period'
) }}
