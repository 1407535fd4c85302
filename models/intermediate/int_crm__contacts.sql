{{ stack_sources('contacts') }}
