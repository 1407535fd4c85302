with

sales_pipeline as (

    select * from {{ newest_versions(source('maven_crm', 'sales_pipeline')) }}

)

-- an opportunity is for one unit of one product
select
    opportunity_id as opportunity_line_id,
    opportunity_id,
    {{ maven_product('product') }} as product_id,
    cast(1 as decimal(18, 4)) as quantity,
    close_value as amount,
    cast(null as decimal(18, 4)) as cost_amount

from sales_pipeline
