"""Amounts that cover a span of days: quota, commercial cost and market revenue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.money import Money, days_between
from tests.oracle.periods import Calendar, add_months
from tests.oracle.slices import RepSlices, first_known, keyed

COST_TYPES = ("sales", "marketing", "service")
MONTHS_OF_GRAIN = {"month": 1, "quarter": 3, "year": 12}
TARGET_COLUMNS = (
    "source",
    "kpi",
    "dimension",
    "dimension_value",
    "period_grain",
    "period_start_date",
)
TARGET_GRAINS_FINEST_FIRST = ("week", "month", "quarter", "year")


class DayAmount(NamedTuple):
    """What falls on one day of an amount that is spread evenly over its days."""

    day: date
    amount: Fraction
    slices: Mapping[str, str]


class CostDay(NamedTuple):
    """What falls on one day of a commercial cost."""

    day: date
    amount: Fraction
    slices: Mapping[str, str]
    cost_type: str


def spread(row: dict, amount: Fraction, slices: Mapping[str, str]) -> list[DayAmount]:
    """The amount on each day from `started_on` to `ended_on`.

    No end, or one before the start, means a single day; without a start there is no day.
    """
    started_on, ended_on = row.get("started_on"), row.get("ended_on")
    if started_on is None:
        return []
    if ended_on is None or ended_on < started_on:
        ended_on = started_on
    days = days_between(started_on, ended_on)
    return [DayAmount(day, amount / len(days), slices) for day in days]


def converted_amount(row: dict, column: str, day_column: str, money: Money) -> Fraction:
    """The amount in the reporting currency at the rate of its first day; unknown is 0."""
    amount = money.convert(row["source"], row.get(column), row.get("currency"), row.get(day_column))
    return Fraction(amount or 0)


def cost_days(crm: Mapping[str, list[dict]], calendar: Calendar, money: Money) -> list[CostDay]:
    """Sales, marketing and service cost by day, up to the as-of date.

    The slices are channel, where the cost has none that of its campaign, campaign and segment.
    """
    campaigns = keyed(crm.get("campaigns", []), "campaign_id")
    days = []
    for row in crm.get("commercial_costs", []):
        if row.get("cost_type") in COST_TYPES:
            campaign = campaigns.get(row.get("campaign_id"), {})
            slices = {
                "channel": first_known(row.get("channel"), campaign.get("channel")),
                "campaign": first_known(campaign.get("campaign_name")),
                "segment": first_known(row.get("segment")),
            }
            amount = converted_amount(row, "amount", "started_on", money)
            days += [CostDay(*day, row["cost_type"]) for day in spread(row, amount, slices)]
    return [cost_day for cost_day in days if cost_day.day <= calendar.as_of]


def market_days(crm: Mapping[str, list[dict]], calendar: Calendar, money: Money) -> list[DayAmount]:
    """Revenue of the whole market by day, up to the as-of date; slices industry and region."""
    days = []
    for row in crm.get("market_revenue", []):
        slices = {column: first_known(row.get(column)) for column in ("industry", "region")}
        days += spread(row, converted_amount(row, "amount", "started_on", money), slices)
    return [day_amount for day_amount in days if day_amount.day <= calendar.as_of]


def plan_of_record(targets: Iterable[dict], as_of: date) -> list[dict]:
    """Of the versions of each target the one that stands on the as-of date.

    The newest `valid_from` up to then stands; a version without one is the oldest; of two from
    the same day the one with the highest key stands.
    """
    standing: dict[tuple, dict] = {}
    known = [row for row in targets if (row.get("valid_from") or date.min) <= as_of]
    for row in sorted(known, key=lambda row: (row.get("valid_from") or date.min, row["target_id"])):
        standing[tuple(row.get(column) for column in TARGET_COLUMNS)] = row
    return list(standing.values())


def target_days(target: dict) -> list[date]:
    """The days of the period that the target is for, counted from its first day."""
    start, grain = target.get("period_start_date"), target.get("period_grain")
    if start is None or grain not in TARGET_GRAINS_FINEST_FIRST:
        return []
    if grain == "week":
        return days_between(start, start + timedelta(days=6))
    return days_between(start, add_months(start, MONTHS_OF_GRAIN[grain]) - timedelta(days=1))


class Quota:
    """The revenue targets of reps, day by day.

    `days` holds the amounts with the slices rep and team, days after the as-of date included;
    `carried` holds (rep, day) for every day on which a rep carries a quota. Where targets of
    several grains cover a day of a rep, only those of the finest grain count.
    """

    def __init__(self, crm: Mapping[str, list[dict]], calendar: Calendar, money: Money) -> None:
        reps = RepSlices(crm.get("reps", []))
        amounts: dict[tuple[str, date], dict[str, list[Fraction]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for target in plan_of_record(crm.get("targets", []), calendar.as_of):
            if target.get("kpi") != "revenue" or target.get("dimension") != "rep":
                continue
            rep_id = f"{target['source']}:{target['dimension_value']}"
            value = converted_amount(target, "target_value", "period_start_date", money)
            days = target_days(target)
            for day in days:
                amounts[rep_id, day][target["period_grain"]].append(value / len(days))
        self.carried = set(amounts)
        self.days = [
            DayAmount(day, amount, reps.of(rep_id))
            for (rep_id, day), by_grain in amounts.items()
            for amount in by_grain[min(by_grain, key=TARGET_GRAINS_FINEST_FIRST.index)]
        ]
