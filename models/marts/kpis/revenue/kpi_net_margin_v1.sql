with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

commercial_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}

),

-- without any commercial cost this would be the gross margin under another name
revenue_and_costs as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount as revenue,
        cost_amount as cost,
        channel

    from opportunity_lines
    where
        is_won
        and amount is not null
        and cost_amount is not null
        and exists (select commercial_cost_days.cost_date from commercial_cost_days)

    union all

    select
        commercial_cost_id as record_id,
        cost_date as occurred_date,
        0 as revenue,
        amount as cost,
        channel

    from commercial_cost_days

)

{{ kpi_ratio(
    facts='revenue_and_costs',
    dimensions=['channel'],
    numerator='sum(revenue) - sum(cost)',
    denominator='sum(revenue)'
) }}
