with

accounts as (

    select * from {{ newest_versions(source('crm', 'accounts')) }}

)

select
    account_id,
    {{ personal_column('crm', 'accounts', 'account_name') }} as account_name,
    segment,
    industry,
    region,
    country,
    created_at

from accounts
