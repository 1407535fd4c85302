with

sales_pipeline as (

    select * from {{ newest_versions(source('maven_crm', 'sales_pipeline')) }}

),

products as (

    select * from {{ ref('stg_maven_crm__products') }}

)

select
    sales_pipeline.opportunity_id,
    cast(null as string) as opportunity_name,
    sales_pipeline.account as account_id,
    cast(null as string) as contact_id,
    cast(null as string) as lead_id,
    {{ personal_key('maven_crm', 'sales_pipeline', 'sales_agent') }} as rep_id,
    cast(null as string) as campaign_id,
    cast(null as string) as channel,
    cast(null as string) as opportunity_type,
    case
        when sales_pipeline.deal_stage = 'Prospecting' then 'Prospecting'
        else 'Engaging'
    end as stage,
    case sales_pipeline.deal_stage
        when 'Won' then 'won'
        when 'Lost' then 'lost'
        else 'open'
    end as status,
    -- what it was worth while open: the export values a deal only when it closes, on its line
    products.list_price as amount,
    cast(null as string) as currency,
    cast(null as decimal(18, 4)) as probability,
    {{ start_of_reporting_day('sales_pipeline.engage_date') }} as created_at,
    {{ start_of_reporting_day('sales_pipeline.close_date') }} as closed_at

from sales_pipeline
left join products
    on {{ maven_product('sales_pipeline.product') }} = products.product_id
