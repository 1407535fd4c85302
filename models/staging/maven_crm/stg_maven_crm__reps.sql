with

sales_teams as (

    select * from {{ newest_versions(source('maven_crm', 'sales_teams')) }}

)

-- every sales agent sells, and is taken to have been employed throughout
select
    {{ personal_key('maven_crm', 'sales_teams', 'sales_agent') }} as rep_id,
    {{ personal_column('maven_crm', 'sales_teams', 'sales_agent') }} as rep_name,
    'ae' as role,
    {{ personal_column('maven_crm', 'sales_teams', 'manager') }} as team,
    regional_office as region,
    cast(null as string) as country,
    cast(null as string) as time_zone,
    cast(null as date) as employed_from,
    cast(null as date) as employed_until,
    cast(null as decimal(18, 4)) as maximum_leads_per_day,
    cast(null as decimal(18, 4)) as maximum_deals_per_day

from sales_teams
