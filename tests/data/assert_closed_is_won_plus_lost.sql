{{ config(meta={'dagster': {'ref': {'name': 'kpi_win_rate', 'version': 2}}}) }}

-- A row is a period and slice in which the closed opportunities are not the won plus the lost ones.
with

win_rates as (

    select * from {{ ref('kpi_win_rate', v=2) }}

),

opportunities as (

    select
        calendar_days.month_start_date,

        count(*) filter (where opportunities.is_won) as won_count,
        count(*) filter (where opportunities.is_lost) as lost_count

    from {{ ref('fct_opportunities') }} as opportunities
    inner join {{ ref('calendar_days') }} as calendar_days
        on opportunities.closed_date = calendar_days.calendar_date
    group by calendar_days.month_start_date

)

select
    win_rates.period_start_date,
    win_rates.numerator,
    win_rates.denominator,
    opportunities.won_count,
    opportunities.lost_count

from win_rates
left join opportunities
    on win_rates.period_start_date = opportunities.month_start_date
where
    win_rates.period_grain = 'month'
    and win_rates.dimension = 'total'
    and (
        win_rates.numerator <> coalesce(opportunities.won_count, 0)
        or win_rates.denominator
        <> coalesce(opportunities.won_count, 0) + coalesce(opportunities.lost_count, 0)
    )
