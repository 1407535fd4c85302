with

products as (

    select * from {{ newest_versions(source('maven_crm', 'products')) }}

)

select
    product as product_id,
    product as product_name,
    series as product_category,
    sales_price as list_price,
    cast(null as decimal(18, 4)) as unit_cost,
    cast(null as string) as currency

from products
