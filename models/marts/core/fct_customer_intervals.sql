with

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

subscribers as (

    select distinct subscriber_id from subscriptions

),

-- one row per subscription, and per purchase of an account that never had one
stretches as (

    select
        subscriber_id as customer_id,
        started_date,
        coalesce(ended_date, date '9999-12-31') as ended_date

    from subscriptions
    -- one that ended before it started covers no day
    where ended_date is null or ended_date > started_date

    union all

    select
        opportunities.account_id as customer_id,
        opportunities.closed_date as started_date,
        {{ add_days('opportunities.closed_date', var('customer_active_days')) }} as ended_date

    from opportunities
    left join subscribers
        on opportunities.account_id = subscribers.subscriber_id
    where
        opportunities.is_won
        and opportunities.account_id is not null
        and subscribers.subscriber_id is null

),

with_previous as (

    select
        *,
        max(ended_date) over (
            partition by customer_id
            order by started_date, ended_date
            rows between unbounded preceding and 1 preceding
        ) as previous_ended_date

    from stretches

),

-- stretches that touch or overlap have one number
numbered as (

    select
        customer_id,
        started_date,
        ended_date,
        sum(case when started_date > previous_ended_date then 1 else 0 end) over (
            partition by customer_id
            order by started_date, ended_date
            rows between unbounded preceding and current row
        ) as interval_number

    from with_previous

),

intervals as (

    select
        customer_id,

        min(started_date) as started_date,
        nullif(max(ended_date), date '9999-12-31') as ended_date

    from numbered
    group by
        customer_id,
        interval_number

)

select
    intervals.customer_id,
    intervals.started_date,
    intervals.ended_date,

    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.industry, '(unknown)') as industry,
    coalesce(accounts.region, '(unknown)') as region

from intervals
left join accounts
    on intervals.customer_id = accounts.account_id
