with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

target_days as (

    select * from {{ ref('fct_target_days') }}

),

periods as (

    select * from {{ ref('periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

pipeline_and_quota as (

    -- one row per opportunity and period at the start of which it was open
    select
        opportunities.opportunity_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        opportunities.created_date as occurred_date,
        opportunities.pipeline_amount as pipeline,
        0 as quota,
        opportunities.rep,
        opportunities.team

    from opportunities
    inner join periods
        on
            opportunities.created_date < periods.period_start_date
            and coalesce(opportunities.closed_date, periods.period_start_date)
            >= periods.period_start_date

    union all

    select
        target_days.target_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        target_days.target_date as occurred_date,
        0 as pipeline,
        target_days.target_value as quota,
        target_days.rep,
        target_days.team

    from target_days
    inner join period_days
        on target_days.target_date = period_days.calendar_date
    where
        target_days.plan = 'record'
        and target_days.kpi = 'revenue'
        and target_days.dimension = 'rep'

)

-- the quota of a running period is that of all its days
{{ kpi_ratio(
    facts='pipeline_and_quota',
    dimensions=['rep', 'team'],
    numerator='sum(pipeline)',
    denominator='sum(quota)',
    by='period',
    to_date=false
) }}
