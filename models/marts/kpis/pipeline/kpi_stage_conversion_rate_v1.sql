with

opportunity_stages as (

    select * from {{ ref('fct_opportunity_stages') }}

),

stage_entries as (

    select
        opportunity_stage_id as record_id,
        entered_date as occurred_date,
        is_advanced,
        stage

    from opportunity_stages

)

{{ kpi_ratio(
    facts='stage_entries',
    dimensions=['stage'],
    numerator='count(*) filter (where is_advanced)',
    denominator='count(*)'
) }}
