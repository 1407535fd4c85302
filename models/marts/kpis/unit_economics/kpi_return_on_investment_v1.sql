with

won_lines as (

    select * from {{ ref('fct_opportunity_lines') }}
    where is_won and amount is not null and cost_amount is not null

),

commercial_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}

),

-- without any known profit the return would seem to be a loss of all that was spent
profit_and_cost as (

    select
        opportunity_line_id as record_id,
        closed_date as occurred_date,
        amount - cost_amount as gross_profit,
        0 as cost,
        channel,
        campaign

    from won_lines

    union all

    select
        commercial_cost_id as record_id,
        cost_date as occurred_date,
        0 as gross_profit,
        amount as cost,
        channel,
        campaign

    from commercial_cost_days
    where exists (select won_lines.closed_date from won_lines)

)

{{ kpi_ratio(
    facts='profit_and_cost',
    dimensions=['channel', 'campaign'],
    numerator='sum(gross_profit) - sum(cost)',
    denominator='sum(cost)'
) }}
