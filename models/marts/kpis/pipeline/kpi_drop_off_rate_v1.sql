with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

ended_processes as (

    select
        opportunity_id as record_id,
        closed_date as occurred_date,
        not is_won as is_dropped,
        stage,
        segment,
        channel

    from opportunities
    where is_closed

    union all

    select
        lead_id as record_id,
        disqualified_date as occurred_date,
        true as is_dropped,
        stage,
        segment,
        channel

    from leads
    where disqualified_date is not null and not has_opportunity

)

{{ kpi_ratio(
    facts='ended_processes',
    dimensions=['stage', 'segment', 'channel'],
    numerator='count(*) filter (where is_dropped)',
    denominator='count(*)'
) }}
