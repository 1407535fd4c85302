{{ stack_sources('activities') }}
