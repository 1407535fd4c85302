{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a value that is not its numerator (over its denominator): a ratio must be null where the
-- denominator is zero, never infinite and never a silent zero. A median has no parts, and promoter
-- scores go to 100.
with

expected_values as (

    select
        kpi_values.*,
        kpi_catalog.additivity = 'median' as is_median,
        case
            when kpi_values.kpi like '%net_promoter_score' then 100
            else 1
        end * kpi_values.numerator
        / nullif(coalesce(kpi_values.denominator, 1), 0) as expected_value

    from {{ ref('kpi_values') }} as kpi_values
    left join {{ ref('kpi_catalog') }} as kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and kpi_values.version = kpi_catalog.version

)

select *

from expected_values
where
    (is_median and (numerator is not null or denominator is not null))
    or (is_median and (kpi_value is null) <> (sample_size = 0))
    or (not is_median and numerator is null)
    or (
        not is_median
        and (
            (kpi_value is null) <> (expected_value is null)
            or abs(kpi_value - expected_value) > 1e-9 * greatest(abs(kpi_value), 1)
        )
    )
