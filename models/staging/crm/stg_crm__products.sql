with

products as (

    select * from {{ newest_versions(source('crm', 'products')) }}

)

select
    product_id,
    product_name,
    product_category,
    list_price,
    unit_cost,
    currency

from products
