{# The body of every KPI table; see kpi_macros.sql for the arguments. #}
{% macro kpi_table(
    facts, dimensions, numerator, denominator=none, by='day', numerator_scale=none, denominator_scale=none
) -%}
{%- set dimensions = var('kpi_dimensions') or dimensions -%}
{%- set is_ratio = denominator is not none -%}
{%- if var('explain') -%}
{{ kpi_records(facts, dimensions, numerator, denominator, by, numerator_scale, denominator_scale) }}
{%- else -%}
,

aggregated_facts as (

    select
        {%- if by == 'day' %}
        case
            when grouping(calendar_days.week_start_date) = 0 then 'week'
            when grouping(calendar_days.month_start_date) = 0 then 'month'
            else 'quarter'
        end as period_grain,
        coalesce(
            calendar_days.week_start_date,
            calendar_days.month_start_date,
            calendar_days.quarter_start_date
        ) as period_start_date,
        {%- else %}
        period_grain,
        period_start_date,
        {%- endif %}
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
            else 'total'
        end as dimension,
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then {{ dimension }}
            {%- endfor %}
            else '(all)'
        end as dimension_value,

        {{ kpi_part(numerator, numerator_scale) }} as numerator,
        {{ kpi_part(denominator, denominator_scale) if is_ratio else 'cast(null as double)' }} as denominator,
        count(*) as sample_size

    from {{ facts }}
    {%- if by == 'day' %}
    inner join {{ ref('calendar_days') }} as calendar_days
        on {{ facts }}.occurred_date = calendar_days.calendar_date
    {%- endif %}
    group by grouping sets (
        {%- for period in (
            ['week_start_date', 'month_start_date', 'quarter_start_date']
            if by == 'day' else ['period_grain, period_start_date']
        ) %}
        ({{ period }})
        {%- for dimension in dimensions %}, ({{ period }}, {{ dimension }}){% endfor -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    )

),

first_periods as (

    select
        period_grain,

        min(period_start_date) as period_start_date

    from aggregated_facts
    group by period_grain
    {%- if is_ratio %}
    -- a company without the input below the line has no such KPI
    having max(abs(denominator)) > 0
    {%- endif %}

),

slices as (

    select distinct
        dimension,
        dimension_value

    from aggregated_facts

),

-- one row per period since the KPI's first, and slice
cells as (

    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        periods.is_complete,
        slices.dimension,
        slices.dimension_value

    from {{ ref('periods') }} as periods
    inner join first_periods
        on
            periods.period_grain = first_periods.period_grain
            and periods.period_start_date >= first_periods.period_start_date
    cross join slices

)

select
    cells.period_grain,
    cells.period_start_date,
    cells.period_end_date,
    cells.is_complete,
    cells.dimension,
    cells.dimension_value,
    coalesce(aggregated_facts.numerator, 0) as numerator,
    {%- if is_ratio %}
    coalesce(aggregated_facts.denominator, 0) as denominator,
    {%- else %}
    cast(null as double) as denominator,
    {%- endif %}
    coalesce(aggregated_facts.sample_size, 0) as sample_size,
    {%- if is_ratio %}
    aggregated_facts.numerator / nullif(aggregated_facts.denominator, 0) as kpi_value
    {%- else %}
    coalesce(aggregated_facts.numerator, 0) as kpi_value
    {%- endif %}

from cells
left join aggregated_facts
    on
        cells.period_grain = aggregated_facts.period_grain
        and cells.period_start_date = aggregated_facts.period_start_date
        and cells.dimension = aggregated_facts.dimension
        and cells.dimension_value = aggregated_facts.dimension_value
{%- endif %}
{%- endmacro %}


{# A part of a KPI as a double, times its scale. #}
{% macro kpi_part(part, scale=none) -%}
coalesce(cast({{ part }} as double){% if scale is not none %} * ({{ scale }}){% endif %}, 0)
{%- endmacro %}


{#
    The records behind one cell of a KPI table, whose parts add up to the cell's: the same facts and
    the same expressions as in the table, grouped by record. The cell is bound when the query runs.
#}
{% macro kpi_records(facts, dimensions, numerator, denominator, by, numerator_scale, denominator_scale) -%}
,

facts_of_cell as (

    select {{ facts }}.*

    from {{ facts }}
    {%- if by == 'day' %}
    inner join {{ ref('calendar_days') }} as calendar_days
        on {{ facts }}.occurred_date = calendar_days.calendar_date
    {%- endif %}
    where
        {%- if by == 'day' %}
        case {{ parameter('period_grain') }}
            when 'week' then calendar_days.week_start_date
            when 'month' then calendar_days.month_start_date
            when 'quarter' then calendar_days.quarter_start_date
        end = {{ parameter('period_start_date') }}
        {%- else %}
        period_grain = {{ parameter('period_grain') }}
        and period_start_date = {{ parameter('period_start_date') }}
        {%- endif %}
        and case {{ parameter('dimension') }}
            when 'total' then '(all)'
            {%- for dimension in dimensions %}
            when '{{ dimension }}' then {{ dimension }}
            {%- endfor %}
        end = {{ parameter('dimension_value') }}

),

scales as (

    select
        {{ numerator_scale or 'max(1)' }} as numerator_scale,
        {{ denominator_scale or 'max(1)' }} as denominator_scale

    from facts_of_cell

)

select
    facts_of_cell.record_id,

    min(facts_of_cell.occurred_date) as occurred_date,
    {{ kpi_part(numerator, 'min(scales.numerator_scale)') }} as numerator,
    {{ kpi_part(denominator, 'min(scales.denominator_scale)') if denominator is not none else 'cast(null as double)' }} as denominator,
    count(*) as sample_size

from facts_of_cell
cross join scales
group by facts_of_cell.record_id
{%- endmacro %}
