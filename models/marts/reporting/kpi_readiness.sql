with

kpi_catalog as (

    select * from {{ ref('kpi_catalog') }}

),

inputs as (

    select * from {{ ref('int_inputs') }}

),

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

-- one row per KPI version that lacks an input
missing_inputs as (

    select
        kpi_catalog.kpi,
        kpi_catalog.version,

        {{ sorted_list('inputs.input') }} as missing_inputs

    from kpi_catalog
    inner join inputs
        on
            {{ dbt.concat(["' '", 'kpi_catalog.inputs', "' '"]) }}
            like {{ dbt.concat(["'% '", 'inputs.input', "' %'"]) }}
    where not inputs.is_available
    group by
        kpi_catalog.kpi,
        kpi_catalog.version

),

computed_values as (

    select
        kpi,
        version,

        count(*) as row_count,
        min(period_start_date) as first_period_start_date,
        max(period_end_date) as last_period_end_date

    from kpi_values
    group by
        kpi,
        version

)

select
    kpi_catalog.kpi,
    kpi_catalog.version,
    missing_inputs.missing_inputs is null as is_computed,
    missing_inputs.missing_inputs,
    coalesce(computed_values.row_count, 0) as row_count,
    computed_values.first_period_start_date,
    computed_values.last_period_end_date

from kpi_catalog
left join missing_inputs
    on
        kpi_catalog.kpi = missing_inputs.kpi
        and kpi_catalog.version = missing_inputs.version
left join computed_values
    on
        kpi_catalog.kpi = computed_values.kpi
        and kpi_catalog.version = computed_values.version
