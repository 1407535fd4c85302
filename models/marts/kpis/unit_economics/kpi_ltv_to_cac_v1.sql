with

customer_values as (

    select * from {{ ref('fct_customer_value_periods') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

acquisition_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}
    where cost_type in ('sales', 'marketing')

),

period_days as (

    select * from {{ ref('period_days') }}

),

values_and_costs as (

    select
        record_id,
        period_grain,
        period_start_date,
        occurred_date,
        revenue,
        costed_revenue,
        gross_profit,
        is_active_at_start,
        is_active_at_end,
        0 as cost,
        0 as new_customer_count,
        segment

    from customer_values

    union all

    select
        acquisition_cost_days.commercial_cost_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        acquisition_cost_days.cost_date as occurred_date,
        0 as revenue,
        0 as costed_revenue,
        0 as gross_profit,
        false as is_active_at_start,
        false as is_active_at_end,
        acquisition_cost_days.amount as cost,
        0 as new_customer_count,
        acquisition_cost_days.segment

    from acquisition_cost_days
    inner join period_days
        on acquisition_cost_days.cost_date = period_days.calendar_date

    union all

    select
        opportunities.account_id as record_id,
        period_days.period_grain,
        period_days.period_start_date,
        opportunities.closed_date as occurred_date,
        0 as revenue,
        0 as costed_revenue,
        0 as gross_profit,
        false as is_active_at_start,
        false as is_active_at_end,
        0 as cost,
        1 as new_customer_count,
        opportunities.segment

    from opportunities
    inner join period_days
        on opportunities.closed_date = period_days.calendar_date
    where opportunities.is_first_won_of_account

)

-- lifetime value v2 ÷ (cost ÷ new customers); lifetime value as
-- revenue × (profit ÷ revenue) ÷ customers at the end × customers at the start ÷ customers lost
{{ kpi_quotient(
    facts='values_and_costs',
    dimensions=['segment'],
    numerator='sum(revenue)',
    numerator_scale="cast(sum(gross_profit) as double) / nullif(sum(costed_revenue), 0)
        / nullif(count(*) filter (where is_active_at_end), 0)
        * nullif(count(*) filter (where is_active_at_start), 0)
        * nullif(sum(new_customer_count), 0)",
    denominator='sum(cost)',
    denominator_scale="case
        when
            sum(costed_revenue) <> 0
            and count(*) filter (where is_active_at_end) > 0
            and sum(new_customer_count) > 0
            then count(*) filter (where is_active_at_start and not is_active_at_end)
    end",
    by='period'
) }}
