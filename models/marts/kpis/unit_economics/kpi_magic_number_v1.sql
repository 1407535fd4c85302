with

account_mrr_changes as (

    select * from {{ ref('fct_account_mrr_changes') }}

),

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}

),

acquisition_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}
    where cost_type in ('sales', 'marketing')

),

periods as (

    select * from {{ ref('periods') }}

),

-- the recurring revenue of a period is its last day's MRR × its months, and its periods in a year
-- make it twelve months at every grain
growth_and_costs as (

    select
        subscriber_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        12 * change_amount as annual_growth,
        0 as cost

    from account_mrr_changes

    union all

    -- what a period cost counts in the next
    select
        acquisition_cost_days.commercial_cost_id as record_id,
        periods.period_grain,
        periods.period_start_date,
        acquisition_cost_days.cost_date as occurred_date,
        0 as annual_growth,
        acquisition_cost_days.amount as cost

    from acquisition_cost_days
    inner join periods as previous_periods
        on
            acquisition_cost_days.cost_date
            between previous_periods.period_start_date and previous_periods.period_end_date
    inner join periods
        on
            previous_periods.next_period_start_date = periods.period_start_date
            and previous_periods.period_grain = replace(periods.period_grain, '_to_date', '')
    where exists (select subscriptions.subscription_id from subscriptions)

)

{{ kpi_ratio(
    facts='growth_and_costs',
    dimensions=[],
    numerator='sum(annual_growth)',
    denominator='sum(cost)',
    by='period'
) }}
