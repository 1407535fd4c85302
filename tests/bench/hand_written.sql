-- The yardstick of the benchmark: the rows of reporting.kpi_values, computed from schema core of
-- the build file in one script, as an analyst would write it who needs the numbers once. It uses
-- none of the project's macros, and of its models only the facts.
--
-- Every statement below adds the parts of one KPI, at all grains and slices; a column that is not
-- grouped by is null. Parts of one cell that come from two facts are added up at the end.

create table parts (
    kpi varchar,
    version integer,
    -- one of the three, or the pair below them
    week_start_date date,
    month_start_date date,
    quarter_start_date date,
    period_grain varchar,
    period_start_date date,
    -- at most one
    segment varchar,
    industry varchar,
    region varchar,
    product_category varchar,
    channel varchar,
    campaign varchar,
    rep varchar,
    team varchar,
    opportunity_type varchar,
    stage varchar,
    movement varchar,
    numerator double,
    denominator double,
    sample_size bigint
);

-- Revenue

insert into parts by name
select
    'revenue' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    coalesce(sum(amount), 0) as numerator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'deals_won' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) as numerator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'average_deal_value' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    coalesce(sum(amount), 0) as numerator,
    count(*) filter (where is_largest_line) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'gross_margin' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    sum(amount - cost_amount) as numerator,
    sum(amount) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won and amount is not null and cost_amount is not null
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'net_margin' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    channel,
    sum(amount - cost_amount) as numerator,
    sum(amount) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where
    is_won and amount is not null and cost_amount is not null
    and exists (from build.core.fct_commercial_cost_days)
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel);

insert into parts by name
select
    'net_margin' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    channel,
    -coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_commercial_cost_days
inner join build.core.calendar_days on cost_date = calendar_date
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel);

insert into parts by name
select
    'monthly_recurring_revenue' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, industry, region, product_category,
    coalesce(sum(monthly_recurring_revenue), 0) as numerator,
    count(*) as sample_size
from build.core.fct_subscriptions
inner join build.core.periods
    on started_date <= as_of_date and coalesce(ended_date, 'infinity') > as_of_date
group by
    period_grain, period_start_date,
    grouping sets ((), segment, industry, region, product_category);

insert into parts by name
select
    'net_new_mrr' as kpi, 1 as version,
    period_grain, period_start_date,
    movement,
    sum(change_amount) as numerator,
    count(*) as sample_size
from build.core.fct_account_mrr_changes
group by
    period_grain, period_start_date,
    grouping sets ((), movement);

insert into parts by name
select
    'new_customers' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, channel, campaign, rep, team,
    count(*) as numerator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_first_won_of_account
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel, campaign, rep, team);

-- new in the period, so each grain has a sum of its own
insert into parts by name
select
    'new_customer_revenue_share' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, channel,
    coalesce(case
        when grouping(week_start_date) = 0
            then sum(amount) filter (where customer_since_date >= week_start_date)
        when grouping(month_start_date) = 0
            then sum(amount) filter (where customer_since_date >= month_start_date)
        else sum(amount) filter (where customer_since_date >= quarter_start_date)
    end, 0) as numerator,
    coalesce(sum(amount), 0) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel);

insert into parts by name
select
    'market_share' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    industry, region,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), industry, region);

insert into parts by name
select
    'market_share' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    industry, region,
    0 as numerator,
    coalesce(sum(amount), 0) as denominator,
    count(*) as sample_size
from build.core.fct_market_revenue_days
inner join build.core.calendar_days on market_date = calendar_date
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), industry, region);

insert into parts by name
select
    'quota_attainment' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    rep, team,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines as lines
inner join build.core.calendar_days on closed_date = calendar_date
where
    is_won
    and exists (
        from build.core.fct_target_days as quotas
        where
            quotas.kpi = 'revenue' and quotas.dimension = 'rep'
            and quotas.rep_id = lines.rep_id and quotas.target_date = lines.closed_date
    )
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), rep, team);

