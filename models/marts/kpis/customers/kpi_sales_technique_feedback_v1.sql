with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

scored_responses as (

    select
        survey_response_id as record_id,
        responded_date as occurred_date,
        cast(score as double) / scale_maximum as score_share,
        technique

    from survey_responses
    where
        survey_type = 'sales_technique_feedback'
        and score is not null
        and scale_maximum > 0

)

{{ kpi_ratio(
    facts='scored_responses',
    dimensions=['technique'],
    numerator='sum(score_share)',
    denominator='count(*)'
) }}
