{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a KPI, period and dimension whose values do not add up to the total. Of the engagement
-- by type of activity only the activities do: every customer counts beside each type.
with

additive_values as (

    select kpi_values.*

    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and kpi_values.version = kpi_catalog.version
    where kpi_catalog.additivity in ('total', 'ratio', 'balance')

),

slice_sums as (

    select
        kpi,
        version,
        period_grain,
        period_start_date,
        dimension,

        sum(numerator) as numerator,
        sum(coalesce(denominator, 0)) as denominator,
        sum(sample_size) as sample_size

    from additive_values
    where dimension <> 'total'
    group by
        kpi,
        version,
        period_grain,
        period_start_date,
        dimension

)

select
    slice_sums.kpi,
    slice_sums.version,
    slice_sums.period_grain,
    slice_sums.period_start_date,
    slice_sums.dimension,
    slice_sums.numerator as slices_numerator,
    totals.numerator as total_numerator,
    slice_sums.denominator as slices_denominator,
    totals.denominator as total_denominator

from slice_sums
inner join additive_values as totals
    on
        slice_sums.kpi = totals.kpi
        and slice_sums.version = totals.version
        and slice_sums.period_grain = totals.period_grain
        and slice_sums.period_start_date = totals.period_start_date
        and totals.dimension = 'total'
where
    abs(slice_sums.numerator - totals.numerator) > 1e-9 * greatest(abs(totals.numerator), 1e4)
    or (
        not (slice_sums.kpi = 'customer_engagement' and slice_sums.dimension = 'activity_type')
        and (
            abs(slice_sums.denominator - coalesce(totals.denominator, 0))
            > 1e-9 * greatest(abs(coalesce(totals.denominator, 0)), 1e4)
            or slice_sums.sample_size <> totals.sample_size
        )
    )
