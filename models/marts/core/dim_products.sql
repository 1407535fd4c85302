with

products as (

    select * from {{ ref('int_crm__products') }}

)

select
    product_id,
    source,
    product_name,
    {{ or_unknown('product_category') }} as product_category,
    list_price,
    unit_cost,
    currency

from products
