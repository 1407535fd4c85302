{# The values of a group as one text, sorted and separated by commas; null for an empty group. #}
{% macro sorted_list(column) -%}
string_agg({{ column }}, ', ' order by {{ column }})
{%- endmacro %}
