-- Every live version of every KPI. A new KPI version is a new line here.
{%- set kpi_versions = [
    ('average_deal_value', 1),
    ('deals_won', 1),
    ('drop_off_rate', 1),
    ('gross_margin', 1),
    ('market_share', 1),
    ('monthly_recurring_revenue', 1),
    ('net_margin', 1),
    ('net_new_mrr', 1),
    ('new_customer_revenue_share', 1),
    ('new_customers', 1),
    ('open_pipeline_value', 1),
    ('pipeline_coverage', 1),
    ('pipeline_velocity', 1),
    ('pipeline_velocity', 2),
    ('quota_attainment', 1),
    ('revenue', 1),
    ('revenue_per_rep', 1),
    ('sales_cycle_days', 1),
    ('stage_conversion_rate', 1),
    ('win_rate', 1),
    ('win_rate', 2),
] %}

with

kpi_tables as (
    {% for kpi, version in kpi_versions %}
    select
        '{{ kpi }}' as kpi,
        {{ version }} as version,
        *

    from {{ ref('kpi_' ~ kpi, v=version) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

latest_versions as (

    select
        kpi,

        max(version) as version

    from {{ ref('kpi_catalog') }}
    group by kpi

)

select
    kpi_tables.kpi,
    kpi_tables.version,
    kpi_tables.version = latest_versions.version as is_latest,
    kpi_tables.period_grain,
    kpi_tables.period_start_date,
    kpi_tables.period_end_date,
    kpi_tables.is_complete,
    kpi_tables.dimension,
    kpi_tables.dimension_value,
    kpi_tables.numerator,
    kpi_tables.denominator,
    kpi_tables.sample_size,
    kpi_tables.kpi_value

from kpi_tables
left join latest_versions
    on kpi_tables.kpi = latest_versions.kpi
