{# One product is spelt `GTXPro` in Maven's pipeline and `GTX Pro` among its products. #}
{% macro maven_product(column) -%}
case when {{ column }} = 'GTXPro' then 'GTX Pro' else {{ column }} end
{%- endmacro %}
