with

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

customers_at_start_or_end as (

    select
        customer_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        is_active_at_start,
        is_active_at_end,
        segment,
        industry,
        region

    from customer_periods
    where is_active_at_start or is_active_at_end

)

{{ kpi_ratio(
    facts='customers_at_start_or_end',
    dimensions=['segment', 'industry', 'region'],
    numerator='count(*) filter (where is_active_at_end)',
    denominator='count(*) filter (where is_active_at_start)',
    by='period'
) }}
