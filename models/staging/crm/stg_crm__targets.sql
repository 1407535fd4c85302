with

targets as (

    select * from {{ newest_versions(source('crm', 'targets')) }}

)

select
    target_id,
    kpi,
    dimension,
    dimension_value,
    period_grain,
    period_start_date,
    target_value,
    currency,
    valid_from

from targets
