{{ stack_sources('leads') }}
