with

calendar_days as (

    select * from {{ ref('calendar_days') }}

),

exchange_rates as (

    select
        source,
        from_currency,
        rate_date,
        exchange_rate,
        lead(rate_date) over (partition by source, from_currency order by rate_date)
            as next_rate_date

    from {{ ref('int_crm__exchange_rates') }}
    where to_currency = '{{ var('reporting_currency') }}'

)

select
    exchange_rates.source,
    exchange_rates.from_currency,
    calendar_days.calendar_date as rate_date,
    exchange_rates.exchange_rate

from exchange_rates
inner join calendar_days
    on
        exchange_rates.rate_date <= calendar_days.calendar_date
        and (
            exchange_rates.next_rate_date is null
            or exchange_rates.next_rate_date > calendar_days.calendar_date
        )
