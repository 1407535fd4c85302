with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

-- one row per closed opportunity and technique that was used on it before it closed
opportunity_techniques as (

    select distinct
        opportunities.opportunity_id as record_id,
        opportunities.closed_date as occurred_date,
        opportunities.is_won,
        activities.technique

    from opportunities
    inner join activities
        on
            opportunities.opportunity_id = activities.opportunity_id
            and opportunities.closed_date >= activities.occurred_date
    where opportunities.is_closed and activities.technique <> '(unknown)'

)

{{ kpi_distinct(
    facts='opportunity_techniques',
    dimensions=['technique'],
    numerator='count(distinct record_id) filter (where is_won)',
    denominator='count(distinct record_id)'
) }}
