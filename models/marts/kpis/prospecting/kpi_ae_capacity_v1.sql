with

rep_days as (

    select * from {{ ref('fct_rep_days') }}

),

ae_days as (

    select
        rep_id as record_id,
        business_date as occurred_date,
        maximum_deals_per_day,
        team,
        rep

    from rep_days
    where role = 'ae' and maximum_deals_per_day is not null

)

{{ kpi_total(
    facts='ae_days',
    dimensions=['team', 'rep'],
    value='sum(maximum_deals_per_day)'
) }}
