with

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}

),

subscribed as (

    select
        subscription_id as record_id,
        started_date,
        ended_date,
        monthly_recurring_revenue,
        segment,
        industry,
        region,
        product_category

    from subscriptions

)

{{ kpi_balance(
    facts='subscribed',
    dimensions=['segment', 'industry', 'region', 'product_category'],
    value='sum(monthly_recurring_revenue)'
) }}
