{#
    The KPI macros make a KPI table out of the facts that count. `facts` names a CTE with

      - record_id: the record behind the fact, for `make explain`;
      - the period it counts in: `occurred_date`, or with by='period' the columns `period_grain`
        and `period_start_date`; for kpi_balance `started_date` and `ended_date`;
      - the slices named in `dimensions`, never null, and whatever the parts are computed from.

    A fact whose slice is null counts in every value of that dimension, which is then named in
    `undivided`: customers, where activities are told apart by type.

    The parts are aggregate expressions over the facts. Every grain and slice is aggregated from the
    facts in one scan. The result is dense: every period from the KPI's first fact to the as-of date has a
    row for every slice that the KPI has anywhere. The grains `week_to_date`, `month_to_date` and
    `quarter_to_date` hold what a running period is compared with: the period before and the one of last
    year up to the same day. A KPI whose running period counts days to come says to_date=false.
#}

{# Adds up over slices and, but for distinct counts, over periods. #}
{% macro kpi_total(facts, dimensions, value, by='day') -%}
{{ kpi_table(facts, dimensions, numerator=value, by=by) }}
{%- endmacro %}


{# A ratio of sums times a factor, null when the denominator is zero. #}
{% macro kpi_ratio(facts, dimensions, numerator, denominator, by='day', factor=1, undivided=[], to_date=true) -%}
{{ kpi_table(
    facts,
    dimensions,
    numerator=numerator,
    denominator=denominator,
    by=by,
    factor=factor,
    undivided=undivided,
    to_date=to_date
) }}
{%- endmacro %}


{#
    A count of different things, or a ratio with one: the same person in two slices or two periods
    counts in both, so nothing adds up. `record_id` is what is counted.
#}
{% macro kpi_distinct(facts, dimensions, numerator, denominator=none) -%}
{{ kpi_table(facts, dimensions, numerator=numerator, denominator=denominator) }}
{%- endmacro %}


{# The middle value of a column; it has no parts, and is null without facts. #}
{% macro kpi_median(facts, dimensions, value) -%}
{{ kpi_table(facts, dimensions, median=value) }}
{%- endmacro %}


{#
    A ratio of which each part is a sum times a scale: an aggregate over the whole cell, null or zero
    where the part is missing. Its parts do not add up over slices or periods.
#}
{% macro kpi_quotient(
    facts, dimensions, numerator, numerator_scale, denominator, denominator_scale, by='day'
) -%}
{{ kpi_table(
    facts,
    dimensions,
    numerator=numerator,
    denominator=denominator,
    by=by,
    numerator_scale=numerator_scale,
    denominator_scale=denominator_scale
) }}
{%- endmacro %}


{#
    A state on the last day of the period (of a running one: on the as-of date), or a ratio of two.
    `ended_date` is the first day after it.
#}
{% macro kpi_balance(facts, dimensions, value, denominator=none) -%}
,

facts_on_last_day as (

    select
        {{ facts }}.*,
        {{ facts }}.started_date as occurred_date,
        periods.period_grain,
        periods.period_start_date

    from {{ facts }}
    inner join {{ ref('periods') }} as periods
        on
            {{ facts }}.started_date <= periods.as_of_date
            and coalesce({{ facts }}.ended_date, date '9999-12-31') > periods.as_of_date

)
{{- kpi_table('facts_on_last_day', dimensions, numerator=value, denominator=denominator, by='period') }}
{%- endmacro %}
