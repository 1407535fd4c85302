"""The KPIs of the family revenue that rest on subscriptions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.company import Company
from tests.oracle.periods import GRAINS, Period
from tests.oracle.plans import converted_amount
from tests.oracle.slices import first_known, keyed
from tests.oracle.table import Fact


@dataclass(frozen=True)
class Subscription:
    """A stretch of days with one recurring revenue a month, in the reporting currency.

    `payer` is the account, or the subscription itself when it has none.
    """

    payer: str
    started_on: date
    ended_on: date | None
    revenue: Fraction
    slices: dict[str, str]

    def covers(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or self.ended_on >= day)

    def covers_any_day_before(self, day: date) -> bool:
        has_days = self.ended_on is None or self.ended_on >= self.started_on
        return has_days and self.started_on < day


def subscriptions(company: Company) -> list[Subscription]:
    """The subscriptions that had started by the as-of date; an unknown amount is 0."""
    accounts = keyed(company.crm.get("accounts", []), "account_id")
    products = keyed(company.crm.get("products", []), "product_id")
    started = []
    for row in company.crm.get("subscriptions", []):
        if row.get("started_on") is None or row["started_on"] > company.calendar.as_of:
            continue
        account = accounts.get(row.get("account_id"), {})
        product = products.get(row.get("product_id"), {})
        revenue = converted_amount(row, "monthly_recurring_revenue", "started_on", company.money)
        slices = {
            column: first_known(account.get(column)) for column in ("segment", "industry", "region")
        }
        slices["product_category"] = first_known(product.get("product_category"))
        payer = row.get("account_id") or row["subscription_id"]
        started.append(Subscription(payer, row["started_on"], row.get("ended_on"), revenue, slices))
    return started


def monthly_recurring_revenue(company: Company) -> Iterator[Fact]:
    """Recurring revenue a month of the subscriptions active on the period's last day.

    The last day of a running period is the as-of date.
    """
    calendar = company.calendar
    for subscription in subscriptions(company):
        for grain in GRAINS:
            for period in calendar.periods_between(subscription.started_on, calendar.as_of, grain):
                if subscription.covers(calendar.as_of_end(period)):
                    yield Fact(period, subscription.slices, (subscription.revenue,))


def net_new_mrr(company: Company) -> Iterator[Fact]:
    """Change of recurring revenue a month, account by account, from a period's start to its end.

    The start is the day before the period. What an account gains and loses in between does not
    show, and an account without change is no fact.
    """
    calendar = company.calendar
    by_payer = defaultdict(list)
    for subscription in subscriptions(company):
        by_payer[subscription.payer].append(subscription)
    for period in calendar.periods():
        before, end = period.start - timedelta(days=1), calendar.as_of_end(period)
        for owned in by_payer.values():
            start_revenue, end_revenue = revenue_on(owned, before), revenue_on(owned, end)
            if start_revenue != end_revenue:
                movement = movement_of(owned, period, start_revenue, end_revenue)
                yield Fact(period, {"movement": movement}, (end_revenue - start_revenue,))


def revenue_on(owned: Sequence[Subscription], day: date) -> Fraction:
    """The recurring revenue a month of the subscriptions on the day."""
    return sum((one.revenue for one in owned if one.covers(day)), Fraction(0))


def movement_of(
    owned: Sequence[Subscription], period: Period, start_revenue: Fraction, end_revenue: Fraction
) -> str:
    """What happened to an account whose recurring revenue changed over the period.

    An account that comes from 0 is new unless it ever paid before the period.
    """
    if start_revenue == 0:
        has_paid = any(one.revenue and one.covers_any_day_before(period.start) for one in owned)
        return "reactivation" if has_paid else "new"
    if end_revenue == 0:
        return "churn"
    return "expansion" if end_revenue > start_revenue else "contraction"
