with

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

targets as (

    select
        *,
        case period_grain
            when 'week' then 1
            when 'month' then 2
            when 'quarter' then 3
            when 'year' then 4
        end as coarseness,
        case period_grain
            when 'week' then {{ add_days('period_start_date', 6) }}
            when 'month' then {{ add_days(add_months('period_start_date', 1), -1) }}
            when 'quarter' then {{ add_days(add_months('period_start_date', 3), -1) }}
            when 'year' then {{ add_days(add_months('period_start_date', 12), -1) }}
        end as period_end_date

    from {{ ref('int_crm__targets') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

ranked_targets as (

    select
        targets.*,
        row_number() over (
            partition by
                targets.source,
                targets.kpi,
                targets.dimension,
                targets.dimension_value,
                targets.period_grain,
                targets.period_start_date
            order by targets.valid_from desc nulls last, targets.target_id desc
        ) as rank_from_newest,
        row_number() over (
            partition by
                targets.source,
                targets.kpi,
                targets.dimension,
                targets.dimension_value,
                targets.period_grain,
                targets.period_start_date
            order by targets.valid_from asc nulls first, targets.target_id asc
        ) as rank_from_oldest

    from targets
    cross join reporting_dates
    where
        targets.valid_from is null
        or targets.valid_from <= reporting_dates.as_of_date

),

-- one row per target as it was set last, and one as it was set first
planned_targets as (

    select
        *,
        'record' as plan

    from ranked_targets
    where rank_from_newest = 1

    union all

    select
        *,
        'original' as plan

    from ranked_targets
    where rank_from_oldest = 1

),

converted_targets as (

    select
        planned_targets.*,
        {{ dbt.concat(['planned_targets.source', "':'", 'planned_targets.dimension_value']) }}
            as slice_id,
        {{ in_reporting_currency(
            'planned_targets.target_value',
            'planned_targets.currency',
            'exchange_rates.exchange_rate'
        ) }} as converted_value

    from planned_targets
    left join exchange_rates
        on
            planned_targets.source = exchange_rates.source
            and planned_targets.currency = exchange_rates.from_currency
            and planned_targets.period_start_date = exchange_rates.rate_date

),

-- where targets of two grains cover a day, the finer one counts
ranked_target_days as (

    select
        converted_targets.*,
        calendar_days.calendar_date,
        rank() over (
            partition by
                converted_targets.plan,
                converted_targets.source,
                converted_targets.kpi,
                converted_targets.dimension,
                converted_targets.dimension_value,
                calendar_days.calendar_date
            order by converted_targets.coarseness
        ) as fineness_rank

    from converted_targets
    inner join calendar_days
        on
            calendar_days.calendar_date
            between converted_targets.period_start_date and converted_targets.period_end_date

)

select
    ranked_target_days.target_id,
    ranked_target_days.plan,
    ranked_target_days.calendar_date as target_date,
    ranked_target_days.kpi,
    ranked_target_days.dimension,
    case ranked_target_days.dimension
        when 'total' then '(all)'
        when 'rep' then coalesce(reps.rep, '(unknown)')
        when 'campaign' then coalesce(campaigns.campaign, '(unknown)')
        else {{ or_unknown('ranked_target_days.dimension_value') }}
    end as dimension_value,
    case
        when ranked_target_days.dimension = 'rep' then ranked_target_days.slice_id
    end as rep_id,
    coalesce(reps.rep, '(unknown)') as rep,
    coalesce(reps.team, '(unknown)') as team,
    ranked_target_days.converted_value as period_target_value,
    {{ spread_over_days(
        'ranked_target_days.converted_value',
        'ranked_target_days.period_start_date',
        'ranked_target_days.period_end_date'
    ) }} as target_value

from ranked_target_days
left join reps
    on ranked_target_days.dimension = 'rep' and ranked_target_days.slice_id = reps.rep_id
left join campaigns
    on
        ranked_target_days.dimension = 'campaign'
        and ranked_target_days.slice_id = campaigns.campaign_id
where ranked_target_days.fineness_rank = 1
