{#
    Spark and the machine that lands and publishes share a folder: raw tables go one way as Parquet,
    marts the other. On DuckDB these macros do nothing, since dbt reads and writes its files.
#}


{# Before a run: the raw tables as views on their Parquet files, as they are now. #}
{% macro register_raw_tables() -%}
{{ adapter.dispatch('register_raw_tables')() }}
{%- endmacro %}

{% macro default__register_raw_tables() -%}
{%- endmacro %}

{# Spark has no attached file to read them from. #}
{% macro spark__register_raw_tables() -%}
{%- if execute -%}
{%- for schema in graph.sources.values() | map(attribute='schema') | unique -%}
    {%- do run_query('create schema if not exists ' ~ schema) -%}
{%- endfor -%}
{%- for source in graph.sources.values() -%}
{%- for table in [source.identifier] + ([source.identifier ~ '__superseded'] if var('known_at') and 'landing' in source.meta else []) -%}
    {%- do run_query(
        'create or replace view ' ~ source.schema ~ '.' ~ table ~ ' as select * from parquet.`'
        ~ env_var('SALES_KPIS_SPARK_FOLDER') ~ '/raw/' ~ source.schema ~ '/' ~ table ~ '`'
    ) -%}
{%- endfor -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro %}


{# After a build: the marts as Parquet files, for publishing. #}
{% macro export_marts() -%}
{{ adapter.dispatch('export_marts')() }}
{%- endmacro %}

{% macro default__export_marts() -%}
{%- endmacro %}

{# Nothing but Spark reads Spark's tables. #}
{% macro spark__export_marts() -%}
{%- if execute and flags.WHICH == 'build' -%}
{%- for result in results
    if result.status == 'success' and result.node.resource_type in ('model', 'seed')
    and result.node.config.materialized in ('table', 'seed')
    and result.node.schema in ('kpis', 'reporting', 'core') -%}
    {%- do run_query(
        "insert overwrite directory '" ~ env_var('SALES_KPIS_SPARK_FOLDER') ~ '/marts/'
        ~ result.node.schema ~ '/' ~ result.node.alias ~ "' using parquet select * from "
        ~ result.node.schema ~ '.' ~ result.node.alias
    ) -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro %}
