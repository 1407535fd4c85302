with

periods as (

    select * from {{ ref('periods') }}

),

customer_intervals as (

    select * from {{ ref('fct_customer_intervals') }}

)

select
    periods.period_grain,
    periods.period_start_date,
    periods.as_of_date as occurred_date,
    customer_intervals.customer_id,
    customer_intervals.segment,
    customer_intervals.industry,
    customer_intervals.region,

    bool_or(customer_intervals.started_date < periods.period_start_date) as is_active_at_start,
    bool_or(
        coalesce(customer_intervals.ended_date, date '9999-12-31') > periods.period_start_date
    ) as is_active_in_period,
    bool_or(
        coalesce(customer_intervals.ended_date, date '9999-12-31') > periods.as_of_date
    ) as is_active_at_end

from customer_intervals
-- from the day before the period's first day, which is its start, to its last
inner join periods
    on
        customer_intervals.started_date <= periods.as_of_date
        and coalesce(customer_intervals.ended_date, date '9999-12-31')
        >= periods.period_start_date
group by
    periods.period_grain,
    periods.period_start_date,
    periods.as_of_date,
    customer_intervals.customer_id,
    customer_intervals.segment,
    customer_intervals.industry,
    customer_intervals.region
