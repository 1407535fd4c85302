with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

periods as (

    select * from {{ ref('periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

-- one row per period and opportunity worked or closed in it, and per line won in it
facts_by_period as (

    select
        opportunities.opportunity_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        opportunities.created_date as occurred_date,
        'worked' as fact,
        0 as revenue,
        0 as cycle_days,
        opportunities.segment,
        opportunities.region,
        opportunities.product_category,
        opportunities.team,
        opportunities.rep

    from opportunities
    inner join periods
        on
            opportunities.created_date <= periods.as_of_date
            and greatest(
                coalesce(opportunities.closed_date, periods.period_start_date),
                opportunities.created_date
            ) >= periods.period_start_date

    union all

    select
        opportunities.opportunity_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        opportunities.closed_date as occurred_date,
        case when opportunities.is_won then 'won' else 'lost' end as fact,
        0 as revenue,
        opportunities.sales_cycle_days as cycle_days,
        opportunities.segment,
        opportunities.region,
        opportunities.product_category,
        opportunities.team,
        opportunities.rep

    from opportunities
    inner join period_days
        on opportunities.closed_date = period_days.calendar_date

    union all

    select
        opportunity_lines.opportunity_line_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        opportunity_lines.closed_date as occurred_date,
        'line won' as fact,
        opportunity_lines.amount as revenue,
        0 as cycle_days,
        opportunity_lines.segment,
        opportunity_lines.region,
        opportunity_lines.product_category,
        opportunity_lines.team,
        opportunity_lines.rep

    from opportunity_lines
    inner join period_days
        on opportunity_lines.closed_date = period_days.calendar_date
    where opportunity_lines.is_won

)

-- worked × (won ÷ closed) × (revenue ÷ won) ÷ (cycle days ÷ won), as
-- revenue × (worked ÷ closed) ÷ (cycle days × (1 ÷ won))
{{ kpi_quotient(
    facts='facts_by_period',
    dimensions=['segment', 'region', 'product_category', 'team', 'rep'],
    numerator='sum(revenue)',
    numerator_scale="case when count(*) filter (where fact = 'won') > 0
        then cast(count(*) filter (where fact = 'worked') as double)
        / count(*) filter (where fact in ('won', 'lost'))
    end",
    denominator="sum(cycle_days) filter (where fact = 'won')",
    denominator_scale="1 / nullif(cast(count(cycle_days) filter (where fact = 'won') as double), 0)",
    by='period'
) }}
