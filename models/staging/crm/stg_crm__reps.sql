with

reps as (

    select * from {{ newest_versions(source('crm', 'reps')) }}

)

select
    rep_id,
    {{ personal_column('crm', 'reps', 'rep_name') }} as rep_name,
    role,
    team,
    region,
    country,
    time_zone,
    employed_from,
    employed_until,
    maximum_leads_per_day,
    maximum_deals_per_day

from reps
