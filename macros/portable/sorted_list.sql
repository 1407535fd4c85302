{# The values of a group as one text, sorted and separated by commas; null for an empty group. #}
{% macro sorted_list(column) -%}
{{ adapter.dispatch('sorted_list')(column) }}
{%- endmacro %}

{% macro default__sorted_list(column) -%}
string_agg({{ column }}, ', ' order by {{ column }})
{%- endmacro %}

{# Spark's listagg came with 4.0; its array of an empty group is empty, not null. #}
{% macro spark__sorted_list(column) -%}
nullif(array_join(sort_array(collect_list({{ column }})), ', '), '')
{%- endmacro %}
