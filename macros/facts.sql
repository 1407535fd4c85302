{# A slice's value, `(unknown)` where it is missing. #}
{% macro or_unknown(column) -%}
coalesce(nullif({{ column }}, ''), '(unknown)')
{%- endmacro %}


{#
    An amount in the reporting currency, to four decimals: as it is when it has that currency or
    none, else times the rate; null without a rate.
#}
{% macro in_reporting_currency(amount, currency, exchange_rate) -%}
case
            when coalesce({{ currency }}, '{{ var('reporting_currency') }}') = '{{ var('reporting_currency') }}'
                then {{ amount }}
            else cast({{ amount }} * {{ exchange_rate }} as decimal(18, 4))
        end
{%- endmacro %}


{# The part of an amount that falls on each of its days, from its first to its last date. #}
{% macro spread_over_days(amount, first_date, last_date) -%}
cast(
            cast({{ amount }} as double) / ({{ days_between(first_date, last_date) }} + 1)
            as decimal(38, 18)
        )
{%- endmacro %}
