with

open_pipeline as (

    select * from {{ ref('fct_open_pipeline') }}

),

open_opportunities as (

    select
        opportunity_id as record_id,
        started_date,
        ended_date,
        pipeline_amount,
        stage,
        segment,
        region,
        rep,
        team

    from open_pipeline

)

{{ kpi_balance(
    facts='open_opportunities',
    dimensions=['stage', 'segment', 'region', 'rep', 'team'],
    value='sum(pipeline_amount)'
) }}
