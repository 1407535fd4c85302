with

kpi_catalog as (

    select * from {{ ref('kpi_catalog') }}

),

latest_values as (

    select * from {{ ref('kpi_values') }}
    where is_latest

),

older_values as (

    select * from {{ ref('kpi_values') }}
    where not is_latest

),

-- what the latest version says, once for each older one
latest_values_by_version as (

    select
        latest_values.*,
        kpi_catalog.version as older_version

    from latest_values
    inner join kpi_catalog
        on
            latest_values.kpi = kpi_catalog.kpi
            and latest_values.version > kpi_catalog.version

),

latest_versions as (

    select
        kpi,

        max(version) as version

    from kpi_catalog
    group by kpi

)

select
    latest_versions.kpi,
    coalesce(older.version, latest.older_version) as version,
    latest_versions.version as latest_version,
    coalesce(older.period_grain, latest.period_grain) as period_grain,
    coalesce(older.period_start_date, latest.period_start_date) as period_start_date,
    coalesce(older.dimension, latest.dimension) as dimension,
    coalesce(older.dimension_value, latest.dimension_value) as dimension_value,
    older.kpi_value,
    latest.kpi_value as latest_kpi_value,
    latest.kpi_value - older.kpi_value as difference

from older_values as older
full join latest_values_by_version as latest
    on
        older.kpi = latest.kpi
        and older.version = latest.older_version
        and older.period_grain = latest.period_grain
        and older.period_start_date = latest.period_start_date
        and older.dimension = latest.dimension
        and older.dimension_value = latest.dimension_value
inner join latest_versions
    on coalesce(older.kpi, latest.kpi) = latest_versions.kpi
