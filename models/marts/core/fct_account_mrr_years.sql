with

periods as (

    select
        period_grain,
        period_start_date,
        as_of_date,
        {{ add_months('as_of_date', -12) }} as year_ago_date

    from {{ ref('periods') }}

),

subscriptions as (

    select
        *,
        coalesce(ended_date, date '9999-12-31') as first_date_after

    from {{ ref('fct_subscriptions') }}

),

balances as (

    select
        periods.period_grain,
        periods.period_start_date,
        periods.as_of_date,
        subscriptions.subscriber_id,
        subscriptions.segment,
        subscriptions.industry,
        subscriptions.region,

        sum(subscriptions.monthly_recurring_revenue) filter (
            where
            subscriptions.started_date <= periods.year_ago_date
            and subscriptions.first_date_after > periods.year_ago_date
        ) as year_ago_amount,
        coalesce(sum(subscriptions.monthly_recurring_revenue) filter (
            where
            subscriptions.started_date <= periods.as_of_date
            and subscriptions.first_date_after > periods.as_of_date
        ), 0) as end_amount

    from subscriptions
    inner join periods
        on
            subscriptions.started_date <= periods.as_of_date
            and subscriptions.first_date_after > periods.year_ago_date
    group by
        periods.period_grain,
        periods.period_start_date,
        periods.as_of_date,
        subscriptions.subscriber_id,
        subscriptions.segment,
        subscriptions.industry,
        subscriptions.region

)

select
    period_grain,
    period_start_date,
    as_of_date as occurred_date,
    subscriber_id,
    segment,
    industry,
    region,
    cast(year_ago_amount as decimal(18, 4)) as year_ago_amount,
    cast(end_amount as decimal(18, 4)) as end_amount

from balances
where year_ago_amount <> 0
