with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

scored_responses as (

    select
        survey_response_id as record_id,
        responded_date as occurred_date,
        score,
        segment,
        industry,
        region

    from survey_responses
    where
        survey_type = 'net_promoter_score'
        and score is not null

)

{{ kpi_ratio(
    facts='scored_responses',
    dimensions=['segment', 'industry', 'region'],
    numerator='count(*) filter (where score >= 9) - count(*) filter (where score <= 6)',
    denominator='count(*)',
    factor=100
) }}
