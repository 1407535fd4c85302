{{ stack_sources('reps') }}
