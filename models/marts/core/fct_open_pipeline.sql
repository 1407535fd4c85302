with

opportunities as (

    select * from {{ ref('fct_opportunities') }}
    where created_date is not null

),

stage_entries as (

    select * from {{ ref('int_opportunity_stage_entries') }}

),

-- one row per opportunity and day on which its stage changed; the first stage also holds before
stage_days as (

    select
        opportunity_id,
        stage,
        entered_date

    from stage_entries
    where is_last_of_day

    union all

    select
        opportunity_id,
        stage,
        date '0001-01-01' as entered_date

    from stage_entries
    where is_first

),

-- one row per opportunity and stretch of days in one stage
stretches as (

    select
        opportunity_id,
        stage,
        entered_date,
        lead(entered_date) over (partition by opportunity_id order by entered_date)
            as next_entered_date

    from stage_days

),

pipeline as (

    select
        opportunities.*,
        coalesce(stretches.stage, opportunities.stage) as stage_then,
        greatest(
            coalesce(stretches.entered_date, opportunities.created_date),
            opportunities.created_date
        ) as started_date,
        least(
            coalesce(stretches.next_entered_date, opportunities.closed_date),
            coalesce(opportunities.closed_date, stretches.next_entered_date)
        ) as ended_date

    from opportunities
    left join stretches
        on opportunities.opportunity_id = stretches.opportunity_id

)

select
    opportunity_id,
    stage_then as stage,
    segment,
    region,
    rep,
    team,
    started_date,
    ended_date,
    pipeline_amount

from pipeline
where ended_date is null or ended_date > started_date
