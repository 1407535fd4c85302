"""Days, weeks, months and fiscal quarters, and what has happened by the as-of date."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle.settings import Settings

GRAINS = ("week", "month", "quarter")

EVENT_TIMESTAMPS = {
    "leads": (
        "created_at",
        "marketing_qualified_at",
        "sales_qualified_at",
        "disqualified_at",
        "converted_at",
    ),
    "opportunities": ("created_at",),
    "opportunity_stages": ("entered_at",),
    "activities": ("occurred_at",),
    "survey_responses": ("responded_at",),
}
PLANNED_DATES = {
    "commercial_costs": "started_on",
    "targets": "period_start_date",
    "market_revenue": "started_on",
}


class Period(NamedTuple):
    """A week, month or quarter; `end` is its last day."""

    grain: str
    start: date
    end: date


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a shorter month."""
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month_index + 1, min(day.day, monthrange(year, month_index + 1)[1]))


@cache
def period_of(day: date, grain: str, fiscal_year_start_month: int) -> Period:
    """The period that holds the day; weeks start on Monday, quarters follow the fiscal year."""
    if grain == "week":
        start = day - timedelta(days=day.weekday())
        return Period(grain, start, start + timedelta(days=6))
    first_of_month = day.replace(day=1)
    if grain == "month":
        return Period(grain, first_of_month, add_months(first_of_month, 1) - timedelta(days=1))
    months_into_quarter = (day.month - fiscal_year_start_month) % 3
    start = add_months(first_of_month, -months_into_quarter)
    return Period(grain, start, add_months(start, 3) - timedelta(days=1))


def date_of(timestamp: datetime | None, timezone: str) -> date | None:
    """The date of a UTC timestamp on the clocks of the time zone."""
    if timestamp is None:
        return None
    return timestamp.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def event_dates(crm: Mapping[str, list[dict]], timezone: str) -> Iterator[date]:
    """The dates on which something happened, in any order, future ones included."""
    timestamps = [
        row.get(column)
        for entity, columns in EVENT_TIMESTAMPS.items()
        for row in crm.get(entity, [])
        for column in columns
    ]
    timestamps += [
        row.get("closed_at")
        for row in crm.get("opportunities", [])
        if row.get("status") in ("won", "lost")
    ]
    for timestamp in timestamps:
        if timestamp is not None:
            yield date_of(timestamp, timezone)
    for row in crm.get("subscriptions", []):
        if row.get("started_on") is not None:
            yield row["started_on"]


@dataclass(frozen=True)
class Calendar:
    """The span that the KPI tables cover: from the first day known to the as-of date."""

    timezone: str
    fiscal_year_start_month: int
    first_day: date
    as_of: date

    def date_of(self, timestamp: datetime | None) -> date | None:
        """The reporting date of a UTC timestamp."""
        return date_of(timestamp, self.timezone)

    def past_date_of(self, timestamp: datetime | None) -> date | None:
        """The reporting date of a UTC timestamp; none when it lies after the as-of date."""
        day = self.date_of(timestamp)
        return day if day is not None and day <= self.as_of else None

    def period_of(self, day: date, grain: str) -> Period:
        """The period of the grain that holds the day."""
        return period_of(day, grain, self.fiscal_year_start_month)

    def periods_of(self, day: date) -> list[Period]:
        """The week, the month and the quarter that hold the day."""
        return [self.period_of(day, grain) for grain in GRAINS]

    def periods_between(self, first_day: date, last_day: date, grain: str) -> Iterator[Period]:
        """The periods of the grain from the one with the first day to the one with the last."""
        period = self.period_of(first_day, grain)
        while period.start <= last_day:
            yield period
            period = self.period_of(period.end + timedelta(days=1), grain)

    def periods(self) -> Iterator[Period]:
        """Every period of every grain, up to the running ones."""
        for grain in GRAINS:
            yield from self.periods_between(self.first_day, self.as_of, grain)

    def as_of_end(self, period: Period) -> date:
        """The last day of the period that has been, the as-of date for a running period."""
        return min(period.end, self.as_of)

    @property
    def last_day(self) -> date:
        """The last day of the running week, month and quarter, whichever ends last."""
        return max(period.end for period in self.periods_of(self.as_of))


def as_of_date(
    dates: Iterable[date], settings: Settings, newest_landing: datetime | None
) -> date | None:
    """The as-of date of the settings, else the newest event that is not after the landing day."""
    if settings.as_of_date is not None:
        return settings.as_of_date
    newest_event = max(dates, default=None)
    landed_on = date_of(newest_landing, settings.reporting_timezone)
    if newest_event is None or landed_on is None:
        return newest_event
    return min(newest_event, landed_on)


def make_calendar(
    crm: Mapping[str, list[dict]], settings: Settings, newest_landing: datetime | None
) -> Calendar | None:
    """The calendar of the data; none when nothing happened on or before the as-of date."""
    happened = list(event_dates(crm, settings.reporting_timezone))
    as_of = as_of_date(happened, settings, newest_landing)
    planned = [
        row[column]
        for entity, column in PLANNED_DATES.items()
        for row in crm.get(entity, [])
        if row.get(column) is not None
    ]
    known = [day for day in happened + planned if as_of is not None and day <= as_of]
    if not known:
        return None
    return Calendar(
        settings.reporting_timezone, settings.fiscal_year_start_month, min(known), as_of
    )
