{{ stack_sources('opportunity_stages') }}
