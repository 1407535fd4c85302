"""The file of expected values, and what to say when a value is another one."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tests.oracle import KpiRow
from tests.oracle.comparison import is_same

KPI_VALUES = Path(__file__).parent / "kpi_values.csv"
VALUE_COLUMNS = ("numerator", "denominator", "sample_size", "kpi_value")
SIGNIFICANT_DIGITS = 12
MOST_DIFFERENCES_SHOWN = 20
WHAT_TO_DO = """\
A changed definition needs a new version beside the old one: CONTRIBUTING.md, "Change a formula".
Only where the old numbers were wrong does the file change: mend the oracle, run
`python -m tests.golden`, read the difference, and say in CHANGELOG.md what moved."""
WHAT_TO_DO_FOR_A_NEW_VERSION = (
    "No number moved that was there before: `.venv/bin/python -m tests.golden` adds these."
)


class Key(NamedTuple):
    """Which number it is; the file is in this order."""

    kpi: str
    version: int
    period_grain: str
    period_start_date: date
    dimension: str
    dimension_value: str

    def __str__(self) -> str:
        member = f"{self.dimension}:{self.dimension_value}"
        start = self.period_start_date
        return f"{self.kpi} v{self.version} {self.period_grain} {start} {member}"


Values = tuple[float | None, ...]
GoldenValues = dict[Key, Values]


def golden_values(tables: Mapping[str, Iterable[KpiRow]]) -> GoldenValues:
    """The rows of KPI tables that the file has: totals at every grain, and slices by quarter.

    Rows without facts are left out: they say nothing, and would be half of the file.
    """
    values = {}
    for table, rows in tables.items():
        kpi, version = re.fullmatch(r"(\w+)_v(\d+)", table).groups()
        for row in rows:
            is_kept = row.dimension == "total" or row.period_grain == "quarter"
            if is_kept and row.sample_size > 0:
                key = Key(kpi, int(version), *(getattr(row, name) for name in Key._fields[2:]))
                values[key] = tuple(getattr(row, column) for column in VALUE_COLUMNS)
    return values


def read_golden_values() -> GoldenValues:
    """The expected values."""
    with KPI_VALUES.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        assert tuple(next(reader)) == Key._fields + VALUE_COLUMNS
        return {
            Key(kpi, int(version), grain, date.fromisoformat(start), dimension, member): tuple(
                float(text) if text else None for text in texts
            )
            for kpi, version, grain, start, dimension, member, *texts in reader
        }


def write_golden_values(values: GoldenValues) -> None:
    """Replace the expected values; a number that moves is one line of `git diff`."""
    with KPI_VALUES.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(Key._fields + VALUE_COLUMNS)
        for key in sorted(values):
            writer.writerow([*key, *map(as_text, values[key])])


def as_text(value: float | None) -> str:
    """The number without the noise of its last digits; nothing where there is none."""
    return "" if value is None else format(value, f".{SIGNIFICANT_DIGITS}g")


def describe_differences(expected: GoldenValues, actual: GoldenValues) -> str:
    """Which numbers moved, from what to what and by how much; empty when none did."""
    lines: dict[Key, str] = {}
    for key in sorted(expected.keys() | actual.keys()):
        if key not in actual:
            lines[key] = f"{key}: {as_text(expected[key][-1]) or 'null'} -> no such row"
        elif key not in expected:
            lines[key] = f"{key}: no such row -> {as_text(actual[key][-1]) or 'null'}"
        elif moves := list(describe_moves(expected[key], actual[key])):
            lines[key] = f"{key}: {', '.join(moves)}"
    if not lines:
        return ""
    counts = Counter((key.kpi, key.version) for key in lines)
    known = {(key.kpi, key.version) for key in expected}
    return "\n".join(
        [
            f"Numbers of the golden run that moved: {len(lines)}",
            *(f"  {kpi} v{version}: {count}" for (kpi, version), count in counts.items()),
            *list(lines.values())[:MOST_DIFFERENCES_SHOWN],
            *([f"and {more} more"] if (more := len(lines) - MOST_DIFFERENCES_SHOWN) > 0 else []),
            WHAT_TO_DO if counts.keys() & known else WHAT_TO_DO_FOR_A_NEW_VERSION,
        ]
    )


def describe_moves(expected: Values, actual: Values) -> Iterable[str]:
    """The columns of a row that moved, the value of the KPI first."""
    columns = list(zip(VALUE_COLUMNS, expected, actual, strict=True))
    for column, wanted, got in columns[-1:] + columns[:-1]:
        if not is_same(wanted, got):
            move = f"{column} {as_text(wanted) or 'null'} -> {as_text(got) or 'null'}"
            is_known = wanted is not None and got is not None
            yield move + (f" ({got - wanted:+.{SIGNIFICANT_DIGITS}g})" if is_known else "")