insert into parts by name
select
    'quota_attainment' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    rep, team,
    0 as numerator,
    coalesce(sum(target_value), 0) as denominator,
    count(*) as sample_size
from build.core.fct_target_days as quotas
inner join build.core.calendar_days on target_date = calendar_date
where quotas.kpi = 'revenue' and quotas.dimension = 'rep'
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), rep, team);

-- no revenue counts in a period that has not begun
insert into parts by name
select
    'revenue_per_rep' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    team, region,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team, region);

insert into parts by name
select
    'revenue_per_rep' as kpi, 1 as version,
    period_grain, period_start_date,
    team, region,
    0 as numerator,
    count(*) as denominator,
    count(*) as sample_size
from (
    select team, employed_from, employed_until, coalesce(region, '(unknown)') as region
    from build.core.dim_reps
    where role in ('ae', 'am')
)
inner join build.core.periods
    on
        coalesce(employed_from <= as_of_date, true)
        and coalesce(employed_until >= period_start_date, true)
group by
    period_grain, period_start_date,
    grouping sets ((), team, region);

-- Pipeline

insert into parts by name
select
    'sales_cycle_days' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    sum(sales_cycle_days) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_won and sales_cycle_days is not null
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'pipeline_velocity' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, region, product_category, team, rep,
    sum(sales_cycle_days) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_closed and sales_cycle_days is not null
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, region, product_category, team, rep);

-- Money per day is worked x win rate x deal value / cycle days; each part is counted on its own.
create temporary table velocity_parts as
select
    case
        when grouping(week_start_date) = 0 then 'week'
        when grouping(month_start_date) = 0 then 'month'
        else 'quarter'
    end as period_grain,
    coalesce(week_start_date, month_start_date, quarter_start_date) as period_start_date,
    segment, region, product_category, team, rep,
    0 as worked,
    count(*) as closed,
    count(*) filter (where is_won) as won,
    count(*) filter (where is_won and sales_cycle_days is not null) as cycles,
    coalesce(sum(sales_cycle_days) filter (where is_won), 0) as cycle_days,
    0::double as revenue,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, region, product_category, team, rep);

insert into velocity_parts by name
select
    case
        when grouping(week_start_date) = 0 then 'week'
        when grouping(month_start_date) = 0 then 'month'
        else 'quarter'
    end as period_grain,
    coalesce(week_start_date, month_start_date, quarter_start_date) as period_start_date,
    segment, region, product_category, team, rep,
    0 as worked,
    0 as closed,
    0 as won,
    0 as cycles,
    0 as cycle_days,
    coalesce(sum(amount), 0) as revenue,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, region, product_category, team, rep);

insert into velocity_parts by name
select
    period_grain, period_start_date,
    segment, region, product_category, team, rep,
    count(*) as worked,
    0 as closed,
    0 as won,
    0 as cycles,
    0 as cycle_days,
    0 as revenue,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.periods
    on
        created_date <= as_of_date
        and greatest(coalesce(closed_date, 'infinity'), created_date) >= period_start_date
group by
    period_grain, period_start_date,
    grouping sets ((), segment, region, product_category, team, rep);

insert into parts by name
select
    'pipeline_velocity' as kpi, 2 as version,
    period_grain, period_start_date,
    segment, region, product_category, team, rep,
    if(sum(won) > 0, sum(revenue) * sum(worked) / sum(closed), 0) as numerator,
    coalesce(sum(cycle_days) / nullif(sum(cycles), 0), 0) as denominator,
    sum(sample_size) as sample_size
from velocity_parts
group by all;

insert into parts by name
select
    'win_rate' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_won
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'win_rate' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    0 as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on created_date = calendar_date
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'win_rate' as kpi, 2 as version,
    week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) filter (where is_won) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_closed
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'stage_conversion_rate' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    stage,
    count(*) filter (where is_advanced) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_stages
inner join build.core.calendar_days on entered_date = calendar_date
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), stage);

insert into parts by name
select
    'drop_off_rate' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    stage, segment, channel,
    count(*) filter (where is_lost) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.calendar_days on closed_date = calendar_date
