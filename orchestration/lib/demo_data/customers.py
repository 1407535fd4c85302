"""SQL tables of the demo world for customers and their subscriptions."""

import duckdb

from .deals import per_euro
from .plan import Plan
from .prospects import DAY
from .random_sql import Draws

STRETCHES = 24


def create_customers(connection: duckdb.DuckDBPyConnection) -> None:
    """Accounts that ever win a deal of the world, numbered in the order of their first win."""
    connection.execute("""
        create table customers as
        select
            row_number() over (order by first_won_second, account) as number,
            account, first_won_second, segment, region, currency
        from (
            select account, min(closed_second) as first_won_second, any_value(segment) as segment,
                any_value(region) as region, any_value(currency) as currency
            from opportunities
            where is_won and account is not null
            group by account
        )
        order by number
    """)


def create_subscriptions(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Stretches of one price; each customer has one chain of them, which never overlap.

    A chain starts after the first win. Every stretch ends with a new price or with a churn; some
    of those who churned come back after a gap, for the others the chain ends.
    """
    draws = Draws(plan.seed, "subscription")
    chain = Draws(plan.seed, "subscription chain", "account")
    base = "case segment when 'Enterprise' then 1700 when 'Mid-market' then 620 else 190 end"
    connection.execute(f"""
        create table subscriptions as
        with stretches as (
            select account, segment, currency, first_won_second,
                account * {STRETCHES} + unnest(range({STRETCHES})) as number,
                unnest(range({STRETCHES})) as place
            from customers
            where {chain.chance(0.82, "subscribes")}
        ),
        drawn as (
            select *,
                first_won_second // {DAY} + 1 + {chain.below(21, "start")} as chain_start,
                120 + {draws.below(240, "days")} as days_long,
                {draws.chance(0.085, "churns")} as churns,
                {draws.chance(0.3, "comes back")} as comes_back,
                30 + {draws.below(120, "gap")} as gap,
                case
                    when {draws.fraction("change")} < 0.53
                        then 1.05 + 0.29 * {draws.fraction("size")}
                    when {draws.fraction("change")} < 0.66
                        then 0.75 + 0.2 * {draws.fraction("size")}
                    else 1.03
                end as price_factor,
                1 + {chain.below(12, "product")} as product,
                {base} * exp(0.6 * {chain.spread("price")}) * {per_euro("currency")} as first_price
            from stretches
        ),
        chained as (
            select *,
                chain_start + coalesce(
                    sum(days_long + if(churns, gap, 0)) over earlier, 0
                )::bigint as started_day,
                coalesce(bool_or(churns and not comes_back) over earlier, false) as is_over,
                coalesce(sum(ln(price_factor)) over earlier, 0) as growth
            from drawn
            window earlier as (
                partition by account order by place
                rows between unbounded preceding and 1 preceding
            )
        )
        select number, account, product, currency, started_day,
            started_day + days_long - 1 as ended_day,
            churns,
            round(first_price * exp(growth), 2) as price
        from chained
        where not is_over
        order by number
    """)
