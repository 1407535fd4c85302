-- The yardstick of the benchmark: the rows of reporting.kpi_values, computed from schema core of
-- the build file in one script, as an analyst would write it who needs the numbers once. It uses
-- none of the project's macros, and of its models only the facts.
--
-- Every insert below adds the parts of one KPI, at all grains and slices; a column that is not
-- grouped by is null. Parts of one cell that come from two facts are added up at the end. What
-- several KPIs need is in a temporary table, or taken from the parts of the one that came before.

create table parts (
    kpi varchar,
    version integer,
    -- one of the three, or the pair below them
    is_to_date boolean,
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
    technique varchar,
    activity_type varchar,
    numerator double,
    denominator double,
    -- instead of both
    median double,
    sample_size bigint
);

-- The days of every period, and once more those of earlier ones up to the day that a running period
-- has come to; of each grain there is no more than one such period for a day.
create temporary table days as
select false as is_to_date, calendar_date, week_start_date, month_start_date, quarter_start_date
from build.core.calendar_days
union all
select
    true,
    calendar_date,
    any_value(period_start_date) filter (where period_grain = 'week_to_date'),
    any_value(period_start_date) filter (where period_grain = 'month_to_date'),
    any_value(period_start_date) filter (where period_grain = 'quarter_to_date')
from build.core.period_days
where period_grain like '%to_date'
group by calendar_date;

-- Revenue

insert into parts by name
select
    'revenue' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    coalesce(sum(amount), 0) as numerator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'deals_won' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) as numerator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'average_deal_value' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    coalesce(sum(amount), 0) as numerator,
    count(*) filter (where is_largest_line) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'gross_margin' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    sum(amount - cost_amount) as numerator,
    sum(amount) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won and amount is not null and cost_amount is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'net_margin' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel,
    sum(amount - cost_amount) as numerator,
    sum(amount) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where
    is_won and amount is not null and cost_amount is not null
    and exists (from build.core.fct_commercial_cost_days)
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel);

insert into parts by name
select
    'net_margin' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel,
    -coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_commercial_cost_days
inner join days on cost_date = calendar_date
group by
    is_to_date,
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
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, channel, campaign, rep, team,
    count(*) as numerator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_first_won_of_account
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel, campaign, rep, team);

-- new in the period, so each grain has a sum of its own
insert into parts by name
select
    'new_customer_revenue_share' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
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
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel);

insert into parts by name
select
    'market_share' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    industry, region,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), industry, region);

insert into parts by name
select
    'market_share' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    industry, region,
    0 as numerator,
    coalesce(sum(amount), 0) as denominator,
    count(*) as sample_size
from build.core.fct_market_revenue_days
inner join days on market_date = calendar_date
group by
    is_to_date,
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
            quotas.plan = 'record' and quotas.kpi = 'revenue' and quotas.dimension = 'rep'
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
where quotas.plan = 'record' and quotas.kpi = 'revenue' and quotas.dimension = 'rep'
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), rep, team);

-- no revenue counts in a period that has not begun
insert into parts by name
select
    'revenue_per_rep' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team, region,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
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
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    sum(sales_cycle_days) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_won and sales_cycle_days is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'pipeline_velocity' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, region, product_category, team, rep,
    sum(sales_cycle_days) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_closed and sales_cycle_days is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, region, product_category, team, rep);

-- Money per day is worked x win rate x deal value / cycle days; each part is counted on its own.
create temporary table velocity_parts as
select
    case
        when grouping(week_start_date) = 0 then 'week'
        when grouping(month_start_date) = 0 then 'month'
        else 'quarter'
    end || if(is_to_date, '_to_date', '') as period_grain,
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
inner join days on closed_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, region, product_category, team, rep);

insert into velocity_parts by name
select
    case
        when grouping(week_start_date) = 0 then 'week'
        when grouping(month_start_date) = 0 then 'month'
        else 'quarter'
    end || if(is_to_date, '_to_date', '') as period_grain,
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
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
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
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'win_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    0 as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on created_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'win_rate' as kpi, 2 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, product_category, channel, campaign, rep, team, opportunity_type,
    count(*) filter (where is_won) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_closed
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets (
        (), segment, industry, region, product_category, channel, campaign, rep, team,
        opportunity_type
    );

insert into parts by name
select
    'stage_conversion_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    stage,
    count(*) filter (where is_advanced) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_stages
inner join days on entered_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), stage);

