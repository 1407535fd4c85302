"""Differences between two sets of KPI tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import isclose

from tests.oracle.table import KpiRow

TOLERANCE = 1e-9
COMPARED_COLUMNS = (
    "period_end_date",
    "is_complete",
    "numerator",
    "denominator",
    "sample_size",
    "kpi_value",
)


def key_of(row: KpiRow) -> tuple:
    """The primary key of a row."""
    return row.period_grain, row.period_start_date, row.dimension, row.dimension_value


def is_same(expected: object, actual: object) -> bool:
    """Whether two values agree: numbers to 1e-9 relative or absolute, null only with null."""
    if type(expected) is type(actual) and expected == actual:
        return True
    if isinstance(expected, bool) or isinstance(actual, bool):
        return False
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return isclose(expected, actual, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return expected == actual


def compare_table(kpi: str, expected: Iterable[KpiRow], actual: Iterable[KpiRow]) -> list[str]:
    """The differences between two tables of one KPI."""
    expected, actual = list(expected), list(actual)
    expected_rows = {key_of(row): row for row in expected}
    actual_rows = {key_of(row): row for row in actual}
    differences = []
    for side, rows in (("expected", expected), ("actual", actual)):
        for key, count in Counter(map(key_of, rows)).items():
            if count > 1:
                differences.append(f"{describe(kpi, key)}: {count} {side} rows")
    for key in sorted(expected_rows.keys() | actual_rows.keys(), key=str):
        if key not in actual_rows:
            differences.append(f"{describe(kpi, key)}: missing, expected {expected_rows[key]}")
        elif key not in expected_rows:
            differences.append(f"{describe(kpi, key)}: not expected, got {actual_rows[key]}")
        else:
            for column in COMPARED_COLUMNS:
                wanted = getattr(expected_rows[key], column)
                got = getattr(actual_rows[key], column)
                if not is_same(wanted, got):
                    differences.append(
                        f"{describe(kpi, key)}: {column} expected {wanted!r}, got {got!r}"
                    )
    return differences


def describe(kpi: str, key: tuple) -> str:
    """A row in words, such as `win_rate_v2 month 2024-02-01 region:North`."""
    grain, start, dimension, value = key
    return f"{kpi} {grain} {start} {dimension}:{value}"


def compare(
    expected_rows: Mapping[str, Iterable[KpiRow]], actual_rows: Mapping[str, Iterable[KpiRow]]
) -> list[str]:
    """One line per difference between the tables of KPI versions, by name; none when equal.

    Numbers agree to 1e-9, relative or absolute, whichever is looser. A KPI on one side only has
    all its rows listed, or one line when it has none.
    """
    differences = []
    for kpi in sorted(expected_rows.keys() | actual_rows.keys()):
        if kpi not in expected_rows or kpi not in actual_rows:
            side = "actual" if kpi not in actual_rows else "expected"
            differences.append(f"{kpi}: no {side} table")
        differences += compare_table(kpi, expected_rows.get(kpi, ()), actual_rows.get(kpi, ()))
    return differences
