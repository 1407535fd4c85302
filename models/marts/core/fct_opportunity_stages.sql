with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

stages as (

    select * from {{ ref('int_stages') }}

),

-- one row per opportunity and stage that it was seen in
seen_stages as (

    select
        source,
        opportunity_id,
        stage_order,

        min(entered_date) as entered_date

    from {{ ref('int_opportunity_stage_entries') }}
    group by
        source,
        opportunity_id,
        stage_order

),

furthest_stages as (

    select
        source,
        opportunity_id,

        max(stage_order) as stage_order

    from seen_stages
    group by
        source,
        opportunity_id

),

-- one row per opportunity and stage at or before the furthest; all stages when won
passed_stages as (

    select
        furthest_stages.opportunity_id,
        stages.stage,
        stages.stage_order,
        furthest_stages.stage_order as furthest_stage_order,
        opportunities.is_won,
        opportunities.is_lost,
        opportunities.closed_date

    from furthest_stages
    inner join opportunities
        on furthest_stages.opportunity_id = opportunities.opportunity_id
    inner join stages
        on
            furthest_stages.source = stages.source
            and (furthest_stages.stage_order >= stages.stage_order or opportunities.is_won)

),

-- a skipped stage counts as entered when a later one, or the win, was
entries as (

    select
        passed_stages.opportunity_id,
        passed_stages.stage,
        passed_stages.stage_order,
        passed_stages.furthest_stage_order,
        passed_stages.is_won,
        passed_stages.is_lost,
        passed_stages.closed_date,

        min(seen_stages.entered_date) as first_seen_date,
        min(case
            when seen_stages.stage_order = passed_stages.stage_order then seen_stages.entered_date
        end) as own_entered_date

    from passed_stages
    left join seen_stages
        on
            passed_stages.opportunity_id = seen_stages.opportunity_id
            and passed_stages.stage_order <= seen_stages.stage_order
    group by
        passed_stages.opportunity_id,
        passed_stages.stage,
        passed_stages.stage_order,
        passed_stages.furthest_stage_order,
        passed_stages.is_won,
        passed_stages.is_lost,
        passed_stages.closed_date

),

dated_entries as (

    select
        *,
        case
            when is_won then least(coalesce(first_seen_date, closed_date), closed_date)
            else first_seen_date
        end as entered_date,
        is_won or furthest_stage_order > stage_order as is_advanced

    from entries

)

select
    {{ dbt.concat(['opportunity_id', "' '", 'stage']) }} as opportunity_stage_id,
    opportunity_id,
    stage,
    stage_order,
    entered_date,
    coalesce(own_entered_date > entered_date, true) as is_skipped,
    is_advanced,
    is_lost and not is_advanced as is_lost_there,
    not is_lost and not is_advanced as is_still_there

from dated_entries
