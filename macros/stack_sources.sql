{#
    One canonical entity: the staging models of all enabled sources that bring it, stacked, with the
    columns of the calling model's contract. Columns that end in `_id` become `<source>:<id>`.
    Without any such source it is an empty relation.
#}
{% macro stack_sources(entity) -%}
{%- set columns = model.columns.values() | rejectattr('name', 'equalto', 'source') | list -%}
{%- set relations = {} -%}
{%- for source in enabled_sources() if entity in var('sources')[source]['entities'] -%}
    {%- do relations.update({source: ref('stg_' ~ source ~ '__' ~ entity)}) -%}
{%- endfor -%}

{%- for source, relation in relations.items() %}
select
    cast('{{ source }}' as string) as source,
{%- for column in columns %}
    {% if column.name.endswith('_id') -%}
    cast({{ dbt.concat(["'" ~ source ~ ":'", "nullif(" ~ column.name ~ ", '')"]) }} as string) as {{ column.name }}
    {%- else -%}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
    {%- endif -%}
    {{ ',' if not loop.last }}
{%- endfor %}

from {{ relation }}
{{ 'union all' if not loop.last }}
{%- else %}
select
    cast(null as string) as source
{%- for column in columns %},
    cast(null as {{ column.data_type }}) as {{ column.name }}
{%- endfor %}

where 1 = 0
{%- endfor %}
{%- endmacro %}


{# The sources that environment variable SALES_KPIS_SOURCES names; each must have an entry in var `sources`. #}
{% macro enabled_sources() -%}
{%- set enabled = env_var('SALES_KPIS_SOURCES', 'crm').split(',') -%}
{%- for source in enabled if source not in var('sources') -%}
    {{ exceptions.raise_compiler_error(
        "SALES_KPIS_SOURCES names '" ~ source ~ "', which is not in var sources of dbt_project.yml ("
        ~ var('sources').keys() | join(', ') ~ ")."
    ) }}
{%- endfor -%}
{{ return(enabled) }}
{%- endmacro %}
