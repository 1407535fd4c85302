{{ stack_sources('opportunity_lines') }}
