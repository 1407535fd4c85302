with

opportunities as (

    select * from {{ ref('int_crm__opportunities') }}

),

leads as (

    select * from {{ ref('int_crm__leads') }}

),

opportunity_stages as (

    select * from {{ ref('int_crm__opportunity_stages') }}

),

activities as (

    select * from {{ ref('int_crm__activities') }}

),

subscriptions as (

    select * from {{ ref('int_crm__subscriptions') }}

),

survey_responses as (

    select * from {{ ref('int_crm__survey_responses') }}

),

commercial_costs as (

    select * from {{ ref('int_crm__commercial_costs') }}

),

targets as (

    select * from {{ ref('int_crm__targets') }}

),

market_revenue as (

    select * from {{ ref('int_crm__market_revenue') }}

),

files as (

    select * from {{ ref('stg_landing__files') }}

),

-- one row per kind of event: something that happened
events as (

    -- noqa: disable=LT09,LT14
    select min(created_at) as first_at, max(created_at) as last_at from opportunities
    union all
    select min(closed_at), max(closed_at) from opportunities where status in ('won', 'lost')
    union all
    select min(created_at), max(created_at) from leads
    union all
    select min(marketing_qualified_at), max(marketing_qualified_at) from leads
    union all
    select min(sales_qualified_at), max(sales_qualified_at) from leads
    union all
    select min(disqualified_at), max(disqualified_at) from leads
    union all
    select min(converted_at), max(converted_at) from leads
    union all
    select min(entered_at), max(entered_at) from opportunity_stages
    union all
    select min(occurred_at), max(occurred_at) from activities
    union all
    select min(responded_at), max(responded_at) from survey_responses
    -- noqa: enable=LT09,LT14

),

subscription_starts as (

    select
        min(started_on) as first_date,
        max(started_on) as last_date

    from subscriptions

),

-- one row per kind of plan or allocation: its dates say nothing about what has happened
plans as (

    select min(started_on) as first_date from commercial_costs
    union all
    select min(period_start_date) from targets
    union all
    select min(started_on) from market_revenue

),

newest_event as (

    select max(last_date) as newest_date

    from (
        select max({{ reporting_date('last_at') }}) as last_date from events
        union all
        select last_date from subscription_starts
    ) as last_dates

),

today as (

    select max({{ reporting_date('landed_at') }}) as landed_date from files

),

first_date as (

    select min(first_date) as first_date

    from (
        select min({{ reporting_date('first_at') }}) as first_date from events
        union all
        select first_date from subscription_starts
        union all
        select min(first_date) from plans
    ) as first_dates

)

select
    first_date.first_date,
    {%- if var('as_of_date') %}
    cast('{{ var('as_of_date') }}' as date) as as_of_date
    {%- else %}
    least(newest_event.newest_date, coalesce(today.landed_date, newest_event.newest_date))
        as as_of_date
    {%- endif %}

from newest_event
cross join today
cross join first_date
