{# The body of every KPI table; see kpi_macros.sql for the arguments. #}
{% macro kpi_table(
    facts,
    dimensions,
    numerator=none,
    denominator=none,
    median=none,
    by='day',
    numerator_scale=none,
    denominator_scale=none,
    factor=1,
    undivided=[],
    to_date=true
) -%}
{%- set dimensions = var('kpi_dimensions') or dimensions -%}
{%- set undivided = undivided | select('in', dimensions) | list -%}
{%- set is_ratio = denominator is not none -%}
{%- if var('explain') -%}
{{ kpi_records(
    facts,
    dimensions,
    numerator or 'min(' ~ median ~ ')',
    denominator,
    by,
    numerator_scale,
    denominator_scale,
    undivided
) }}
{%- else -%}
,

{% if by == 'day' -%}
-- earlier periods up to the day that a running one has come to
facts_to_date as (

    select
        {{ facts }}.*,
        period_days.period_grain,
        period_days.period_start_date

    from {{ facts }}
    inner join {{ ref('period_days') }} as period_days
        on {{ facts }}.occurred_date = period_days.calendar_date
    where period_days.period_grain like '%to_date'

),

{% endif -%}
{% set by_period = 'facts_to_date' if by == 'day' else facts -%}
aggregated_facts as (
    {% if by == 'day' %}
    select
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
        {{- kpi_cells(dimensions, numerator, denominator, median, numerator_scale, denominator_scale) }}

    from {{ facts }}
    inner join {{ ref('calendar_days') }} as calendar_days
        on {{ facts }}.occurred_date = calendar_days.calendar_date
    group by grouping sets (
        {%- for period in ['week_start_date', 'month_start_date', 'quarter_start_date'] %}
        ({{ period }})
        {%- for dimension in dimensions %}, ({{ period }}, {{ dimension }}){% endfor -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    )

    union all
    {% endif %}
    select
        period_grain,
        period_start_date,
        {{- kpi_cells(dimensions, numerator, denominator, median, numerator_scale, denominator_scale) }}

    from {{ by_period }}
    {%- if not to_date %}
    where period_grain not like '%to_date'
    {%- endif %}
    group by grouping sets (
        (period_grain, period_start_date)
        {%- for dimension in dimensions %}, (period_grain, period_start_date, {{ dimension }}){% endfor %}
    )

),

first_periods as (

    select
        period_grain,

        min(period_start_date) as period_start_date

    from aggregated_facts
    where period_grain not like '%to_date'
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
    {%- if undivided %}
    where dimension_value is not null
    {%- endif %}

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
            {{ "replace(periods.period_grain, '_to_date', '')" if to_date else 'periods.period_grain' }}
            = first_periods.period_grain
            and periods.period_start_date >= first_periods.period_start_date
    cross join slices

)

{#- A part that is missing is zero, and what counts in every value of a dimension is added to each. -#}
{%- set columns = {} %}
{%- for column in ['numerator', 'denominator', 'sample_size'] -%}
{%- do columns.update({column: 'coalesce(aggregated_facts.' ~ column ~ ', 0)' ~ (
    ' + coalesce(undivided_facts.' ~ column ~ ', 0)' if undivided else ''
)}) -%}
{%- endfor %}

select
    cells.period_grain,
    cells.period_start_date,
    cells.period_end_date,
    cells.is_complete,
    cells.dimension,
    cells.dimension_value,
    {{ 'cast(null as double)' if median else columns.numerator }} as numerator,
    {{ columns.denominator if is_ratio else 'cast(null as double)' }} as denominator,
    {{ columns.sample_size }} as sample_size,
    {%- if median %}
    aggregated_facts.median as kpi_value
    {%- elif is_ratio %}
    {{ factor ~ ' * ' if factor != 1 }}({{ columns.numerator }}) / nullif({{ columns.denominator }}, 0) as kpi_value
    {%- else %}
    {{ columns.numerator }} as kpi_value
    {%- endif %}

from cells
left join aggregated_facts
    on
        cells.period_grain = aggregated_facts.period_grain
        and cells.period_start_date = aggregated_facts.period_start_date
        and cells.dimension = aggregated_facts.dimension
        and cells.dimension_value = aggregated_facts.dimension_value
{%- if undivided %}
left join aggregated_facts as undivided_facts
    on
        cells.period_grain = undivided_facts.period_grain
        and cells.period_start_date = undivided_facts.period_start_date
        and cells.dimension = undivided_facts.dimension
        and undivided_facts.dimension_value is null
{%- endif %}
{%- endif %}
{%- endmacro %}


{# The cells of one grouping: dimension and value, the parts and the number of facts. #}
{% macro kpi_cells(dimensions, numerator, denominator, median, numerator_scale, denominator_scale) %}
        {%- if dimensions %}
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
        {%- else %}
        'total' as dimension,
        '(all)' as dimension_value,
        {%- endif %}
        {%- if median %}
        percentile_cont(0.5) within group (order by {{ median }}) as median,
        {%- else %}
        {{ kpi_part(numerator, numerator_scale) }} as numerator,
        {%- if denominator is not none %}
        {{ kpi_part(denominator, denominator_scale) }} as denominator,
        {%- endif %}
        {%- endif %}
        count(*) as sample_size
{%- endmacro %}


{# A part of a KPI as a double, times its scale. #}
{% macro kpi_part(part, scale=none) -%}
coalesce(cast({{ part }} as double){% if scale is not none %} * ({{ scale }}){% endif %}, 0)
{%- endmacro %}


{#
    The records behind one cell of a KPI table, whose parts add up to the cell's: the same facts and
    the same expressions as in the table, grouped by record. The cell is bound when the query runs.
#}
{% macro kpi_records(
    facts, dimensions, numerator, denominator, by, numerator_scale, denominator_scale, undivided
) -%}
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
            when '{{ dimension }}' then
                {{ 'coalesce(' ~ dimension ~ ', ' ~ parameter('dimension_value') ~ ')' if dimension in undivided else dimension }}
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
