{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a KPI that adds up over time and whose weeks, months and quarters, from its first fact
-- to the as-of date, give different sums.
with

grain_sums as (

    select
        kpi_values.kpi,
        kpi_values.version,
        kpi_values.dimension,
        kpi_values.dimension_value,
        kpi_values.period_grain,

        sum(kpi_values.numerator) as numerator

    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and kpi_values.version = kpi_catalog.version
    where
        kpi_catalog.additivity = 'total'
        and kpi_values.period_grain not like '%to_date'
        -- a movement is named by what happened over the whole period
        and kpi_values.dimension <> 'movement'
    group by
        kpi_values.kpi,
        kpi_values.version,
        kpi_values.dimension,
        kpi_values.dimension_value,
        kpi_values.period_grain

)

select
    kpi,
    version,
    dimension,
    dimension_value,

    min(numerator) as lowest_sum,
    max(numerator) as highest_sum

from grain_sums
group by
    kpi,
    version,
    dimension,
    dimension_value
having max(numerator) - min(numerator) > 1e-9 * greatest(max(abs(numerator)), 1e4)
