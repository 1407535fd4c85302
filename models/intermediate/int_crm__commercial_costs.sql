{{ stack_sources('commercial_costs') }}
