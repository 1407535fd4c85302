with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

subscriptions as (

    select * from {{ ref('int_crm__subscriptions') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

)

select
    subscriptions.subscription_id,
    -- a subscription without an account is an account of its own
    coalesce(subscriptions.account_id, subscriptions.subscription_id) as subscriber_id,
    subscriptions.account_id,

    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.industry, '(unknown)') as industry,
    coalesce(accounts.region, '(unknown)') as region,
    coalesce(products.product_category, '(unknown)') as product_category,

    subscriptions.started_on as started_date,
    {{ add_days('subscriptions.ended_on', 1) }} as ended_date,

    {{ in_reporting_currency(
        'subscriptions.monthly_recurring_revenue',
        'subscriptions.currency',
        'exchange_rates.exchange_rate'
    ) }} as monthly_recurring_revenue

from subscriptions
left join accounts
    on subscriptions.account_id = accounts.account_id
left join products
    on subscriptions.product_id = products.product_id
left join exchange_rates
    on
        subscriptions.source = exchange_rates.source
        and subscriptions.currency = exchange_rates.from_currency
        and subscriptions.started_on = exchange_rates.rate_date
where subscriptions.started_on <= (select reporting_dates.as_of_date from reporting_dates)
