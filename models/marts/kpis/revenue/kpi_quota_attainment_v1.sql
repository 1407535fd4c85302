with

opportunity_lines as (

    select * from {{ ref('fct_opportunity_lines') }}

),

target_days as (

    select * from {{ ref('fct_target_days') }}

),

quota_days as (

    select
        target_id as record_id,
        target_date as occurred_date,
        0 as revenue,
        target_value as quota,
        rep_id,
        rep,
        team

    from target_days
    where plan = 'record' and kpi = 'revenue' and dimension = 'rep'

),

-- one row per rep and day with a quota
carriers as (

    select distinct
        rep_id,
        occurred_date

    from quota_days

),

revenue_and_quota as (

    select
        opportunity_lines.opportunity_line_id as record_id,
        opportunity_lines.closed_date as occurred_date,
        opportunity_lines.amount as revenue,
        0 as quota,
        opportunity_lines.rep_id,
        opportunity_lines.rep,
        opportunity_lines.team

    from opportunity_lines
    inner join carriers
        on
            opportunity_lines.rep_id = carriers.rep_id
            and opportunity_lines.closed_date = carriers.occurred_date
    where opportunity_lines.is_won

    union all

    select * from quota_days

)

-- the quota of a running period is that of all its days
{{ kpi_ratio(
    facts='revenue_and_quota',
    dimensions=['rep', 'team'],
    numerator='sum(revenue)',
    denominator='sum(quota)',
    to_date=false
) }}
