with

exchange_rates as (

    select * from {{ newest_versions(source('crm', 'exchange_rates')) }}

)

select
    from_currency,
    to_currency,
    rate_date,
    exchange_rate

from exchange_rates
