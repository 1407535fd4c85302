with

opportunity_lines as (

    select * from {{ newest_versions(source('crm', 'opportunity_lines')) }}

)

select
    opportunity_line_id,
    opportunity_id,
    product_id,
    quantity,
    amount,
    cost_amount

from opportunity_lines
