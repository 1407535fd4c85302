with

accounts as (

    select * from {{ ref('int_crm__accounts') }}

)

select
    account_id,
    account_name,
    {{ or_unknown('segment') }} as segment,
    {{ or_unknown('industry') }} as industry,
    nullif(region, '') as region,
    country,
    {{ reporting_date('created_at') }} as created_date

from accounts
