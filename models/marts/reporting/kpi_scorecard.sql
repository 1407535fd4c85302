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
        {% for plan in ['record', 'original'] -%}
        sum(target_days.target_value)
            filter (where target_days.plan = '{{ plan }}') as {{ plan }}_sum,
        sum(target_days.target_value) filter (
            where
            target_days.plan = '{{ plan }}'
            and target_days.target_date <= periods.as_of_date
        ) as {{ plan }}_sum_to_date,
        avg(cast(target_days.period_target_value as double))
            filter (where target_days.plan = '{{ plan }}') as {{ plan }}_level{{ ',' if not loop.last }}
        {% endfor %}

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

compared as (

    select
        kpi_values.*,
        kpi_catalog.direction,
        kpi_catalog.on_track_from,
        kpi_catalog.at_risk_from,
        {% for earlier in ['previous', 'last_year'] -%}
        {{ earlier }}.kpi_value as {{ earlier }}_value,
        kpi_values.kpi_value - {{ earlier }}.kpi_value as change_from_{{ earlier }},
        {% endfor -%}
        cast(case
            when kpi_catalog.additivity = 'total' then period_targets.record_sum
            else period_targets.record_level
        end as double) as target_value,
        {% for plan, name in [('record', 'target'), ('original', 'original_target')] -%}
        cast(case
            when kpi_catalog.additivity = 'total' then period_targets.{{ plan }}_sum_to_date
            else period_targets.{{ plan }}_level
        end as double) as {{ name }}_to_date{{ ',' if not loop.last }}
        {% endfor %}

    from kpi_values
    inner join kpi_catalog
        on
            kpi_values.kpi = kpi_catalog.kpi
            and kpi_values.version = kpi_catalog.version
    inner join periods
        on
            kpi_values.period_grain = periods.period_grain
            and kpi_values.period_start_date = periods.period_start_date
    left join periods as previous_periods
        on
            periods.period_grain = previous_periods.period_grain
            and periods.period_start_date = previous_periods.next_period_start_date
    {%- for earlier, start_date in [
        ('previous', 'previous_periods.period_start_date'), ('last_year', 'periods.last_year_start_date')
    ] %}
    left join kpi_values as {{ earlier }}
        on
            kpi_values.kpi = {{ earlier }}.kpi
            and case
                when kpi_values.is_complete then kpi_values.period_grain
                else {{ dbt.concat(['kpi_values.period_grain', "'_to_date'"]) }}
            end = {{ earlier }}.period_grain
            and {{ start_date }} = {{ earlier }}.period_start_date
            and kpi_values.dimension = {{ earlier }}.dimension
            and kpi_values.dimension_value = {{ earlier }}.dimension_value
    {%- endfor %}
    left join period_targets
        on
            kpi_values.kpi = period_targets.kpi
            and kpi_values.period_grain = period_targets.period_grain
            and kpi_values.period_start_date = period_targets.period_start_date
            and kpi_values.dimension = period_targets.dimension
            and kpi_values.dimension_value = period_targets.dimension_value
    where kpi_values.period_grain not like '%to_date'

),

-- where less is better, half of the target is twice what was asked for
attained as (

    select
        *,
        {% for name, target in [
            ('attainment', 'target_to_date'), ('original_attainment', 'original_target_to_date')
        ] -%}
        case direction
            when 'higher' then kpi_value / nullif({{ target }}, 0)
            else {{ target }} / nullif(kpi_value, 0)
        end as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}

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
