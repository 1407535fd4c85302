with

customer_values as (

    select * from {{ ref('fct_customer_value_periods') }}

),

lines_and_customers as (

    select
        record_id,
        period_grain,
        period_start_date,
        occurred_date,
        revenue,
        costed_revenue,
        gross_profit,
        is_active_at_start,
        is_active_at_end,
        segment

    from customer_values

)

-- (revenue ÷ customers at the end) × (profit ÷ revenue) ÷ (customers lost ÷ customers at the start)
{{ kpi_quotient(
    facts='lines_and_customers',
    dimensions=['segment'],
    numerator='sum(revenue)',
    numerator_scale="case
        when count(*) filter (where is_active_at_start) > 0
            then cast(sum(gross_profit) as double) / nullif(sum(costed_revenue), 0)
            / nullif(count(*) filter (where is_active_at_end), 0)
    end",
    denominator='count(*) filter (where is_active_at_start and not is_active_at_end)',
    denominator_scale="case
        when sum(costed_revenue) <> 0 and count(*) filter (where is_active_at_end) > 0
            then 1 / nullif(cast(count(*) filter (where is_active_at_start) as double), 0)
    end",
    by='period'
) }}
