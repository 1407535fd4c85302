with

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

market_revenue as (

    select
        *,
        greatest(coalesce(ended_on, started_on), started_on) as last_date

    from {{ ref('int_crm__market_revenue') }}

),

exchange_rates as (

    select * from {{ ref('fct_exchange_rate_days') }}

),

converted_market_revenue as (

    select
        market_revenue.market_revenue_id,
        {{ or_unknown('market_revenue.industry') }} as industry,
        {{ or_unknown('market_revenue.region') }} as region,
        market_revenue.started_on as first_date,
        market_revenue.last_date,
        {{ in_reporting_currency(
            'market_revenue.amount', 'market_revenue.currency', 'exchange_rates.exchange_rate'
        ) }} as amount

    from market_revenue
    left join exchange_rates
        on
            market_revenue.source = exchange_rates.source
            and market_revenue.currency = exchange_rates.from_currency
            and market_revenue.started_on = exchange_rates.rate_date

)

select
    converted_market_revenue.market_revenue_id,
    calendar_days.calendar_date as market_date,
    converted_market_revenue.industry,
    converted_market_revenue.region,
    {{ spread_over_days(
        'converted_market_revenue.amount',
        'converted_market_revenue.first_date',
        'converted_market_revenue.last_date'
    ) }} as amount

from converted_market_revenue
inner join calendar_days
    on
        calendar_days.calendar_date
        between converted_market_revenue.first_date and converted_market_revenue.last_date
inner join reporting_dates
    on calendar_days.calendar_date <= reporting_dates.as_of_date
