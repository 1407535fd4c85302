with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

scored_responses as (

    select
        survey_response_id as record_id,
        responded_date as occurred_date,
        score,
        scale_maximum,
        segment,
        industry,
        region,
        channel

    from survey_responses
    where
        survey_type = 'customer_satisfaction'
        and score is not null
        and scale_maximum > 0

)

{{ kpi_ratio(
    facts='scored_responses',
    dimensions=['segment', 'industry', 'region', 'channel'],
    numerator='count(*) filter (where score >= scale_maximum - 1)',
    denominator='count(*)'
) }}
