with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

acquisition_cost_days as (

    select * from {{ ref('fct_commercial_cost_days') }}
    where cost_type in ('sales', 'marketing')

),

costs_and_new_customers as (

    select
        commercial_cost_id as record_id,
        cost_date as occurred_date,
        amount as cost,
        0 as customer_count,
        segment,
        channel

    from acquisition_cost_days

    union all

    -- without any such cost a customer would seem to be free
    select
        account_id as record_id,
        closed_date as occurred_date,
        0 as cost,
        1 as customer_count,
        segment,
        channel

    from opportunities
    where
        is_first_won_of_account
        and exists (select acquisition_cost_days.cost_date from acquisition_cost_days)

)

{{ kpi_ratio(
    facts='costs_and_new_customers',
    dimensions=['segment', 'channel'],
    numerator='sum(cost)',
    denominator='sum(customer_count)'
) }}
