{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}

-- A row means that the deals and the revenue of all weeks are not those of all days.
with

weeks as (

    select
        kpi,

        sum(numerator) as week_sum

    from {{ ref('kpi_values') }}
    where
        kpi in ('deals_won', 'revenue')
        and period_grain = 'week'
        and dimension = 'total'
    group by kpi

),

days as (

    select
        'deals_won' as kpi,
        count(*) as day_sum

    from {{ ref('fct_opportunities') }}
    where is_won

    union all

    select
        'revenue' as kpi,
        sum(amount) as day_sum

    from {{ ref('fct_opportunity_lines') }}
    where is_won

)

select
    days.kpi,
    weeks.week_sum,
    days.day_sum

from days
left join weeks
    on days.kpi = weeks.kpi
where
    abs(coalesce(weeks.week_sum, 0) - coalesce(days.day_sum, 0))
    > 1e-9 * greatest(abs(coalesce(days.day_sum, 0)), 1e4)
