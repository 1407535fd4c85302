with

order_lines as (

    select * from {{ newest_versions(source('superstore', 'order_lines')) }}

),

-- one row per order: a second customer or date would be a second row, which the tests refuse
orders as (

    select
        {{ adapter.quote('Order ID') }} as opportunity_id,
        {{ adapter.quote('Customer ID') }} as account_id,
        {{ adapter.quote('Order Date') }} as order_date,

        cast(sum(sales) as decimal(18, 4)) as amount

    from order_lines
    group by
        {{ adapter.quote('Order ID') }},
        {{ adapter.quote('Customer ID') }},
        {{ adapter.quote('Order Date') }}

)

select
    opportunity_id,
    cast(null as string) as opportunity_name,
    account_id,
    cast(null as string) as contact_id,
    cast(null as string) as lead_id,
    cast(null as string) as rep_id,
    cast(null as string) as campaign_id,
    cast(null as string) as channel,
    cast(null as string) as opportunity_type,
    'Order' as stage,
    'won' as status,
    amount,
    cast(null as string) as currency,
    cast(null as decimal(18, 4)) as probability,
    -- an order says nothing of how long the customer was courted
    cast(null as timestamp) as created_at,
    {{ start_of_reporting_day('order_date') }} as closed_at

from orders
