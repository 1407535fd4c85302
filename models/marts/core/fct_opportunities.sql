with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

opportunity_leads as (

    select * from {{ ref('int_opportunity_leads') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

opportunity_lines as (

    select * from {{ ref('int_opportunity_lines') }}

),

largest_lines as (

    select * from {{ ref('int_opportunity_largest_lines') }}

),

first_contacts as (

    select * from {{ ref('int_opportunity_first_contacts') }}

),

last_stages as (

    select * from {{ ref('int_opportunity_stage_entries') }}
    where is_last

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

),

-- what is dated after the as-of date has not happened yet
dated_opportunities as (

    select
        opportunities.*,
        {{ reporting_date('opportunities.created_at') }} as created_date,
        case
            when
                opportunities.status in ('won', 'lost')
                and {{ reporting_date('opportunities.closed_at') }} <= reporting_dates.as_of_date
                then {{ reporting_date('opportunities.closed_at') }}
        end as closed_date

    from opportunities
    cross join reporting_dates

),

line_totals as (

    select
        opportunity_id,

        cast(sum(amount) as decimal(18, 4)) as amount

    from opportunity_lines
    group by opportunity_id

),

joined as (

    select
        dated_opportunities.opportunity_id,
        dated_opportunities.account_id,
        opportunity_leads.lead_id,
        dated_opportunities.rep_id,

        coalesce(accounts.segment, '(unknown)') as segment,
        coalesce(accounts.industry, '(unknown)') as industry,
        coalesce(accounts.region, reps.region, '(unknown)') as region,
        coalesce(products.product_category, '(unknown)') as product_category,
        coalesce(
            nullif(dated_opportunities.channel, ''), nullif(leads.channel, ''), '(unknown)'
        ) as channel,
        coalesce(campaigns.campaign, lead_campaigns.campaign, '(unknown)') as campaign,
        coalesce(reps.rep, '(unknown)') as rep,
        coalesce(reps.team, '(unknown)') as team,
        {{ or_unknown('dated_opportunities.opportunity_type') }} as opportunity_type,
        coalesce(
            last_stages.stage, nullif(dated_opportunities.stage, ''), '(unknown)'
        ) as stage,

        dated_opportunities.created_date,
        dated_opportunities.closed_date,
        first_contacts.first_contact_date,

        dated_opportunities.closed_date is not null as is_closed,
        dated_opportunities.closed_date is not null
        and dated_opportunities.status = 'won' as is_won,
        dated_opportunities.closed_date is not null
        and dated_opportunities.status = 'lost' as is_lost,

        {{ in_reporting_currency(
            'coalesce(dated_opportunities.amount, line_totals.amount)',
            'dated_opportunities.currency',
            'exchange_rates.exchange_rate'
        ) }} as pipeline_amount

    from dated_opportunities
    left join opportunity_leads
        on dated_opportunities.opportunity_id = opportunity_leads.opportunity_id
    left join leads
        on opportunity_leads.lead_id = leads.lead_id
    left join accounts
        on dated_opportunities.account_id = accounts.account_id
    left join reps
        on dated_opportunities.rep_id = reps.rep_id
    left join campaigns
        on dated_opportunities.campaign_id = campaigns.campaign_id
    left join campaigns as lead_campaigns
        on leads.campaign_id = lead_campaigns.campaign_id
    left join largest_lines
        on dated_opportunities.opportunity_id = largest_lines.opportunity_id
    left join products
        on largest_lines.product_id = products.product_id
    left join line_totals
        on dated_opportunities.opportunity_id = line_totals.opportunity_id
    left join first_contacts
        on dated_opportunities.opportunity_id = first_contacts.opportunity_id
    left join last_stages
        on dated_opportunities.opportunity_id = last_stages.opportunity_id
    left join exchange_rates
        on
            dated_opportunities.source = exchange_rates.source
            and dated_opportunities.currency = exchange_rates.from_currency
            and dated_opportunities.created_date = exchange_rates.rate_date

)

select
    opportunity_id,
    account_id,
    lead_id,
    rep_id,

    segment,
    industry,
    region,
    product_category,
    channel,
    campaign,
    rep,
    team,
    opportunity_type,
    stage,

    created_date,
    closed_date,
    first_contact_date,

    is_closed,
    is_won,
    is_lost,
    -- the deal that made the account a customer
    is_won and account_id is not null and row_number() over (
        partition by account_id, is_won
        order by closed_date asc nulls last, opportunity_id asc
    ) = 1 as is_first_won_of_account,

    pipeline_amount,
    -- a deal that was entered after it closed had its first contact no later than its close
    case
        when first_contact_date is not null and closed_date is not null
            then greatest({{ days_between('first_contact_date', 'closed_date') }}, 0)
    end as sales_cycle_days

from joined
