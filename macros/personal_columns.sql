{#
    How staging reads a column that its source declares personal (`meta: {personal: true}`): as it is
    if var `admitted_personal_columns` names it, as in `crm.reps.rep_name`, else null.
#}
{% macro personal_column(source_name, table_name, column_name) -%}
{%- if is_admitted(source_name, table_name, column_name) -%}
{{ adapter.quote(column_name) }}
{%- else -%}
cast(null as string)
{%- endif -%}
{%- endmacro %}


{# The same where the name of a person is the key: unless admitted, a hash stands for it. #}
{% macro personal_key(source_name, table_name, column_name) -%}
{%- if is_admitted(source_name, table_name, column_name) -%}
{{ adapter.quote(column_name) }}
{%- else -%}
{{ dbt.hash(adapter.quote(column_name)) }}
{%- endif -%}
{%- endmacro %}


{% macro is_admitted(source_name, table_name, column_name) -%}
{%- set column = [source_name, table_name, column_name] | join('.') -%}
{{ return(column in (var('admitted_personal_columns') or [])) }}
{%- endmacro %}
