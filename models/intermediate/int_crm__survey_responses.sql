{{ stack_sources('survey_responses') }}