insert into parts by name
select
    'drop_off_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    stage, segment, channel,
    count(*) filter (where is_lost) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_closed
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), stage, segment, channel);

insert into parts by name
select
    'drop_off_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    stage, segment, channel,
    count(*) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_leads
inner join days on disqualified_date = calendar_date
where not has_opportunity
group by
    is_to_date,
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
where period_grain not like '%to_date'
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
where quotas.plan = 'record' and quotas.kpi = 'revenue' and quotas.dimension = 'rep'
group by
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), rep, team);

-- Prospecting

create temporary table created_lead_parts as
select
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    count(*) as leads,
    count(*) filter (where is_marketing_qualified_or_better) as qualified,
    count(*) filter (where is_customer) as customers,
    count(lead_score) as scored,
    sum(lead_score) as score,
    count(response_minutes) as answered,
    count(*) filter (where response_minutes <= 5) as answered_within_5,
    sum(response_minutes) as response_minutes,
    median(response_minutes) as median_minutes,
    median(business_response_minutes) as median_business_minutes
from build.core.fct_leads
inner join days on created_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign, segment, industry, region, rep, team);

insert into parts by name
select
    'leads_generated' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    leads as numerator,
    leads as sample_size
from created_lead_parts;

insert into parts by name
select
    'lead_quality' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    qualified as numerator,
    leads as denominator,
    leads as sample_size
from created_lead_parts;

insert into parts by name
select
    'lead_quality' as kpi, 2 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    score as numerator,
    scored as denominator,
    scored as sample_size
from created_lead_parts
where scored > 0;

insert into parts by name
select
    'conversion_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    customers as numerator,
    leads as denominator,
    leads as sample_size
from created_lead_parts;

insert into parts by name
select
    'lead_response_time' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, region, rep, team,
    response_minutes as numerator,
    answered as denominator,
    answered as sample_size
from created_lead_parts
where answered > 0 and segment is null and industry is null;

insert into parts by name
select
    'lead_response_time' as kpi, 2 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, region, rep, team,
    median_minutes as median,
    answered as sample_size
from created_lead_parts
where answered > 0 and segment is null and industry is null;

insert into parts by name
select
    'lead_response_time' as kpi, 3 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, region, rep, team,
    median_business_minutes as median,
    answered as sample_size
from created_lead_parts
where answered > 0 and segment is null and industry is null;

insert into parts by name
select
    'lead_answer_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, region, rep, team,
    answered as numerator,
    leads as denominator,
    leads as sample_size
from created_lead_parts
where segment is null and industry is null and exists (from build.core.fct_activities);

insert into parts by name
select
    'lead_response_within_5_minutes' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, region, rep, team,
    answered_within_5 as numerator,
    leads as denominator,
    leads as sample_size
from created_lead_parts
where segment is null and industry is null and exists (from build.core.fct_activities);

insert into parts by name
select
    'mql_to_sql_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    count(sales_qualified_date) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_leads
inner join days on marketing_qualified_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign, segment, industry, region, rep, team);

insert into parts by name
select * replace (
    'marketing_qualified_leads' as kpi, denominator as numerator, null as denominator
)
from parts
where kpi = 'mql_to_sql_rate';

insert into parts by name
select
    'qualified_lead_conversion_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign, segment, industry, region, rep, team,
    count(*) filter (where is_customer) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_leads
inner join days on qualified_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign, segment, industry, region, rep, team);

insert into parts by name
select
    'cost_per_lead' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_commercial_cost_days
inner join days on cost_date = calendar_date
where cost_type = 'marketing'
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign);

insert into parts by name
select
    'cost_per_lead' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign,
    0 as numerator,
    leads as denominator,
    leads as sample_size
from created_lead_parts
where
    segment is null and industry is null and region is null and rep is null and team is null
    and exists (from build.core.fct_commercial_cost_days where cost_type = 'marketing');

-- what only counts activities needs no more of them than their number
create temporary table activity_days as
select
    occurred_date, activity_type, region, rep, team, is_touchpoint,
    count(*) as activities
from build.core.fct_activities
group by all;

insert into parts by name
select
    'touchpoints' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    activity_type, rep, team, region,
    sum(activities) as numerator,
    sum(activities) as sample_size
from activity_days
inner join days on occurred_date = calendar_date
where is_touchpoint
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), activity_type, rep, team, region);

insert into parts by name
select
    'calls_and_meetings' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    activity_type, rep, team,
    sum(activities) as numerator,
    sum(activities) as sample_size
