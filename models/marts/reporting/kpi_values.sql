-- Every live version of every KPI. A new KPI version is a new line here.
{%- set kpi_versions = [
    ('active_customers', 1),
    ('activities_per_rep', 1),
    ('ae_capacity', 1),
    ('ae_utilisation', 1),
    ('appointment_rate', 1),
    ('average_deal_value', 1),
    ('bdr_capacity', 1),
    ('bdr_utilisation', 1),
    ('calls_and_meetings', 1),
    ('churn_rate', 1),
    ('conversion_rate', 1),
    ('cost_per_lead', 1),
    ('customer_acquisition_cost', 1),
    ('customer_engagement', 1),
    ('customer_retention_rate', 1),
    ('customer_retention_rate', 2),
    ('customer_satisfaction', 1),
    ('customer_satisfaction', 2),
    ('deals_won', 1),
    ('drop_off_rate', 1),
    ('employee_net_promoter_score', 1),
    ('gross_margin', 1),
    ('gross_revenue_retention', 1),
    ('lead_answer_rate', 1),
    ('lead_quality', 1),
    ('lead_quality', 2),
    ('lead_response_time', 1),
    ('lead_response_time', 2),
    ('lead_response_time', 3),
    ('lead_response_within_5_minutes', 1),
    ('leads_generated', 1),
    ('lifetime_value', 1),
    ('lifetime_value', 2),
    ('ltv_to_cac', 1),
    ('magic_number', 1),
    ('market_share', 1),
    ('marketing_qualified_leads', 1),
    ('monthly_recurring_revenue', 1),
    ('mql_to_sql_rate', 1),
    ('net_margin', 1),
    ('net_new_mrr', 1),
    ('net_promoter_score', 1),
    ('net_revenue_retention', 1),
    ('new_customer_revenue_share', 1),
    ('new_customers', 1),
    ('open_pipeline_value', 1),
    ('pipeline_coverage', 1),
    ('pipeline_velocity', 1),
    ('pipeline_velocity', 2),
    ('qualified_lead_conversion_rate', 1),
    ('quota_attainment', 1),
    ('return_on_investment', 1),
    ('revenue', 1),
    ('revenue_per_rep', 1),
    ('sales_cycle_days', 1),
    ('sales_technique_feedback', 1),
    ('sales_technique_win_rate', 1),
    ('stage_conversion_rate', 1),
    ('time_per_lead', 1),
    ('touchpoints', 1),
    ('unique_contacts', 1),
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
