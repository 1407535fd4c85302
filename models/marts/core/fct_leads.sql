with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

opportunity_leads as (

    select * from {{ ref('int_opportunity_leads') }}

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

responses as (

    select * from {{ ref('fct_lead_responses') }}

),

lead_opportunities as (

    select * from {{ ref('int_lead_opportunities') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

{% set milestones = ['marketing_qualified', 'sales_qualified', 'disqualified', 'converted'] -%}

-- what is dated after the as-of date has not happened yet
dated_leads as (

    select
        leads.*,
        {%- for milestone in milestones %}
        case
            when {{ reporting_date('leads.' ~ milestone ~ '_at') }} <= reporting_dates.as_of_date
                then {{ reporting_date('leads.' ~ milestone ~ '_at') }}
        end as {{ milestone }}_date,
        {%- endfor %}
        {{ reporting_date('leads.created_at') }} as created_date

    from leads
    cross join reporting_dates

),

-- one row per lead that an opportunity came from
leads_with_opportunity as (

    select distinct lead_id from opportunity_leads

),

-- one row per source that qualifies leads for sales; in others marketing's word is the last
sources_with_sales_qualification as (

    select distinct source from leads
    where sales_qualified_at is not null

),

-- one row per lead that an opportunity traces back to
lead_results as (

    select
        dated_leads.lead_id,

        bool_or(
            opportunities.is_won
            and (
                dated_leads.created_date is null
                or opportunities.closed_date >= dated_leads.created_date
            )
        ) as is_customer

    from dated_leads
    inner join lead_opportunities
        on dated_leads.lead_id = lead_opportunities.lead_id
    inner join opportunities
        on lead_opportunities.opportunity_id = opportunities.opportunity_id
    group by dated_leads.lead_id

)

select
    dated_leads.lead_id,
    dated_leads.account_id,
    dated_leads.contact_id,
    dated_leads.rep_id,

    coalesce(accounts.segment, '(unknown)') as segment,
    coalesce(accounts.industry, '(unknown)') as industry,
    coalesce(accounts.region, reps.region, '(unknown)') as region,
    {{ or_unknown('dated_leads.channel') }} as channel,
    coalesce(campaigns.campaign, '(unknown)') as campaign,
    coalesce(reps.rep, '(unknown)') as rep,
    coalesce(reps.team, '(unknown)') as team,
    case
        when dated_leads.sales_qualified_date is not null then 'Sales qualified lead'
        when dated_leads.marketing_qualified_date is not null then 'Marketing qualified lead'
        else 'Lead'
    end as stage,

    dated_leads.created_at,
    dated_leads.created_date,
    dated_leads.marketing_qualified_date,
    dated_leads.sales_qualified_date,
    dated_leads.disqualified_date,
    dated_leads.converted_date,
    case
        when sources_with_sales_qualification.source is null
            then dated_leads.marketing_qualified_date
        else dated_leads.sales_qualified_date
    end as qualified_date,

    dated_leads.converted_opportunity_id is not null
    or leads_with_opportunity.lead_id is not null as has_opportunity,
    coalesce(
        dated_leads.marketing_qualified_date,
        dated_leads.sales_qualified_date,
        dated_leads.converted_date
    ) is not null
    or lead_results.lead_id is not null as is_marketing_qualified_or_better,
    coalesce(lead_results.is_customer, false) as is_customer,

    dated_leads.lead_score,
    responses.response_minutes,
    responses.business_response_minutes

from dated_leads
left join accounts
    on dated_leads.account_id = accounts.account_id
left join reps
    on dated_leads.rep_id = reps.rep_id
left join campaigns
    on dated_leads.campaign_id = campaigns.campaign_id
left join leads_with_opportunity
    on dated_leads.lead_id = leads_with_opportunity.lead_id
left join sources_with_sales_qualification
    on dated_leads.source = sources_with_sales_qualification.source
left join lead_results
    on dated_leads.lead_id = lead_results.lead_id
left join responses
    on dated_leads.lead_id = responses.lead_id
