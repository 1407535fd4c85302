{# The view `kpi_<name>` on the latest version of a KPI: what a reader who follows the newest definition opens. #}
{% macro create_pointer_view() -%}
{%- if execute and model.get('version') and model.version == model.latest_version -%}
create or replace view {{ this.incorporate(path={'identifier': model.name}) }}
as select * from {{ this }}
{%- endif -%}
{%- endmacro %}
