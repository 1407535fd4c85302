with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

period_days as (

    select * from {{ ref('period_days') }}

)

select
    opportunity_lines.opportunity_line_id as record_id,
    period_days.period_grain,
    period_days.period_start_date,
    opportunity_lines.closed_date as occurred_date,
    opportunity_lines.amount as revenue,
    case
        when opportunity_lines.cost_amount is not null then opportunity_lines.amount
    end as costed_revenue,
    cast(opportunity_lines.amount - opportunity_lines.cost_amount as decimal(18, 4))
        as gross_profit,
    false as is_active_at_start,
    false as is_active_at_end,
    opportunity_lines.segment

from opportunity_lines
inner join period_days
    on opportunity_lines.closed_date = period_days.calendar_date
where opportunity_lines.is_won and opportunity_lines.account_id is not null

union all

select
    customer_id as record_id,
    period_grain,
    period_start_date,
    occurred_date,
    cast(0 as decimal(18, 4)) as revenue,
    cast(0 as decimal(18, 4)) as costed_revenue,
    cast(0 as decimal(18, 4)) as gross_profit,
    is_active_at_start,
    is_active_at_end,
    segment

from customer_periods
where is_active_at_start or is_active_at_end
