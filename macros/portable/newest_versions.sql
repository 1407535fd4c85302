{#
    The newest version of every row of a raw table that is not deleted; with var `known_at`, the
    version that was the newest at that moment. Landing keeps superseded versions in a table of
    their own beside the current ones, so the nightly read never sorts the log.
#}
{% macro newest_versions(raw_table) -%}
{%- set known_at = var('known_at') -%}
{%- if not known_at -%}
(
        select * from {{ raw_table }}
        where not _is_deleted
    )
{%- else -%}
{#- the two tables may have their columns in another order -#}
{%- set columns = declared_columns(raw_table) | join(', ') -%}
(
        select {{ columns }} from {{ raw_table }}
        where
            not _is_deleted
            and _landed_at <= cast('{{ known_at }}' as timestamp)

        union all

        select {{ columns }} from {{ api.Relation.create(
            database=raw_table.database,
            schema=raw_table.schema,
            identifier=raw_table.identifier ~ '__superseded'
        ) }}
        where
            not _is_deleted
            and _landed_at <= cast('{{ known_at }}' as timestamp)
            and _superseded_at > cast('{{ known_at }}' as timestamp)
    )
{%- endif -%}
{%- endmacro %}


{# The columns that a raw table is declared with, as SQL; `*` while the project is parsed. #}
{% macro declared_columns(raw_table) -%}
{%- set tables = (graph.sources.values() if execute else [])
    | selectattr('schema', 'equalto', raw_table.schema)
    | selectattr('identifier', 'equalto', raw_table.identifier) | list -%}
{%- set columns = [] -%}
{%- for name in (tables[0].columns if tables else []) -%}
    {%- do columns.append(adapter.quote(name)) -%}
{%- endfor -%}
{{ return(columns or ['*']) }}
{%- endmacro %}
