"""Subscriptions as they stood on the as-of date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle.money import Money
from tests.oracle.periods import Calendar
from tests.oracle.plans import converted_amount
from tests.oracle.slices import MarketSlices, first_known, keyed


@dataclass(frozen=True)
class Subscription:
    """A stretch of days with one recurring revenue a month, in the reporting currency.

    `payer` is the account, or the subscription itself when it has none.
    """

    payer: str
    account_id: str | None
    started_on: date
    ended_on: date | None
    revenue: Fraction
    slices: Mapping[str, str]

    def covers(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or self.ended_on >= day)

    def covers_any_day_before(self, day: date) -> bool:
        has_days = self.ended_on is None or self.ended_on >= self.started_on
        return has_days and self.started_on < day


def read_subscriptions(
    crm: Mapping[str, list[dict]], calendar: Calendar, money: Money, markets: MarketSlices
) -> list[Subscription]:
    """The subscriptions that had started by the as-of date; an unknown amount is 0."""
    products = keyed(crm.get("products", []), "product_id")
    started = []
    for row in crm.get("subscriptions", []):
        if row.get("started_on") is None or row["started_on"] > calendar.as_of:
            continue
        product = products.get(row.get("product_id"), {})
        category = first_known(product.get("product_category"))
        account_id = row.get("account_id")
        started.append(
            Subscription(
                payer=account_id or row["subscription_id"],
                account_id=account_id,
                started_on=row["started_on"],
                ended_on=row.get("ended_on"),
                revenue=converted_amount(row, "monthly_recurring_revenue", "started_on", money),
                slices={**markets.of(account_id), "product_category": category},
            )
        )
    return started
