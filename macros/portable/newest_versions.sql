{#
    The newest version of every row of a raw table that is not deleted; with var `known_at`, the
    version that was the newest at that moment. Landing keeps superseded versions in a table of
    their own beside the current ones, so the nightly read never sorts the log.
#}
{% macro newest_versions(raw_table) -%}
{%- set known_at = var('known_at') -%}
(
        select * from {{ raw_table }}
        where not _is_deleted
        {%- if known_at %} and _landed_at <= cast('{{ known_at }}' as timestamp)
        {%- set superseded = api.Relation.create(
            database=raw_table.database,
            schema=raw_table.schema,
            identifier=raw_table.identifier ~ '__superseded'
        ) %}

        union all by name

        select * from {{ superseded }}
        where
            not _is_deleted
            and _landed_at <= cast('{{ known_at }}' as timestamp)
            and _superseded_at > cast('{{ known_at }}' as timestamp)
        {%- endif %}
    )
{%- endmacro %}
