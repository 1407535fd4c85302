{{ stack_sources('campaigns') }}
