with

accounts as (

    select * from {{ newest_versions(source('maven_crm', 'accounts')) }}

)

select
    account as account_id,
    account as account_name,
    cast(null as string) as segment,
    -- spelling of the export
    case when sector = 'technolgy' then 'technology' else sector end as industry,
    -- the headquarters' country is not a sales region
    cast(null as string) as region,
    -- the export has the country's name, not its code
    cast(null as string) as country,
    cast(null as timestamp) as created_at

from accounts
