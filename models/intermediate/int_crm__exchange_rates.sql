{{ stack_sources('exchange_rates') }}