where is_closed
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), stage, segment, channel);

insert into parts by name
select
    'drop_off_rate' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    stage, segment, channel,
    count(*) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_leads
inner join build.core.calendar_days on disqualified_date = calendar_date
where not has_opportunity
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), stage, segment, channel);

insert into parts by name
select
    'open_pipeline_value' as kpi, 1 as version,
    period_grain, period_start_date,
    stage, segment, region, rep, team,
    coalesce(sum(pipeline_amount), 0) as numerator,
    count(*) as sample_size
from build.core.fct_open_pipeline
inner join build.core.periods
    on started_date <= as_of_date and coalesce(ended_date, 'infinity') > as_of_date
group by
    period_grain, period_start_date,
    grouping sets ((), stage, segment, region, rep, team);

insert into parts by name
select
    'pipeline_coverage' as kpi, 1 as version,
    period_grain, period_start_date,
    rep, team,
    coalesce(sum(pipeline_amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join build.core.periods
    on
        created_date < period_start_date
        and coalesce(closed_date, 'infinity') >= period_start_date
group by
    period_grain, period_start_date,
    grouping sets ((), rep, team);

insert into parts by name
select
    'pipeline_coverage' as kpi, 1 as version,
    week_start_date, month_start_date, quarter_start_date,
    rep, team,
    0 as numerator,
    coalesce(sum(target_value), 0) as denominator,
    count(*) as sample_size
from build.core.fct_target_days as quotas
inner join build.core.calendar_days on target_date = calendar_date
where quotas.kpi = 'revenue' and quotas.dimension = 'rep'
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), rep, team);

-- One row per KPI, period since its first and slice, whether or not anything happened in it.

create table kpi_values as
with cells as (
    select
        kpi,
        version,
        case
            when week_start_date is not null then 'week'
            when month_start_date is not null then 'month'
            when quarter_start_date is not null then 'quarter'
            else period_grain
        end as grain,
        coalesce(week_start_date, month_start_date, quarter_start_date, period_start_date)
            as start_date,
        case
            when segment is not null then 'segment'
            when industry is not null then 'industry'
            when region is not null then 'region'
            when product_category is not null then 'product_category'
            when channel is not null then 'channel'
            when campaign is not null then 'campaign'
            when rep is not null then 'rep'
            when team is not null then 'team'
            when opportunity_type is not null then 'opportunity_type'
            when stage is not null then 'stage'
            when movement is not null then 'movement'
            else 'total'
        end as dimension,
        coalesce(
            segment, industry, region, product_category, channel, campaign, rep, team,
            opportunity_type, stage, movement, '(all)'
        ) as dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size
    from parts
    group by all
),

kpis as (
    select kpi, version, grain, min(start_date) as first_start_date
    from cells
    group by all
    having max(abs(denominator)) > 0 or count(denominator) = 0
),

slices as (
    select kpi, version, dimension, dimension_value, count(denominator) > 0 as is_ratio
    from cells
    group by all
)

select
    kpis.kpi,
    kpis.version,
    periods.period_grain,
    periods.period_start_date,
    periods.period_end_date,
    periods.is_complete,
    slices.dimension,
    slices.dimension_value,
    coalesce(cells.numerator, 0) as numerator,
    if(is_ratio, coalesce(cells.denominator, 0), null) as denominator,
    coalesce(cells.sample_size, 0) as sample_size,
    if(is_ratio, cells.numerator / nullif(cells.denominator, 0), coalesce(cells.numerator, 0))
        as kpi_value
from kpis
inner join build.core.periods
    on kpis.grain = periods.period_grain and periods.period_start_date >= kpis.first_start_date
inner join slices using (kpi, version)
left join cells
    on
        cells.kpi = kpis.kpi
        and cells.version = kpis.version
        and cells.grain = periods.period_grain
        and cells.start_date = periods.period_start_date
        and cells.dimension = slices.dimension
        and cells.dimension_value = slices.dimension_value;
