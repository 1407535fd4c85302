{{ stack_sources('accounts') }}
