{# The date, in the reporting time zone, of a timestamp in UTC. #}
{% macro reporting_date(timestamp_column) -%}
{%- if var('reporting_timezone') == 'UTC' -%}
cast({{ timestamp_column }} as date)
{%- else -%}
cast(timezone('{{ var('reporting_timezone') }}', timezone('UTC', {{ timestamp_column }})) as date)
{%- endif -%}
{%- endmacro %}


{#
    The moment, in UTC, at which a day starts in the reporting time zone: for sources that give a
    date where the canonical CRM has a timestamp, so that the day stays the day.
#}
{% macro start_of_reporting_day(date_column) -%}
{%- if var('reporting_timezone') == 'UTC' -%}
cast({{ date_column }} as timestamp)
{%- else -%}
timezone('UTC', timezone('{{ var('reporting_timezone') }}', cast({{ date_column }} as timestamp)))
{%- endif -%}
{%- endmacro %}


{# A date moved by a number of days or months. #}
{% macro add_days(date_column, days) -%}
cast({{ dbt.dateadd('day', days, date_column) }} as date)
{%- endmacro %}

{% macro add_months(date_column, months) -%}
cast({{ dbt.dateadd('month', months, date_column) }} as date)
{%- endmacro %}


{# Whole days from one date to a later one. #}
{% macro days_between(first_date, last_date) -%}
{{ dbt.datediff(first_date, last_date, 'day') }}
{%- endmacro %}


{# One row per day, column `calendar_date`, from the first to the last date of a one-row CTE. #}
{% macro day_series(bounds, first_date, last_date) -%}
select cast(day_series.calendar_day as date) as calendar_date
    from
        {{ bounds }},
        generate_series(
            cast({{ first_date }} as timestamp),
            cast({{ last_date }} as timestamp),
            interval 1 day
        ) as day_series(calendar_day)
{%- endmacro %}
