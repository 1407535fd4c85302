with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

first_won_opportunities as (

    select
        account_id as record_id,
        closed_date as occurred_date,
        segment,
        industry,
        region,
        channel,
        campaign,
        rep,
        team

    from opportunities
    where is_first_won_of_account

)

{{ kpi_total(
    facts='first_won_opportunities',
    dimensions=['segment', 'industry', 'region', 'channel', 'campaign', 'rep', 'team'],
    value='count(*)'
) }}
