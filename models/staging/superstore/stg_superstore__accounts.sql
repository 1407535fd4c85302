with

order_lines as (

    select * from {{ newest_versions(source('superstore', 'order_lines')) }}

),

ranked_lines as (

    select
        *,
        row_number() over (
            partition by {{ adapter.quote('Customer ID') }}
            order by
                {{ adapter.quote('Order Date') }} desc,
                {{ adapter.quote('Row ID') }} desc
        ) as recency_rank

    from order_lines

)

select
    {{ adapter.quote('Customer ID') }} as account_id,
    {{ personal_column('superstore', 'order_lines', 'Customer Name') }} as account_name,
    segment,
    cast(null as string) as industry,
    -- the region of an order is where it went, not the customer's
    cast(null as string) as region,
    -- the export has the country's name, not its code
    case when country = 'United States' then 'US' end as country,
    cast(null as timestamp) as created_at

from ranked_lines
where recency_rank = 1
