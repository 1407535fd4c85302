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
        ) as recency_rank

    from targets
    cross join reporting_dates
    where
        targets.valid_from is null
        or targets.valid_from <= reporting_dates.as_of_date

),

-- the plan of record: one row per target, as it was set last
converted_targets as (

    select
        ranked_targets.*,
        case
            when ranked_targets.dimension = 'rep'
                then {{ dbt.concat([
                    'ranked_targets.source', "':'", 'ranked_targets.dimension_value'
                ]) }}
        end as rep_id,
        {{ in_reporting_currency(
            'ranked_targets.target_value',
            'ranked_targets.currency',
            'exchange_rates.exchange_rate'
        ) }} as converted_value

    from ranked_targets
    left join exchange_rates
        on
            ranked_targets.source = exchange_rates.source
            and ranked_targets.currency = exchange_rates.from_currency
            and ranked_targets.period_start_date = exchange_rates.rate_date
    where ranked_targets.recency_rank = 1

),

-- where targets of two grains cover a day, the finer one counts
ranked_target_days as (

    select
        converted_targets.*,
        calendar_days.calendar_date,
        rank() over (
            partition by
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
    ranked_target_days.calendar_date as target_date,
    ranked_target_days.kpi,
    ranked_target_days.dimension,
    ranked_target_days.dimension_value,
    ranked_target_days.rep_id,
    coalesce(reps.rep, '(unknown)') as rep,
    coalesce(reps.team, '(unknown)') as team,
    {{ spread_over_days(
        'ranked_target_days.converted_value',
        'ranked_target_days.period_start_date',
        'ranked_target_days.period_end_date'
    ) }} as target_value

from ranked_target_days
left join reps
    on ranked_target_days.rep_id = reps.rep_id
where ranked_target_days.fineness_rank = 1
