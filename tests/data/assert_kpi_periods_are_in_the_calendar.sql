{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a KPI row of a period that has not begun by the as-of date, or that the data does
-- not reach.
select kpi_values.*

from {{ ref('kpi_values') }} as kpi_values
left join {{ ref('periods') }} as periods
    on
        kpi_values.period_grain = periods.period_grain
        and kpi_values.period_start_date = periods.period_start_date
        and kpi_values.period_end_date = periods.period_end_date
where periods.period_grain is null
