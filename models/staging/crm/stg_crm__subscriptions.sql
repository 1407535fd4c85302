with

subscriptions as (

    select * from {{ newest_versions(source('crm', 'subscriptions')) }}

)

select
    subscription_id,
    account_id,
    product_id,
    started_on,
    ended_on,
    monthly_recurring_revenue,
    currency

from subscriptions
