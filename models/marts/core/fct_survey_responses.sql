with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

survey_responses as (

    select * from {{ ref('int_crm__survey_responses') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

)

select
    survey_responses.survey_response_id,
    survey_responses.account_id,
    survey_responses.rep_id,

    survey_responses.survey_type,
    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.industry, '(unknown)') as industry,
    coalesce(accounts.region, reps.region, '(unknown)') as region,
    {{ or_unknown('survey_responses.channel') }} as channel,
    coalesce(nullif(survey_responses.team, ''), reps.team, '(unknown)') as team,
    {{ or_unknown('survey_responses.sales_technique') }} as technique,

    {{ reporting_date('survey_responses.responded_at') }} as responded_date,

    survey_responses.score,
    survey_responses.scale_maximum

from survey_responses
left join accounts
    on survey_responses.account_id = accounts.account_id
left join reps
    on survey_responses.rep_id = reps.rep_id
where
    {{ reporting_date('survey_responses.responded_at') }}
    <= (select reporting_dates.as_of_date from reporting_dates)
