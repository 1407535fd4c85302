{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row is a share of a whole that is less than nothing or more than all of it.
select *

from {{ ref('kpi_values') }}
where
    (
        (kpi = 'win_rate' and version = 2)
        or (kpi = 'lead_quality' and version = 1)
        or (kpi = 'customer_retention_rate' and version = 2)
        or kpi in (
            'stage_conversion_rate',
            'drop_off_rate',
            'mql_to_sql_rate',
            'qualified_lead_conversion_rate',
            'conversion_rate',
            'lead_answer_rate',
            'lead_response_within_5_minutes',
            'appointment_rate',
            'churn_rate',
            'customer_satisfaction',
            'sales_technique_win_rate',
            'sales_technique_feedback'
        )
    )
    and (numerator < 0 or numerator > denominator + 1e-9)
