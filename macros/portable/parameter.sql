{# A named value that is bound when the compiled query runs, not when it is compiled. #}
{% macro parameter(name) -%}
${{ name }}
{%- endmacro %}
