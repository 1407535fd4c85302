"""Amounts in the reporting currency, and amounts spread over days."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

# An amount and a rate have eighteen digits each, so their exact product needs thirty-six.
EXACT = Context(prec=60)
FOUR_PLACES = Decimal("0.0001")


def multiply_to_four_places(left: Decimal, right: Decimal) -> Decimal:
    """The product, rounded to four decimal places with halves away from zero."""
    return EXACT.multiply(left, right).quantize(FOUR_PLACES, ROUND_HALF_UP, EXACT)


class Money:
    """Converts amounts with the rates that a source brings; rates are never inverted or chained."""

    def __init__(self, exchange_rates: Iterable[dict], reporting_currency: str) -> None:
        self.reporting_currency = reporting_currency
        self._rates: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
        for row in exchange_rates:
            known = row.get("rate_date") is not None and row.get("exchange_rate") is not None
            if known and row.get("to_currency") == reporting_currency:
                dated_rate = (row["rate_date"], row["exchange_rate"])
                self._rates[row["source"], row["from_currency"]].append(dated_rate)
        for dated_rates in self._rates.values():
            dated_rates.sort()

    def convert(
        self, source: str, amount: Decimal | None, currency: str | None, day: date | None
    ) -> Decimal | None:
        """The amount in the reporting currency at the newest rate on or before the day.

        An amount without currency is in the reporting currency already. None when the amount is
        missing or no rate had been set by that day.
        """
        if amount is None or not currency or currency == self.reporting_currency:
            return amount
        dated_rates = self._rates.get((source, currency), [])
        if day is None:
            return None
        known_by_then = bisect_right(dated_rates, day, key=lambda dated_rate: dated_rate[0])
        if known_by_then == 0:
            return None
        return multiply_to_four_places(amount, dated_rates[known_by_then - 1][1])


def days_between(first_day: date, last_day: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first_day + timedelta(days=offset) for offset in range((last_day - first_day).days + 1)]
