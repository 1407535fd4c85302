"""Who is a customer, and on which days an active one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from tests.oracle.opportunities import Opportunity
from tests.oracle.periods import GRAINS, Calendar, Period
from tests.oracle.slices import MarketSlices
from tests.oracle.subscriptions import Subscription

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Customer:
    """An account, or a subscription without one; `spans` are its active days, first and last."""

    key: str
    spans: Sequence[tuple[date, date]]
    slices: Mapping[str, str]

    def is_active_between(self, first_day: date, last_day: date) -> bool:
        """Whether it is active on any day from the first to the last."""
        return any(first <= last_day and last >= first_day for first, last in self.spans)


class Presence(NamedTuple):
    """A customer in a period around which it is active.

    At the start is on the day before the period, at the end on its last day, or on the as-of date
    when the period is running, and during it on any day in it up to then.
    """

    customer: Customer
    period: Period
    at_start: bool
    at_end: bool
    during: bool


def read_customers(
    subscriptions: Iterable[Subscription],
    won: Iterable[Opportunity],
    markets: MarketSlices,
    calendar: Calendar,
    active_days: int,
) -> list[Customer]:
    """The customers: who has a subscription by the days that it covers, others by their purchases.

    A purchase makes active for so many days, the day of the purchase included. Days after the
    as-of date have not come.
    """
    subscribed, bought = defaultdict(list), defaultdict(list)
    accounts: dict[str, str | None] = {}
    for subscription in subscriptions:
        last_day = min(subscription.ended_on or date.max, calendar.as_of)
        subscribed[subscription.payer].append((subscription.started_on, last_day))
        accounts[subscription.payer] = subscription.account_id
    for opportunity in won:
        if opportunity.account_id is not None:
            last_day = opportunity.closed_on + timedelta(days=active_days - 1)
            bought[opportunity.account_id].append(
                (opportunity.closed_on, min(last_day, calendar.as_of))
            )
            accounts[opportunity.account_id] = opportunity.account_id
    return [
        Customer(
            key,
            [(first, last) for first, last in spans if first <= last],
            markets.of(accounts[key]),
        )
        for key, spans in {**bought, **subscribed}.items()
    ]


def presences(customers: Iterable[Customer], calendar: Calendar) -> Iterator[Presence]:
    """The customers in each period at whose start, in which or at whose end they are active."""
    for customer in customers:
        if not customer.spans:
            continue
        first_day = min(first for first, _ in customer.spans)
        last_day = min(max(last for _, last in customer.spans) + ONE_DAY, calendar.as_of)
        for grain in GRAINS:
            for period in calendar.periods_between(first_day, last_day, grain):
                before, end = period.start - ONE_DAY, calendar.as_of_end(period)
                at_start = customer.is_active_between(before, before)
                during = customer.is_active_between(period.start, end)
                if at_start or during:
                    at_end = customer.is_active_between(end, end)
                    yield Presence(customer, period, at_start, at_end, during)
