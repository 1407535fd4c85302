with

kpi_catalog as (

    select * from {{ ref('kpi_catalog') }}

),

kpi_values as (

    select * from {{ ref('kpi_values') }}
    where is_latest

),

periods as (

    select * from {{ ref('periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

target_days as (

    select * from {{ ref('fct_target_days') }}

),

-- a plan for a sum is spread over its days; of any other KPI it stands on each of them
period_targets as (

    select
        target_days.kpi,
        target_days.dimension,
        target_days.dimension_value,
        periods.period_grain,
        periods.period_start_date,
        sum(target_days.target_value)
        filter (where target_days.plan = 'record') as record_sum,
        sum(target_days.target_value) filter (
            where
            target_days.plan = 'record'
            and target_days.target_date <= periods.as_of_date
        ) as record_sum_to_date,
        avg(cast(target_days.period_target_value as double))
        filter (where target_days.plan = 'record') as record_level,
        sum(target_days.target_value) filter (
            where
            target_days.plan = 'original'
            and target_days.target_date <= periods.as_of_date
        ) as original_sum_to_date,
        avg(cast(target_days.period_target_value as double))
        filter (where target_days.plan = 'original') as original_level

    from target_days
    inner join period_days
        on target_days.target_date = period_days.calendar_date
    inner join periods
        on
            period_days.period_grain = periods.period_grain
            and period_days.period_start_date = periods.period_start_date
    group by
        target_days.kpi,
        target_days.dimension,
        target_days.dimension_value,
        periods.period_grain,
        periods.period_start_date

),

-- one row per period: the grain and the first days of what it is compared with
compared_periods as (

    select
        periods.period_grain as own_grain,
        periods.period_start_date,
        periods.last_year_start_date,
        previous_periods.period_start_date as previous_start_date,
        case
            when periods.is_complete then periods.period_grain
            else {{ dbt.concat(['periods.period_grain', "'_to_date'"]) }}
        end as period_grain

    from periods
    left join periods as previous_periods
        on
            periods.period_grain = previous_periods.period_grain
            and periods.period_start_date = previous_periods.next_period_start_date
    where periods.period_grain not like '%to_date'

),

compared as (

    select
        kpi_values.*,
        kpi_catalog.direction,
        kpi_catalog.on_track_from,
        kpi_catalog.at_risk_from,
        previous.kpi_value as previous_value,
        kpi_values.kpi_value - previous.kpi_value as change_from_previous,
        last_year.kpi_value as last_year_value,
        kpi_values.kpi_value - last_year.kpi_value as change_from_last_year,
        cast(case
            when kpi_catalog.additivity = 'total' then period_targets.record_sum
            else period_targets.record_level
        end as double) as target_value,
        cast(case
            when kpi_catalog.additivity = 'total' then period_targets.record_sum_to_date
            else period_targets.record_level
        end as double) as target_to_date,
        cast(case
            when kpi_catalog.additivity = 'total' then period_targets.original_sum_to_date
            else period_targets.original_level
        end as double) as original_target_to_date

    from kpi_values
    inner join kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and kpi_values.version = kpi_catalog.version
    inner join compared_periods
        on
            kpi_values.period_grain = compared_periods.own_grain
            and kpi_values.period_start_date = compared_periods.period_start_date
    left join kpi_values as previous
        on
            kpi_values.kpi = previous.kpi
            and compared_periods.period_grain = previous.period_grain
            and compared_periods.previous_start_date = previous.period_start_date
            and kpi_values.dimension = previous.dimension
            and kpi_values.dimension_value = previous.dimension_value
    left join kpi_values as last_year
        on
            kpi_values.kpi = last_year.kpi
            and compared_periods.period_grain = last_year.period_grain
            and compared_periods.last_year_start_date = last_year.period_start_date
            and kpi_values.dimension = last_year.dimension
            and kpi_values.dimension_value = last_year.dimension_value
    left join period_targets
        on
            kpi_values.kpi = period_targets.kpi
            and kpi_values.period_grain = period_targets.period_grain
            and kpi_values.period_start_date = period_targets.period_start_date
            and kpi_values.dimension = period_targets.dimension
            and kpi_values.dimension_value = period_targets.dimension_value

),

-- where less is better, half of the target is twice what was asked for
attained as (

    select
        *,
        case direction
            when 'higher' then kpi_value / nullif(target_to_date, 0)
            else target_to_date / nullif(kpi_value, 0)
        end as attainment,
        case direction
            when 'higher' then kpi_value / nullif(original_target_to_date, 0)
            else original_target_to_date / nullif(kpi_value, 0)
        end as original_attainment

    from compared

)

select
    kpi,
    version,
    period_grain,
    period_start_date,
    period_end_date,
    is_complete,
    dimension,
    dimension_value,
    kpi_value,
    previous_value,
    change_from_previous,
    last_year_value,
    change_from_last_year,
    target_value,
    target_to_date,
    attainment,
    original_target_to_date,
    original_attainment,
    direction,
    case
        when kpi_value is null or target_to_date is null then null
        when direction = 'lower' and kpi_value <= target_to_date then 'on_track'
        when attainment >= on_track_from then 'on_track'
        when attainment >= at_risk_from then 'at_risk'
        else 'off_track'
    end as status

from attained
