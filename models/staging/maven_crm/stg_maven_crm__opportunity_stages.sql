with

sales_pipeline as (

    select * from {{ newest_versions(source('maven_crm', 'sales_pipeline')) }}

)

-- the export dates one stage only: the day on which the opportunity was engaged
select
    opportunity_id as opportunity_stage_id,
    opportunity_id,
    'Engaging' as stage,
    {{ start_of_reporting_day('engage_date') }} as entered_at

from sales_pipeline
where engage_date is not null
