{{ stack_sources('opportunities') }}