from activity_days
inner join days on occurred_date = calendar_date
where activity_type in ('call', 'meeting')
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), activity_type, rep, team);

insert into parts by name
select
    'activities_per_rep' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team,
    sum(activities) as numerator,
    0 as denominator,
    sum(activities) as sample_size
from activity_days
inner join days on occurred_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team);

insert into parts by name
select
    'activities_per_rep' as kpi, 1 as version,
    period_grain, period_start_date,
    team,
    0 as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.dim_reps
inner join build.core.periods
    on
        coalesce(employed_from <= as_of_date, true)
        and coalesce(employed_until >= period_start_date, true)
where exists (from activity_days)
group by
    period_grain, period_start_date,
    grouping sets ((), team);

insert into parts by name
select
    'appointment_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    activity_type, rep, team,
    count(distinct person_id) filter (where led_to_appointment) as numerator,
    count(distinct person_id) as denominator,
    count(*) as sample_size
from build.core.fct_activities
inner join days on occurred_date = calendar_date
where is_touchpoint and person_id is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), activity_type, rep, team);

insert into parts by name
select * replace ('unique_contacts' as kpi, denominator as numerator, null as denominator)
from parts
where kpi = 'appointment_rate';

insert into parts by name
select
    'time_per_lead' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    coalesce(leads.channel, '(unknown)') as channel, activities.rep, activities.team,
    coalesce(sum(duration_minutes), 0) as numerator,
    count(distinct lead_id) as denominator,
    count(*) as sample_size
from build.core.fct_activities as activities
inner join days on occurred_date = calendar_date
left join build.core.fct_leads as leads using (lead_id)
where lead_id is not null and not is_automated
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), coalesce(leads.channel, '(unknown)'), activities.rep, activities.team);

insert into parts by name
select
    'bdr_capacity' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team, rep,
    sum(maximum_leads_per_day) as numerator,
    count(*) as sample_size
from build.core.fct_rep_days
inner join days on business_date = calendar_date
where role = 'bdr' and maximum_leads_per_day is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team, rep);

insert into parts by name
select
    'ae_capacity' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team, rep,
    sum(maximum_deals_per_day) as numerator,
    count(*) as sample_size
from build.core.fct_rep_days
inner join days on business_date = calendar_date
where role = 'ae' and maximum_deals_per_day is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team, rep);

insert into parts by name
select
    'bdr_utilisation' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    count(*) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_leads
inner join days on marketing_qualified_date = calendar_date
group by is_to_date, grouping sets (week_start_date, month_start_date, quarter_start_date);

insert into parts by name
select * replace ('bdr_utilisation' as kpi, 0 as numerator, numerator as denominator)
from parts
where
    kpi = 'bdr_capacity' and team is null and rep is null
    and exists (from build.core.fct_leads);

insert into parts by name
select
    'ae_utilisation' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team,
    count(*) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where is_won
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team);

insert into parts by name
select * replace ('ae_utilisation' as kpi, 0 as numerator, numerator as denominator)
from parts
where
    kpi = 'ae_capacity' and rep is null
    and exists (from build.core.fct_opportunities);

-- Customers

create temporary table customer_parts as
select
    period_grain, period_start_date,
    segment, industry, region,
    count(*) filter (where is_active_at_start) as at_start,
    count(*) filter (where is_active_at_end) as at_end,
    count(*) filter (where is_active_at_start and is_active_at_end) as at_both
from build.core.fct_customer_periods
where is_active_at_start or is_active_at_end
group by
    period_grain, period_start_date,
    grouping sets ((), segment, industry, region);

insert into parts by name
select
    'active_customers' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, industry, region,
    at_end as numerator,
    at_end as sample_size
from customer_parts
where at_end > 0;

insert into parts by name
select
    'customer_retention_rate' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, industry, region,
    at_end as numerator,
    at_start as denominator,
    at_start + at_end - at_both as sample_size
from customer_parts;

insert into parts by name
select
    'customer_retention_rate' as kpi, 2 as version,
    period_grain, period_start_date,
    segment, industry, region,
    at_both as numerator,
    at_start as denominator,
    at_start as sample_size
from customer_parts
where at_start > 0;

insert into parts by name
select * replace ('churn_rate' as kpi, 1 as version, denominator - numerator as numerator)
from parts
where kpi = 'customer_retention_rate' and version = 2;

