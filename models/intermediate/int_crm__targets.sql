{{ stack_sources('targets') }}
