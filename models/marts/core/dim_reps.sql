with

reps as (

    select * from {{ ref('int_crm__reps') }}

),

names as (

    select
        rep_name,

        count(*) as rep_count

    from reps
    where rep_name <> ''
    group by rep_name

)

select
    reps.rep_id,
    case
        when names.rep_count > 1
            then {{ dbt.concat(['reps.rep_name', "' ('", 'reps.rep_id', "')'"]) }}
        else coalesce(nullif(reps.rep_name, ''), reps.rep_id)
    end as rep,
    reps.role,
    {{ or_unknown('reps.team') }} as team,
    nullif(reps.region, '') as region,
    reps.country,
    reps.time_zone,
    reps.employed_from,
    reps.employed_until,
    reps.maximum_leads_per_day,
    reps.maximum_deals_per_day

from reps
left join names
    on reps.rep_name = names.rep_name
