{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a KPI and grain that lacks a row for one of its slices in a period between its first and
-- the as-of period, or has one outside.
with

row_counts as (

    select
        kpi,
        version,
        period_grain,

        min(period_start_date) as first_start_date,
        count(distinct dimension || '=' || dimension_value) as slice_count,
        count(*) as row_count

    from {{ ref('kpi_values') }}
    group by
        kpi,
        version,
        period_grain

),

expected_counts as (

    select
        row_counts.kpi,
        row_counts.version,
        row_counts.period_grain,
        row_counts.row_count,
        row_counts.slice_count,

        count(*) as period_count

    from row_counts
    inner join {{ ref('periods') }} as periods
        on
            row_counts.period_grain = periods.period_grain
            and row_counts.first_start_date <= periods.period_start_date
    group by
        row_counts.kpi,
        row_counts.version,
        row_counts.period_grain,
        row_counts.row_count,
        row_counts.slice_count

)

select *

from expected_counts
where row_count <> period_count * slice_count