insert into parts by name
select
    'net_revenue_retention' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, industry, region,
    sum(end_amount) as numerator,
    sum(year_ago_amount) as denominator,
    count(*) as sample_size
from build.core.fct_account_mrr_years
group by
    period_grain, period_start_date,
    grouping sets ((), segment, industry, region);

insert into parts by name
select
    'gross_revenue_retention' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, industry, region,
    sum(least(end_amount, year_ago_amount)) as numerator,
    sum(year_ago_amount) as denominator,
    count(*) as sample_size
from build.core.fct_account_mrr_years
group by
    period_grain, period_start_date,
    grouping sets ((), segment, industry, region);

insert into parts by name
select
    'customer_satisfaction' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, channel,
    sum(score::double / scale_maximum) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_survey_responses
inner join days on responded_date = calendar_date
where survey_type = 'customer_satisfaction' and score is not null and scale_maximum > 0
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel);

insert into parts by name
select
    'customer_satisfaction' as kpi, 2 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region, channel,
    count(*) filter (where score >= scale_maximum - 1) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_survey_responses
inner join days on responded_date = calendar_date
where survey_type = 'customer_satisfaction' and score is not null and scale_maximum > 0
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region, channel);

insert into parts by name
select
    'net_promoter_score' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, industry, region,
    count(*) filter (where score >= 9) - count(*) filter (where score <= 6) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_survey_responses
inner join days on responded_date = calendar_date
where survey_type = 'net_promoter_score' and score is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, industry, region);

insert into parts by name
select
    'employee_net_promoter_score' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    team,
    count(*) filter (where score >= 9) - count(*) filter (where score <= 6) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_survey_responses
inner join days on responded_date = calendar_date
where survey_type = 'employee_net_promoter_score' and score is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), team);

insert into parts by name
with activities_of_accounts as (
    select
        case
            when grouping(week_start_date) = 0 then 'week'
            when grouping(month_start_date) = 0 then 'month'
            else 'quarter'
        end || if(is_to_date, '_to_date', '') as period_grain,
        coalesce(week_start_date, month_start_date, quarter_start_date) as period_start_date,
        account_id as customer_id,
        activity_type,
        count(*) as activities
    from build.core.fct_activities
    inner join days on occurred_date = calendar_date
    where account_id is not null
    group by
        account_id, activity_type, is_to_date,
        grouping sets (week_start_date, month_start_date, quarter_start_date)
)

select
    'customer_engagement' as kpi, 1 as version,
    period_grain, period_start_date,
    activity_type, segment, region,
    sum(activities) as numerator,
    0 as denominator,
    sum(activities) as sample_size
from activities_of_accounts
inner join build.core.fct_customer_periods using (period_grain, period_start_date, customer_id)
where is_active_in_period
group by
    period_grain, period_start_date,
    grouping sets ((), activity_type, segment, region);

insert into parts by name
select
    'customer_engagement' as kpi, 1 as version,
    period_grain, period_start_date,
    segment, region,
    0 as numerator,
    at_end as denominator,
    at_end as sample_size
from customer_parts
where at_end > 0 and industry is null and exists (from activity_days);

-- every type of activity has all customers below it
insert into parts by name
select
    'customer_engagement' as kpi, 1 as version,
    period_grain, period_start_date,
    activity_type,
    0 as numerator,
    at_end as denominator,
    at_end as sample_size
from customer_parts
cross join (
    select distinct activity_type
    from parts
    where kpi = 'customer_engagement' and activity_type is not null
)
where at_end > 0 and segment is null and industry is null and region is null;

insert into parts by name
with techniques as (
    select distinct opportunity_id, closed_date, is_won, technique
    from build.core.fct_opportunities
    inner join build.core.fct_activities using (opportunity_id)
    where is_closed and occurred_date <= closed_date and technique <> '(unknown)'
)

select
    'sales_technique_win_rate' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    technique,
    count(distinct opportunity_id) filter (where is_won) as numerator,
    count(distinct opportunity_id) as denominator,
    count(*) as sample_size
from techniques
inner join days on closed_date = calendar_date
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), technique);

insert into parts by name
select
    'sales_technique_feedback' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    technique,
    sum(score::double / scale_maximum) as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_survey_responses
inner join days on responded_date = calendar_date
where survey_type = 'sales_technique_feedback' and score is not null and scale_maximum > 0
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), technique);

-- Unit economics

insert into parts by name
select
    'customer_acquisition_cost' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, channel,
    coalesce(sum(amount), 0) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_commercial_cost_days
