with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

rep_days as (

    select * from {{ ref('fct_rep_days') }}

),

-- without any opportunity nobody knows what was taken up
deals_and_capacity as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        1 as deal_count,
        0 as capacity,
        team

    from opportunities
    where is_won

    union all

    select
        rep_id as record_id,
        business_date as occurred_date,
        0 as deal_count,
        maximum_deals_per_day as capacity,
        team

    from rep_days
    where
        role = 'ae'
        and maximum_deals_per_day is not null
        and exists (select opportunities.opportunity_id from opportunities)

)

{{ kpi_ratio(
    facts='deals_and_capacity',
    dimensions=['team'],
    numerator='sum(deal_count)',
    denominator='sum(capacity)'
) }}
