{{ config(meta={'dagster': {'ref': {'name': 'kpi_net_new_mrr', 'version': 1}}}) }}

-- A row is a period at whose end the monthly recurring revenue is not the sum of all movements
-- so far.
with

movements as (

    select
        period_grain,
        period_start_date,
        sum(numerator) over (
            partition by period_grain
            order by period_start_date
            rows between unbounded preceding and current row
        ) as movements_so_far

    from {{ ref('kpi_net_new_mrr', v=1) }}
    where dimension = 'total' and period_grain not like '%to_date'

),

balances as (

    select * from {{ ref('kpi_monthly_recurring_revenue', v=1) }}
    where dimension = 'total' and period_grain not like '%to_date'

)

select
    balances.period_grain,
    balances.period_start_date,
    balances.numerator as balance,
    movements.movements_so_far

from balances
left join movements
    on
        balances.period_grain = movements.period_grain
        and balances.period_start_date = movements.period_start_date
where
    abs(balances.numerator - coalesce(movements.movements_so_far, 0))
    > 1e-9 * greatest(abs(balances.numerator), 1e4)