inner join days on cost_date = calendar_date
where cost_type in ('sales', 'marketing')
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, channel);

insert into parts by name
select
    'customer_acquisition_cost' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    segment, channel,
    0 as numerator,
    count(*) as denominator,
    count(*) as sample_size
from build.core.fct_opportunities
inner join days on closed_date = calendar_date
where
    is_first_won_of_account
    and exists (
        from build.core.fct_commercial_cost_days
        where cost_type in ('sales', 'marketing')
    )
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment, channel);

insert into parts by name
select
    'return_on_investment' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign,
    sum(amount - cost_amount) as numerator,
    0 as denominator,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where
    is_won and amount is not null and cost_amount is not null
    and exists (from build.core.fct_commercial_cost_days)
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign);

insert into parts by name
select
    'return_on_investment' as kpi, 1 as version,
    is_to_date, week_start_date, month_start_date, quarter_start_date,
    channel, campaign,
    -coalesce(sum(amount), 0) as numerator,
    coalesce(sum(amount), 0) as denominator,
    count(*) as sample_size
from build.core.fct_commercial_cost_days
inner join days on cost_date = calendar_date
where
    exists (
        from build.core.fct_opportunity_lines
        where is_won and amount is not null and cost_amount is not null
    )
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), channel, campaign);

-- All that happened up to the period's end; a total per day keeps the join with the periods small.
insert into parts by name
with daily as (
    select
        closed_date as fact_date, segment,
        sum(amount - cost_amount)::double as profit,
        0 as customers,
        count(*) as facts
    from build.core.fct_opportunity_lines
    where
        is_won and account_id is not null and amount is not null and cost_amount is not null
    group by all
    union all
    select
        cost_date, segment,
        -sum(amount)::double,
        0,
        count(*)
    from build.core.fct_commercial_cost_days
    where cost_type = 'service'
    group by all
    union all
    select
        closed_date, segment,
        0,
        count(*),
        count(*)
    from build.core.fct_opportunities
    where is_first_won_of_account
    group by all
)

select
    'lifetime_value' as kpi, 1 as version,
    period_grain, period_start_date,
    segment,
    coalesce(sum(profit), 0) as numerator,
    sum(customers) as denominator,
    sum(facts) as sample_size
from daily
inner join build.core.periods on fact_date <= as_of_date
where
    exists (from build.core.fct_commercial_cost_days)
    and exists (
        from build.core.fct_opportunity_lines
        where
            is_won and account_id is not null and amount is not null and cost_amount is not null
    )
group by
    period_grain, period_start_date,
    grouping sets ((), segment);

-- A lifetime value is revenue per customer x margin ÷ churn; each part is counted on its own.
create temporary table value_parts as
select
    case
        when grouping(week_start_date) = 0 then 'week'
        when grouping(month_start_date) = 0 then 'month'
        else 'quarter'
    end || if(is_to_date, '_to_date', '') as period_grain,
    coalesce(week_start_date, month_start_date, quarter_start_date) as period_start_date,
    segment,
    coalesce(sum(amount), 0)::double as revenue,
    coalesce(sum(amount) filter (where cost_amount is not null), 0)::double as costed_revenue,
    coalesce(sum(amount - cost_amount), 0)::double as profit,
    0 as at_start,
    0 as at_end,
    0 as churned,
    0::double as cost,
    0 as new_customers,
    count(*) as sample_size
from build.core.fct_opportunity_lines
inner join days on closed_date = calendar_date
where is_won and account_id is not null
group by
    is_to_date,
    grouping sets (week_start_date, month_start_date, quarter_start_date),
    grouping sets ((), segment);

insert into value_parts by name
select
    period_grain, period_start_date,
    segment,
    0 as revenue,
    0 as costed_revenue,
    0 as profit,
    at_start,
    at_end,
    at_start - at_both as churned,
    0 as cost,
    0 as new_customers,
    at_start + at_end - at_both as sample_size
from customer_parts
where industry is null and region is null;

insert into parts by name
select
    'lifetime_value' as kpi, 2 as version,
    period_grain, period_start_date,
    segment,
    if(sum(at_start) > 0, coalesce(
        sum(revenue) * sum(profit) / nullif(sum(costed_revenue), 0) / nullif(sum(at_end), 0), 0
    ), 0) as numerator,
    if(
        sum(costed_revenue) <> 0 and sum(at_end) > 0 and sum(at_start) > 0,
        sum(churned) / sum(at_start), 0
    ) as denominator,
    sum(sample_size) as sample_size
