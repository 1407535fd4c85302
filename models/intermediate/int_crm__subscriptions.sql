{{ stack_sources('subscriptions') }}
