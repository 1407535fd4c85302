{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a KPI version with values and without a row in the catalogue.
select distinct
    kpi_values.kpi,
    kpi_values.version

from {{ ref('kpi_values') }} as kpi_values
left join {{ ref('kpi_catalog') }} as kpi_catalog
    on
        kpi_values.kpi = kpi_catalog.kpi
        and kpi_values.version = kpi_catalog.version
where kpi_catalog.kpi is null
