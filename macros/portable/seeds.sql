{#
    dbt-spark's session binds the values of seeds as text between quotes without escaping what is in
    them: give it values that are escaped.
#}
{% macro spark__load_csv_rows(model, agate_table) -%}
{%- set types = model.config.column_types -%}
{%- set statement -%}
insert into {{ this.render() }} values
    {%- for row in agate_table.rows %}
    (
        {%- for column in agate_table.column_names -%}
        {%- set value = row[column] -%}
        cast(
            {%- if value is none -%} null
            {%- else -%} '{{ dbt.escape_single_quotes(value | string | replace('\\', '\\\\')) }}'
            {%- endif %} as {{ types.get(column) or adapter.convert_type(agate_table, loop.index0) }})
        {{- ', ' if not loop.last }}
        {%- endfor -%}
    ){{ ',' if not loop.last }}
    {%- endfor %}
{%- endset -%}
{%- do adapter.add_query(statement, abridge_sql_log=True) -%}
{{ return(statement) }}
{%- endmacro %}
