with

survey_responses as (

    select * from {{ newest_versions(source('crm', 'survey_responses')) }}

)

select
    survey_response_id,
    survey_type,
    account_id,
    rep_id,
    team,
    channel,
    sales_technique,
    score,
    scale_maximum,
    responded_at

from survey_responses
