{{ config(meta={'dagster': {'ref': {'name': 'kpi_churn_rate', 'version': 1}}}) }}

-- A row is a cell in which the customers who stayed and those who left are not all customers.
select
    retention.period_grain,
    retention.period_start_date,
    retention.dimension,
    retention.dimension_value,
    retention.numerator as stayed,
    churn.numerator as lost,
    retention.denominator as customers

from {{ ref('kpi_customer_retention_rate', v=2) }} as retention
full join {{ ref('kpi_churn_rate', v=1) }} as churn
    on
        retention.period_grain = churn.period_grain
        and retention.period_start_date = churn.period_start_date
        and retention.dimension = churn.dimension
        and retention.dimension_value = churn.dimension_value
where
    retention.denominator is distinct from churn.denominator
    or retention.numerator + churn.numerator is distinct from retention.denominator