from value_parts
group by all;

insert into value_parts by name
select
    case
        when week_start_date is not null then 'week'
        when month_start_date is not null then 'month'
        else 'quarter'
    end || if(is_to_date, '_to_date', '') as period_grain,
    coalesce(week_start_date, month_start_date, quarter_start_date) as period_start_date,
    segment,
    0 as revenue,
    0 as costed_revenue,
    0 as profit,
    0 as at_start,
    0 as at_end,
    0 as churned,
    numerator as cost,
    denominator as new_customers,
    sample_size
from parts
where kpi = 'customer_acquisition_cost' and channel is null;

insert into parts by name
select
    'ltv_to_cac' as kpi, 1 as version,
    period_grain, period_start_date,
    segment,
    coalesce(
        sum(revenue) * sum(profit) / nullif(sum(costed_revenue), 0) / nullif(sum(at_end), 0)
        * sum(at_start) * sum(new_customers),
        0
    ) as numerator,
    if(
        sum(costed_revenue) <> 0 and sum(at_end) > 0 and sum(new_customers) > 0,
        sum(churned) * sum(cost), 0
    ) as denominator,
    sum(sample_size) as sample_size
from value_parts
group by all;

insert into parts by name
select * replace ('magic_number' as kpi, 12 * numerator as numerator, 0 as denominator)
from parts
where
    kpi = 'net_new_mrr' and movement is null
    and exists (
        from build.core.fct_commercial_cost_days
        where cost_type in ('sales', 'marketing')
    );

-- what was spent in the period before
insert into parts by name
with daily as (
    select cost_date, sum(amount) as amount, count(*) as facts
    from build.core.fct_commercial_cost_days
    where cost_type in ('sales', 'marketing')
    group by all
)

select
    'magic_number' as kpi, 1 as version,
    following.period_grain, following.period_start_date,
    0 as numerator,
    coalesce(sum(amount), 0) as denominator,
    sum(facts) as sample_size
from daily
inner join build.core.periods as spent
    on cost_date between spent.period_start_date and spent.period_end_date
inner join build.core.periods as following
    on spent.next_period_start_date = following.period_start_date
    and spent.period_grain = replace(following.period_grain, '_to_date', '')
where exists (from build.core.fct_subscriptions)
group by all;

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
        end || if(is_to_date, '_to_date', '') as grain,
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
            when technique is not null then 'technique'
            when activity_type is not null then 'activity_type'
            else 'total'
        end as dimension,
        coalesce(
            segment, industry, region, product_category, channel, campaign, rep, team,
            opportunity_type, stage, movement, technique, activity_type, '(all)'
        ) as dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        max(median) as median,
        sum(sample_size) as sample_size
    from parts
    where
        coalesce(week_start_date, month_start_date, quarter_start_date, period_start_date)
        is not null
    group by all
),

kpis as (
    select kpi, version, grain, min(start_date) as first_start_date
    from cells
    where grain not like '%to_date'
    group by all
    having max(abs(denominator)) > 0 or count(denominator) = 0
),

slices as (
    select
        kpi, version, dimension, dimension_value,
        count(denominator) > 0 as is_ratio,
        count(median) > 0 as is_median,
        if(kpi in ('net_promoter_score', 'employee_net_promoter_score'), 100, 1) as factor
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
    if(is_median, null, coalesce(cells.numerator, 0)) as numerator,
    if(is_ratio, coalesce(cells.denominator, 0), null) as denominator,
    coalesce(cells.sample_size, 0) as sample_size,
    case
        when is_ratio then factor * cells.numerator / nullif(cells.denominator, 0)
        when is_median then cells.median
        else coalesce(cells.numerator, 0)
    end as kpi_value
from kpis
inner join build.core.periods
    on
        kpis.grain = replace(periods.period_grain, '_to_date', '')
        and periods.period_start_date >= kpis.first_start_date
inner join slices using (kpi, version)
left join cells
    on
        cells.kpi = kpis.kpi
        and cells.version = kpis.version
        and cells.grain = periods.period_grain
        and cells.start_date = periods.period_start_date
        and cells.dimension = slices.dimension
        and cells.dimension_value = slices.dimension_value
-- a running period has the quota of all its days
where
    kpis.kpi not in ('quota_attainment', 'pipeline_coverage')
    or periods.period_grain not like '%to_date';
