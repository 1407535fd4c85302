"""From facts to dense KPI tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from tests.oracle.periods import GRAINS, Calendar, Period
from tests.oracle.slices import ALL

Number = Fraction | int
Part = Number | str | None
Summary = Callable[[Sequence[Part]], Number | None]
Outcome = tuple[Number | None, Number | None, Number | None]
Member = tuple[str, str]


class Fact(NamedTuple):
    """A row that a KPI counts, in one period, with the parts that it adds to the KPI.

    It may lie in several slices of one dimension, or in none.
    """

    period: Period
    slices: Mapping[str, str | Sequence[str]]
    parts: tuple[Part, ...]


Cells = dict[Period, dict[Member, list[tuple[Part, ...]]]]


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
    calendar: Calendar, day: date, slices: Mapping[str, str], *parts: Part
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


def per_hundred(numerator: Number, denominator: Number) -> Outcome:
    """A ratio whose value is per hundred, as a net promoter score is."""
    value = 100 * Fraction(numerator) / denominator if denominator else None
    return numerator, denominator, value


def value_alone(value: Number | None) -> Outcome:
    """A value that has no parts to add up, such as a median."""
    return None, None, value


def count_distinct(keys: Iterable[str | None]) -> int:
    """How many different keys there are; no key is none of them."""
    return len({key for key in keys if key is not None})


def middle(numbers: Sequence[Number]) -> Number | None:
    """The median, half-way between the middle two of an even number; of nothing there is none."""
    return median(map(Fraction, numbers)) if numbers else None


def slices_of(value: str | Sequence[str]) -> Sequence[str]:
    """The slices of a dimension in which a fact lies, mostly one."""
    return (value,) if isinstance(value, str) else value


def collect(facts: Iterable[Fact], dimensions: Sequence[str], calendar: Calendar) -> Cells:
    """The parts of the facts by period and slice; those in periods yet to come are left out."""
    cells: Cells = defaultdict(lambda: defaultdict(list))
    for period, slices, parts in facts:
        if period.start <= calendar.as_of:
            cells_of_period = cells[period]
            cells_of_period["total", ALL].append(parts)
            for dimension in dimensions:
                for value in slices_of(slices[dimension]):
                    cells_of_period[dimension, value].append(parts)
    return cells


def dense_table(
    facts: Iterable[Fact],
    dimensions: Sequence[str],
    summaries: Sequence[Summary],
    finish: Callable[..., Outcome],
    calendar: Calendar,
    is_cumulative: bool = False,
) -> list[KpiRow]:
    """One row per period and slice, from each grain's first fact to the as-of date.

    The parts of a cell are summed up, one by one, and finished together. A cumulative table has
    in each cell the facts of the periods before it as well, and only sums.

    Every slice that occurs in any grain has a row in every period of all grains. A ratio whose
    denominator is 0 throughout a grain has no rows there: the input below the line is missing.
    """
    cells = collect(facts, dimensions, calendar)
    members = sorted({member for cells_of_period in cells.values() for member in cells_of_period})
    rows = []
    for grain in GRAINS:
        first_day = min((period.start for period in cells if period.grain == grain), default=None)
        if first_day is None:
            continue
        grain_rows = []
        before: dict[Member, tuple[list, int]] = {member: ([], 0) for member in members}
        for period in calendar.periods_between(first_day, calendar.as_of, grain):
            cells_of_period = cells.get(period, {})
            for member in members:
                sums_before, sample = before[member]
                parts = cells_of_period.get(member, [])
                sums = summed_up(sums_before + parts, summaries)
                sample += len(parts)
                if is_cumulative:
                    before[member] = ([sums], sample)
                grain_rows.append(make_row(calendar, period, member, finish(*sums), sample))
        if any(row.denominator != 0 for row in grain_rows):
            rows += grain_rows
    return rows


def summed_up(
    parts: Sequence[tuple[Part, ...]], summaries: Sequence[Summary]
) -> tuple[Number | None, ...]:
    """Each part of the facts of a cell, summed up in its own way; a cell may have no facts."""
    columns = zip(*parts, strict=True) if parts else ((),) * len(summaries)
    return tuple(summary(column) for summary, column in zip(summaries, columns, strict=True))


def exact_sum(numbers: Iterable[Number]) -> Number:
    """The sum; adding fractions of one denominator as integers is what makes it quick."""
    numerators: dict[int, int] = defaultdict(int)
    for number in numbers:
        numerators[number.denominator] += number.numerator
    whole = numerators.pop(1, 0)
    return sum((Fraction(part, below) for below, part in numerators.items()), whole)


def make_row(
    calendar: Calendar, period: Period, member: tuple[str, str], outcome: Outcome, sample: int
) -> KpiRow:
    """A row of the table; exact numbers become floats here."""
    numerator, denominator, value = (
        None if number is None else float(number) for number in outcome
    )
    is_complete = period.end <= calendar.as_of
    return KpiRow(*period, is_complete, *member, numerator, denominator, sample, value)
