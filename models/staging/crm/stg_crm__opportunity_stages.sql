with

opportunity_stages as (

    select * from {{ newest_versions(source('crm', 'opportunity_stages')) }}

)

select
    opportunity_stage_id,
    opportunity_id,
    stage,
    entered_at

from opportunity_stages
