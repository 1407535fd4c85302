with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

crm_opportunities as (

    select * from {{ ref('int_crm__opportunities') }}

),

opportunity_lines as (

    select * from {{ ref('int_opportunity_lines') }}

),

largest_lines as (

    select * from {{ ref('int_opportunity_largest_lines') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

),

-- one row per account that ever bought
customers as (

    select
        account_id,
        closed_date as customer_since_date

    from opportunities
    where is_first_won_of_account

),

converted_lines as (

    select
        opportunity_lines.opportunity_line_id,
        opportunity_lines.opportunity_id,
        opportunity_lines.product_id,
        coalesce(products.product_category, '(unknown)') as product_category,
        opportunity_lines.quantity,
        {{ in_reporting_currency(
            'opportunity_lines.amount', 'crm_opportunities.currency', 'exchange_rates.exchange_rate'
        ) }} as amount,
        {{ in_reporting_currency(
            'opportunity_lines.cost_amount',
            'crm_opportunities.currency',
            'exchange_rates.exchange_rate'
        ) }} as stated_cost_amount,
        opportunity_lines.cost_amount is not null as is_cost_stated,
        {{ in_reporting_currency(
            multiply_money('products.unit_cost', 'opportunity_lines.quantity'),
            'products.currency',
            'product_rates.exchange_rate'
        ) }} as product_cost_amount

    from opportunity_lines
    inner join opportunities
        on opportunity_lines.opportunity_id = opportunities.opportunity_id
    inner join crm_opportunities
        on opportunity_lines.opportunity_id = crm_opportunities.opportunity_id
    left join products
        on opportunity_lines.product_id = products.product_id
    left join exchange_rates
        on
            crm_opportunities.source = exchange_rates.source
            and crm_opportunities.currency = exchange_rates.from_currency
            and opportunities.closed_date = exchange_rates.rate_date
    left join exchange_rates as product_rates
        on
            products.source = product_rates.source
            and products.currency = product_rates.from_currency
            and opportunities.closed_date = product_rates.rate_date

)

select
    converted_lines.opportunity_line_id,
    converted_lines.opportunity_id,
    converted_lines.product_id,
    opportunities.account_id,
    opportunities.rep_id,

    opportunities.segment,
    opportunities.industry,
    opportunities.region,
    converted_lines.product_category,
    opportunities.channel,
    opportunities.campaign,
    opportunities.rep,
    opportunities.team,
    opportunities.opportunity_type,

    opportunities.closed_date,
    customers.customer_since_date,

    opportunities.is_won,
    largest_lines.opportunity_line_id is not null as is_largest_line,

    converted_lines.quantity,
    converted_lines.amount,
    case
        when converted_lines.is_cost_stated then converted_lines.stated_cost_amount
        else converted_lines.product_cost_amount
    end as cost_amount

from converted_lines
inner join opportunities
    on converted_lines.opportunity_id = opportunities.opportunity_id
left join largest_lines
    on converted_lines.opportunity_line_id = largest_lines.opportunity_line_id
left join customers
    on opportunities.account_id = customers.account_id
