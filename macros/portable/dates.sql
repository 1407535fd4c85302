{#
    Each macro has a variant for every engine that writes it in another way; the reason stands above
    the variant.
#}


{# The date, in the reporting time zone, of a timestamp in UTC. #}
{% macro reporting_date(timestamp_column) -%}
{%- if var('reporting_timezone') == 'UTC' -%}
cast({{ timestamp_column }} as date)
{%- else -%}
cast({{ local_time(timestamp_column, "'" ~ var('reporting_timezone') ~ "'") }} as date)
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
{{ to_utc('cast(' ~ date_column ~ ' as timestamp)', "'" ~ var('reporting_timezone') ~ "'") }}
{%- endif -%}
{%- endmacro %}


{# A timestamp in UTC as the clock shows it in the time zone that a column or text in quotes names. #}
{% macro local_time(timestamp_column, timezone) -%}
{{ adapter.dispatch('local_time')(timestamp_column, timezone) }}
{%- endmacro %}

{% macro default__local_time(timestamp_column, timezone) -%}
timezone({{ timezone }}, timezone('UTC', {{ timestamp_column }}))
{%- endmacro %}

{# Spark has no timezone(). #}
{% macro spark__local_time(timestamp_column, timezone) -%}
from_utc_timestamp({{ timestamp_column }}, {{ timezone }})
{%- endmacro %}


{# What the clock shows in the time zone that a column or text in quotes names, in UTC. #}
{% macro to_utc(timestamp_column, timezone) -%}
{{ adapter.dispatch('to_utc')(timestamp_column, timezone) }}
{%- endmacro %}

{% macro default__to_utc(timestamp_column, timezone) -%}
timezone('UTC', timezone({{ timezone }}, {{ timestamp_column }}))
{%- endmacro %}

{# Spark has no timezone(). #}
{% macro spark__to_utc(timestamp_column, timezone) -%}
to_utc_timestamp({{ timestamp_column }}, {{ timezone }})
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
cast({{ dbt.datediff(first_date, last_date, 'day') }} as bigint)
{%- endmacro %}


{# Minutes from one timestamp to a later one, with the fraction of the last. #}
{% macro minutes_between(first_at, last_at) -%}
{{ adapter.dispatch('minutes_between')(first_at, last_at) }}
{%- endmacro %}

{% macro default__minutes_between(first_at, last_at) -%}
cast(epoch_us({{ last_at }}) - epoch_us({{ first_at }}) as double) / 60000000
{%- endmacro %}

{# Spark has no epoch_us(). #}
{% macro spark__minutes_between(first_at, last_at) -%}
cast(timestampdiff(microsecond, {{ first_at }}, {{ last_at }}) as double) / 60000000
{%- endmacro %}


{# One row per day, column `calendar_date`, from the first to the last date of a one-row CTE. #}
{% macro day_series(bounds, first_date, last_date) -%}
{{ adapter.dispatch('day_series')(bounds, first_date, last_date) }}
{%- endmacro %}

{% macro default__day_series(bounds, first_date, last_date) -%}
select cast(day_series.calendar_day as date) as calendar_date
    from
        {{ bounds }},
        generate_series(
            cast({{ first_date }} as timestamp),
            cast({{ last_date }} as timestamp),
            interval 1 day
        ) as day_series(calendar_day)
{%- endmacro %}

{# Spark makes series as arrays. #}
{% macro spark__day_series(bounds, first_date, last_date) -%}
select explode(sequence({{ first_date }}, {{ last_date }}, interval 1 day)) as calendar_date
    from {{ bounds }}
{%- endmacro %}
