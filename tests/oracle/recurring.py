"""The KPIs of the family revenue that rest on subscriptions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from tests.oracle.company import Company
from tests.oracle.periods import GRAINS, Period
from tests.oracle.subscriptions import Subscription
from tests.oracle.table import Fact, Number, exact_sum


def monthly_recurring_revenue(company: Company) -> Iterator[Fact]:
    """Recurring revenue a month of the subscriptions active on the period's last day.

    The last day of a running period is the as-of date.
    """
    calendar = company.calendar
    for subscription in company.subscriptions:
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
    by_payer = subscriptions_by_payer(company)
    for period in calendar.periods():
        before, end = period.start - timedelta(days=1), calendar.as_of_end(period)
        for owned in by_payer.values():
            start_revenue, end_revenue = revenue_on(owned, before), revenue_on(owned, end)
            if start_revenue != end_revenue:
                movement = movement_of(owned, period, start_revenue, end_revenue)
                yield Fact(period, {"movement": movement}, (end_revenue - start_revenue,))


def subscriptions_by_payer(company: Company) -> dict[str, list[Subscription]]:
    """The subscriptions of each account, and each one without an account by itself."""
    by_payer = defaultdict(list)
    for subscription in company.subscriptions:
        by_payer[subscription.payer].append(subscription)
    return by_payer


def revenue_on(owned: Sequence[Subscription], day: date) -> Number:
    """The recurring revenue a month of the subscriptions on the day."""
    return exact_sum(one.revenue for one in owned if one.covers(day))


def movement_of(
    owned: Sequence[Subscription], period: Period, start_revenue: Number, end_revenue: Number
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
