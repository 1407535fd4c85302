with

rep_days as (

    select * from {{ ref('fct_rep_days') }}

),

bdr_days as (

    select
        rep_id as record_id,
        business_date as occurred_date,
        maximum_leads_per_day,
        team,
        rep

    from rep_days
    where role = 'bdr' and maximum_leads_per_day is not null

)

{{ kpi_total(
    facts='bdr_days',
    dimensions=['team', 'rep'],
    value='sum(maximum_leads_per_day)'
) }}
