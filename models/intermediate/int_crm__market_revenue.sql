{{ stack_sources('market_revenue') }}
