with

activities as (

    select * from {{ ref('fct_activities') }}

),

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

),

activities_and_customers as (

    select
        activities.activity_id as record_id,
        customer_periods.period_grain,
        customer_periods.period_start_date,
        activities.occurred_date,
        1 as activity_count,
        0 as customer_count,
        activities.activity_type,
        customer_periods.segment,
        customer_periods.region

    from activities
    inner join period_days
        on activities.occurred_date = period_days.calendar_date
    inner join customer_periods
        on
            activities.account_id = customer_periods.customer_id
            and period_days.period_grain = customer_periods.period_grain
            and period_days.period_start_date = customer_periods.period_start_date
    where customer_periods.is_active_in_period

    union all

    -- a customer counts beside every type of activity
    select
        customer_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        0 as activity_count,
        1 as customer_count,
        cast(null as string) as activity_type,
        segment,
        region

    from customer_periods
    where is_active_at_end and exists (select activities.activity_id from activities)

)

{{ kpi_ratio(
    facts='activities_and_customers',
    dimensions=['activity_type', 'segment', 'region'],
    numerator='sum(activity_count)',
    denominator='sum(customer_count)',
    by='period',
    undivided=['activity_type']
) }}
