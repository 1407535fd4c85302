with

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

commercial_costs as (

    select
        *,
        greatest(coalesce(ended_on, started_on), started_on) as last_date

    from {{ ref('int_crm__commercial_costs') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

),

converted_costs as (

    select
        commercial_costs.commercial_cost_id,
        commercial_costs.cost_type,
        coalesce(nullif(commercial_costs.channel, ''), campaigns.channel, '(unknown)') as channel,
        coalesce(campaigns.campaign, '(unknown)') as campaign,
        {{ or_unknown('commercial_costs.segment') }} as segment,
        commercial_costs.started_on as first_date,
        commercial_costs.last_date,
        {{ in_reporting_currency(
            'commercial_costs.amount', 'commercial_costs.currency', 'exchange_rates.exchange_rate'
        ) }} as amount

    from commercial_costs
    left join campaigns
        on commercial_costs.campaign_id = campaigns.campaign_id
    left join exchange_rates
        on
            commercial_costs.source = exchange_rates.source
            and commercial_costs.currency = exchange_rates.from_currency
            and commercial_costs.started_on = exchange_rates.rate_date

)

select
    converted_costs.commercial_cost_id,
    calendar_days.calendar_date as cost_date,
    converted_costs.cost_type,
    converted_costs.channel,
    converted_costs.campaign,
    converted_costs.segment,
    {{ spread_over_days(
        'converted_costs.amount', 'converted_costs.first_date', 'converted_costs.last_date'
    ) }} as amount

from converted_costs
inner join calendar_days
    on calendar_days.calendar_date between converted_costs.first_date and converted_costs.last_date
inner join reporting_dates
    on calendar_days.calendar_date <= reporting_dates.as_of_date
