{# Whether a date is a Monday, Tuesday, Wednesday, Thursday or Friday. #}
{% macro is_weekday(date_column) -%}
{{ days_between('cast(' ~ dbt.date_trunc('week', date_column) ~ ' as date)', date_column) }} < 5
{%- endmacro %}


{#
    Minutes of opening hours from the first business day known up to a moment on a local clock;
    `business_day` is the row of int_business_days of its date. The difference of two moments is the
    time in between during which the office was open.
#}
{% macro business_minutes_before(local_at, business_day) -%}
{%- set start, end = var('business_hours_start'), var('business_hours_end') -%}
{%- set minute_of_day = minutes_between('cast(cast(' ~ local_at ~ ' as date) as timestamp)', local_at) -%}
(
        {{ business_day }}.business_days_before * {{ (end - start) * 60 }}
        + case
            when {{ business_day }}.is_business_day
                then least(greatest({{ minute_of_day }} - {{ start * 60 }}, 0), {{ (end - start) * 60 }})
            else 0
        end
    )
{%- endmacro %}
