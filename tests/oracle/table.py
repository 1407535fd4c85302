"""From facts to dense KPI tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.periods import GRAINS, Calendar, Period
from tests.oracle.slices import ALL

Number = Fraction | int
Outcome = tuple[Number, Number | None, Number | None]


class Fact(NamedTuple):
    """A row that a KPI counts, in one period, with the parts that it adds to the KPI."""

    period: Period
    slices: Mapping[str, str]
    parts: tuple[Number, ...]


@dataclass(frozen=True)
class KpiRow:
    """One row of a KPI table, in the order of its columns."""

    period_grain: str
    period_start_date: date
    period_end_date: date
    is_complete: bool
    dimension: str
    dimension_value: str
    numerator: float | None
    denominator: float | None
    sample_size: int
    kpi_value: float | None


def facts_on(
    calendar: Calendar, day: date, slices: Mapping[str, str], *parts: Number
) -> Iterator[Fact]:
    """The fact of a day in its week, its month and its quarter."""
    for period in calendar.periods_of(day):
        yield Fact(period, slices, parts)


def total(value: Number) -> Outcome:
    """A plain sum or count: no denominator."""
    return value, None, value


def ratio(numerator: Number, denominator: Number) -> Outcome:
    """Numerator over denominator, without value when the denominator is 0."""
    value = Fraction(numerator) / denominator if denominator else None
    return numerator, denominator, value


def dense_table(
    facts: Iterable[Fact],
    dimensions: Sequence[str],
    finish: Callable[..., Outcome],
    empty_parts: tuple[Number, ...],
    calendar: Calendar,
) -> list[KpiRow]:
    """One row per period and slice, from each grain's first fact to the as-of date.

    Facts in periods after the running one are left out. Every slice that occurs in any grain has
    a row in every period of all grains. A ratio whose denominator is 0 throughout a grain has no
    rows there: the input below the line is missing.
    """
    running = {grain: calendar.period_of(calendar.as_of, grain) for grain in GRAINS}
    first: dict[str, Period] = {}
    cells: dict[tuple[Period, str, str], list[tuple[Number, ...]]] = defaultdict(list)
    for period, slices, parts in facts:
        if period.start <= running[period.grain].start:
            first[period.grain] = min(first.get(period.grain, period), period)
            cells[period, "total", ALL].append(parts)
            for dimension in dimensions:
                cells[period, dimension, slices[dimension]].append(parts)
    members = sorted({(dimension, value) for _, dimension, value in cells})
    empty_outcome = finish(*empty_parts)
    rows = []
    for grain in first:
        grain_rows = []
        for period in calendar.periods_between(first[grain].start, calendar.as_of, grain):
            for member in members:
                parts = cells.get((period, *member), [])
                sums = map(exact_sum, zip(*parts, strict=True))
                outcome = finish(*sums) if parts else empty_outcome
                grain_rows.append(make_row(calendar, period, member, outcome, len(parts)))
        if any(row.denominator != 0 for row in grain_rows):
            rows += grain_rows
    return rows


def exact_sum(numbers: Iterable[Number]) -> Number:
    """The sum; adding fractions of one denominator as integers is what makes it quick."""
    numerators: dict[int, int] = defaultdict(int)
    for number in numbers:
        numerators[number.denominator] += number.numerator
    return sum(Fraction(part, denominator) for denominator, part in numerators.items())


def make_row(
    calendar: Calendar, period: Period, member: tuple[str, str], outcome: Outcome, sample: int
) -> KpiRow:
    """A row of the table; exact numbers become floats here."""
    numerator, denominator, value = (
        None if number is None else float(number) for number in outcome
    )
    is_complete = period.end <= calendar.as_of
    return KpiRow(*period, is_complete, *member, numerator, denominator, sample, value)
