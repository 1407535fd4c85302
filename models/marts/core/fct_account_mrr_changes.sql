with

periods as (

    select * from {{ ref('periods') }}

),

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}
    where
        monthly_recurring_revenue <> 0
        -- one that ended before it started covers no day
        and (ended_date is null or ended_date > started_date)

),

-- one row per period and account that started or ended something in it: nobody else's MRR changed
changes as (

    select distinct
        periods.period_grain,
        periods.period_start_date,
        periods.as_of_date,
        subscriptions.subscriber_id

    from subscriptions
    inner join periods
        on
            subscriptions.started_date between periods.period_start_date and periods.as_of_date
            or subscriptions.ended_date between periods.period_start_date and periods.as_of_date

),

balances as (

    select
        changes.period_grain,
        changes.period_start_date,
        changes.as_of_date,
        changes.subscriber_id,

        coalesce(sum(subscriptions.monthly_recurring_revenue) filter (
            where
            subscriptions.started_date < changes.period_start_date
            and (
                subscriptions.ended_date is null
                or subscriptions.ended_date >= changes.period_start_date
            )
        ), 0) as start_amount,
        coalesce(sum(subscriptions.monthly_recurring_revenue) filter (
            where
            subscriptions.started_date <= changes.as_of_date
            and (
                subscriptions.ended_date is null
                or subscriptions.ended_date > changes.as_of_date
            )
        ), 0) as end_amount,
        min(subscriptions.started_date) as first_started_date

    from changes
    inner join subscriptions
        on changes.subscriber_id = subscriptions.subscriber_id
    group by
        changes.period_grain,
        changes.period_start_date,
        changes.as_of_date,
        changes.subscriber_id

)

select
    period_grain,
    period_start_date,
    as_of_date as occurred_date,
    subscriber_id,
    case
        when start_amount = 0 and first_started_date >= period_start_date then 'new'
        when start_amount = 0 then 'reactivation'
        when end_amount = 0 then 'churn'
        when end_amount > start_amount then 'expansion'
        else 'contraction'
    end as movement,
    cast(start_amount as decimal(18, 4)) as start_amount,
    cast(end_amount as decimal(18, 4)) as end_amount,
    cast(end_amount - start_amount as decimal(18, 4)) as change_amount

from balances
where start_amount <> end_amount
