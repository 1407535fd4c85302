{{ stack_sources('products') }}
