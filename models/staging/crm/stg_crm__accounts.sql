with

accounts as (

    select * from {{ newest_versions(source('crm', 'accounts')) }}

)

select
    account_id,
    account_name,
    segment,
    industry,
    region,
    country,
    created_at

from accounts
