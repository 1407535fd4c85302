with

sales_teams as (

    select * from {{ newest_versions(source('maven_crm', 'sales_teams')) }}

)

-- every sales agent sells, and is taken to have been employed throughout
select
    sales_agent as rep_id,
    sales_agent as rep_name,
    'ae' as role,
    manager as team,
    regional_office as region,
    cast(null as string) as country,
    cast(null as string) as time_zone,
    cast(null as date) as employed_from,
    cast(null as date) as employed_until,
    cast(null as decimal(18, 4)) as maximum_leads_per_day,
    cast(null as decimal(18, 4)) as maximum_deals_per_day

from sales_teams
