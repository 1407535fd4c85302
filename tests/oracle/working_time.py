"""When reps work: employment, business days and business hours."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.oracle.money import days_between
from tests.oracle.settings import Settings

SATURDAY = 5
MINUTE_IN_MICROSECONDS = 60_000_000


def is_employed_between(rep: dict, first_day: date, last_day: date) -> bool:
    """Whether the rep is employed on any of the days; a missing date leaves that side open."""
    first_day = max(rep.get("employed_from") or date.min, first_day)
    last_day = min(rep.get("employed_until") or date.max, last_day)
    return first_day <= last_day


def minutes_of(duration: timedelta) -> Fraction:
    """The length in minutes, with their fractions."""
    return Fraction(duration // timedelta(microseconds=1), MINUTE_IN_MICROSECONDS)


def local_clock(timestamp: datetime, timezone: str) -> datetime:
    """What a clock on the wall shows at the UTC timestamp."""
    return timestamp.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


class WorkingTime:
    """Business days are Monday to Friday without the holidays of the rep's country."""

    def __init__(self, holidays: Iterable[dict], settings: Settings) -> None:
        self._holidays = {(row["country"], row["holiday_date"]) for row in holidays}
        self._settings = settings

    def is_business_day(self, day: date, rep: dict) -> bool:
        """Whether it is one for the rep; without a country there are no holidays."""
        country = rep.get("country")
        is_holiday = bool(country) and (country, day) in self._holidays
        return day.weekday() < SATURDAY and not is_holiday

    def business_days(self, rep: dict, first_day: date, last_day: date) -> Iterator[date]:
        """The business days from the first to the last on which the rep is employed."""
        for day in days_between(first_day, last_day):
            if is_employed_between(rep, day, day) and self.is_business_day(day, rep):
                yield day

    def business_minutes(self, start: datetime, end: datetime, rep: dict) -> Fraction:
        """Minutes between two UTC timestamps within the business hours of the rep.

        Both are read off the rep's clock, or that of the reports, and then subtracted: what a
        change of clocks adds or takes between them is not seen.
        """
        timezone = rep.get("time_zone") or self._settings.reporting_timezone
        start, end = local_clock(start, timezone), local_clock(end, timezone)
        open_time = timedelta(0)
        for day in days_between(start.date(), end.date()):
            if self.is_business_day(day, rep):
                midnight = datetime.combine(day, time())
                opening = midnight + timedelta(hours=self._settings.business_hours_start)
                closing = midnight + timedelta(hours=self._settings.business_hours_end)
                open_time += max(timedelta(0), min(end, closing) - max(start, opening))
        return minutes_of(open_time)
