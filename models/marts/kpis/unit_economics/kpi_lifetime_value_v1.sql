with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

won_lines as (

    select * from {{ ref('fct_opportunity_lines') }}
    where
        is_won
        and account_id is not null
        and amount is not null
        and cost_amount is not null

),

commercial_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}

),

-- from its date on, each counts in every period to come
profits_and_customers as (

    select
        opportunity_line_id as record_id,
        closed_date as started_date,
        cast(null as date) as ended_date,
        amount - cost_amount as profit,
        0 as customer_count,
        segment

    from won_lines

    union all

    select
        commercial_cost_id as record_id,
        cost_date as started_date,
        cast(null as date) as ended_date,
        -amount as profit,
        0 as customer_count,
        segment

    from commercial_cost_days
    where cost_type = 'service'

    union all

    select
        account_id as record_id,
        closed_date as started_date,
        cast(null as date) as ended_date,
        0 as profit,
        1 as customer_count,
        segment

    from opportunities
    where
        is_first_won_of_account
        and exists (select commercial_cost_days.cost_date from commercial_cost_days)
        and exists (select won_lines.closed_date from won_lines)

)

{{ kpi_balance(
    facts='profits_and_customers',
    dimensions=['segment'],
    value='sum(profit)',
    denominator='sum(customer_count)'
) }}
