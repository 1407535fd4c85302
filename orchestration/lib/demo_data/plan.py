"""The demo company's plan: how many rows of each kind every day brings.

A plan is fixed by seed, scale, start and number of years alone, never by the as-of date, so that a
later as-of date only adds days to the same history.
"""

import calendar
import json
import math
import random
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

STATE_FILE = "demo_data.json"

# Rows that the first `years` bring for each activity of the scale.
ROWS_PER_ACTIVITY = {"accounts": 0.0085, "leads": 0.060, "direct": 0.0145, "surveys": 0.016}
# Each lead brings about this many activities of its own: the first response and automated mail.
ACTIVITIES_PER_LEAD = 1.31
# Accounts that were in the CRM before its first day, for each activity of the scale.
STOCK_OF_ACCOUNTS = 0.0045
YEARLY_GROWTH = 0.30
SEASON = (0.95, 1.0, 1.08, 1.0, 1.02, 1.05, 0.86, 0.74, 1.06, 1.1, 1.08, 0.9)
WEEKDAY = {
    "accounts": (1.1, 1.15, 1.15, 1.1, 0.95, 0.15, 0.12),
    "leads": (1.15, 1.2, 1.15, 1.1, 0.95, 0.4, 0.4),
    "direct": (1.1, 1.2, 1.2, 1.15, 0.9, 0.05, 0.03),
    "activities": (1.1, 1.2, 1.2, 1.15, 0.95, 0.06, 0.04),
    "surveys": (1.1, 1.15, 1.1, 1.1, 1.0, 0.3, 0.25),
}
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Plan:
    """What fixes the whole history; `scale` is the number of activities of the first years."""

    seed: int
    scale: int
    start: date
    years: int

    @cached_property
    def planned_end(self) -> date:
        """Last day of the month that ends the first `years`, on which the scale is reached."""
        year = self.start.year + self.years
        return date(year, self.start.month, calendar.monthrange(year, self.start.month)[1])

    @property
    def size(self) -> float:
        """How many times larger than the default of 200,000 activities."""
        return self.scale / 200_000

    def random(self, *topic: object) -> random.Random:
        """A generator of random numbers of its own for one topic."""
        return random.Random("/".join(str(part) for part in (self.seed, *topic)))

    def weight(self, entity: str, day: date) -> float:
        """Relative number of rows of the entity on a day: growth, season and weekday."""
        growth = math.exp(YEARLY_GROWTH * (day - self.start).days / 365)
        noise = self.random(entity, day).uniform(0.9, 1.1)
        return growth * SEASON[day.month - 1] * WEEKDAY[entity][day.weekday()] * noise

    def rows(self, entity: str) -> float:
        """Rows of the entity from the start to the planned end."""
        if entity == "activities":
            return self.scale * (1 - ROWS_PER_ACTIVITY["leads"] * ACTIVITIES_PER_LEAD)
        return self.scale * ROWS_PER_ACTIVITY[entity]

    def daily_rows(self, entity: str, until: date) -> list[tuple[date, int, int]]:
        """(day, rows before that day, rows on that day) from the start to `until`."""
        weights = [self.weight(entity, day) for day in days(self.start, self.planned_end)]
        rows_per_weight = self.rows(entity) / sum(weights)
        reached = 0.0
        counts = []
        for day in days(self.start, until):
            before = int(reached)
            reached += self.weight(entity, day) * rows_per_weight
            counts.append((day, before, int(reached) - before))
        return counts

    def growth(self, day: date) -> float:
        """Size of the business on a day; 1 on average over the first years."""
        years = (day - self.start).days / 365
        average = (math.exp(YEARLY_GROWTH * self.years) - 1) / (YEARLY_GROWTH * self.years)
        return math.exp(YEARLY_GROWTH * years) / average


def days(first: date, last: date) -> list[date]:
    """Every day from first to last, inclusive."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the SQL counts them."""
    return (day - EPOCH).days


def next_month(day: date) -> date:
    """First day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def quarter_start(day: date) -> date:
    """First day of the calendar quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def next_quarter(day: date) -> date:
    """First day of the next calendar quarter."""
    return quarter_start(quarter_start(day) + timedelta(days=100))


def plan_for(
    folder: Path, scale: int, as_of: date, seed: int, years: int
) -> tuple[Plan, date | None]:
    """The plan of the folder and the newest as-of date in it; a new plan for an empty folder.

    Raises ValueError when the folder holds demo data of other settings or of a later as-of date.
    """
    if scale < 1 or years < 1:
        raise ValueError(f"scale and years must be at least 1, not {scale} and {years}")
    state_file = folder / STATE_FILE
    if not state_file.exists():
        return Plan(seed, scale, date(as_of.year - years, as_of.month, 1), years), None
    state = json.loads(state_file.read_text())
    asked = {"seed": seed, "scale": scale, "years": years}
    found = {name: state[name] for name in asked}
    if asked != found:
        raise ValueError(f"{folder} holds demo data of {found}, not of {asked}; use another folder")
    newest = date.fromisoformat(state["newest_as_of"])
    if as_of < newest:
        raise ValueError(f"{folder} holds demo data as of {newest}; {as_of} is before that")
    return Plan(seed, scale, date.fromisoformat(state["start"]), years), newest


def remember_plan(folder: Path, plan: Plan, as_of: date) -> None:
    """Write the plan and the newest as-of date beside the files."""
    state = asdict(plan) | {"start": plan.start.isoformat(), "newest_as_of": as_of.isoformat()}
    (folder / STATE_FILE).write_text(json.dumps(state, indent=2) + "\n")
