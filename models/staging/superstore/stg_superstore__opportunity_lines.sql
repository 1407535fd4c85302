with

order_lines as (

    select * from {{ newest_versions(source('superstore', 'order_lines')) }}

)

select
    {{ adapter.quote('Row ID') }} as opportunity_line_id,
    {{ adapter.quote('Order ID') }} as opportunity_id,
    {{ adapter.quote('Product ID') }} as product_id,
    cast(quantity as decimal(18, 4)) as quantity,
    sales as amount,
    cast(sales - profit as decimal(18, 4)) as cost_amount

from order_lines
