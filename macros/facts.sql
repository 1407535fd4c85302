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
            else {{ multiply_money(amount, exchange_rate) }}
        end
{%- endmacro %}


{#
    A product of two decimals of at most 18 digits, rounded to four decimals. The wider first factor
    gives the product the room that it needs on every engine.
#}
{% macro multiply_money(amount, factor) -%}
cast(cast({{ amount }} as decimal(19, 4)) * {{ factor }} as decimal(18, 4))
{%- endmacro %}


{# The part of an amount that falls on each of its days, from its first to its last date. #}
{% macro spread_over_days(amount, first_date, last_date) -%}
cast(
            cast({{ amount }} as double) / ({{ days_between(first_date, last_date) }} + 1)
            as decimal(38, 18)
        )
{%- endmacro %}
