with

order_lines as (

    select * from {{ newest_versions(source('superstore', 'order_lines')) }}

),

-- some IDs carry two names, of which one must do
ranked_lines as (

    select
        *,
        row_number() over (
            partition by {{ adapter.quote('Product ID') }}
            order by
                {{ adapter.quote('Order Date') }} desc,
                {{ adapter.quote('Row ID') }} desc
        ) as recency_rank

    from order_lines

)

select
    {{ adapter.quote('Product ID') }} as product_id,
    {{ adapter.quote('Product Name') }} as product_name,
    category as product_category,
    cast(null as decimal(18, 4)) as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as string) as currency

from ranked_lines
where recency_rank = 1
