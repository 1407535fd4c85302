{#- The sales stages of every enabled source, as var `sources` lists them. -#}
{%- for source in enabled_sources() -%}
{%- set source_loop = loop -%}
{%- for stage in var('sources')[source]['stages'] %}
select
    cast('{{ source }}' as string) as source,
    cast('{{ dbt.escape_single_quotes(stage) }}' as string) as stage,
    {{ loop.index }} as stage_order
{{ 'union all' if not (loop.last and source_loop.last) }}
{%- endfor -%}
{%- endfor %}
