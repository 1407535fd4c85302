"""Whether two published files say the same, table by table and number by number."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.lib.publication_tables import SCHEMA, TABLES
from orchestration.lib.publishing import PUBLISHED_SCHEMAS
from orchestration.lib.sql_text import attach_read_only, quoted_name

TOLERANCE = 1e-9
# The second is that of an amount's part for a day, which comes from a division of doubles.
INEXACT_TYPES = ("DOUBLE", "DECIMAL(38,18)")
KPI_KEY = ("period_grain", "period_start_date", "dimension", "dimension_value")
# What may differ: who published when, and what was published before.
OWN_TABLES = {(SCHEMA, table) for table in ("publication", *TABLES)}


def differences(expected_file: Path, actual_file: Path) -> Iterator[str]:
    """A sentence for each difference, at most five a table; none when the files agree.

    Every table of the published schemas must be in both files with the same columns and the same
    rows. Doubles of KPI tables may differ by TOLERANCE, as a fraction of those above 1, inexact
    numbers of other tables by a millionth; all else is equal.
    """
    with duckdb.connect() as connection:
        attach_read_only(connection, expected_file, "expected")
        attach_read_only(connection, actual_file, "actual")
        expected, actual = _tables(connection, "expected"), _tables(connection, "actual")
        for schema, table in sorted((expected.keys() ^ actual.keys()) - OWN_TABLES):
            yield f"{schema}.{table} is in one file only"
        for name in sorted((expected.keys() & actual.keys()) - OWN_TABLES):
            schema, table = name
            if expected[name] != actual[name]:
                yield f"{schema}.{table} has columns {expected[name]} and {actual[name]}"
            elif set(KPI_KEY) <= expected[name].keys() and "kpi_value" in expected[name]:
                yield from _kpi_differences(connection, schema, table, expected[name])
            else:
                yield from _row_differences(connection, schema, table, expected[name])


def _tables(
    connection: duckdb.DuckDBPyConnection, catalog: str
) -> dict[tuple[str, str], dict[str, str]]:
    """The types of the columns of every table, by schema and table."""
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and list_contains(?, schema_name) order by column_name",
        [catalog, list(PUBLISHED_SCHEMAS)],
    ).fetchall():
        tables.setdefault((schema, table), {})[column] = data_type
    return tables


def _kpi_differences(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, columns: dict[str, str]
) -> Iterator[str]:
    """Differences of a table whose rows have the key of a KPI table, each with both values."""
    key = [column for column in ("kpi", "version", *KPI_KEY) if column in columns]
    doubles = [column for column, kind in columns.items() if kind == "DOUBLE"]
    others = [column for column in columns if column not in (*key, *doubles)]
    conditions = [f"e.{column} is distinct from a.{column}" for column in others]
    conditions += [
        f"(e.{column} is null) <> (a.{column} is null) or abs(e.{column} - a.{column})"
        f" > {TOLERANCE} * greatest(1, abs(e.{column}))"
        for column in doubles
    ]
    rows = connection.execute(
        f"""
        select {", ".join(f"coalesce(e.{column}, a.{column})" for column in key)}, e, a
        from expected.{schema}.{quoted_name(table)} as e
        full join actual.{schema}.{quoted_name(table)} as a
            on {" and ".join(f"e.{column} = a.{column}" for column in key)}
        where e.period_grain is null or a.period_grain is null or {" or ".join(conditions)}
        order by all
        limit 5
        """
    ).fetchall()
    for row in rows:
        cell = " ".join(str(value) for value in row[: len(key)])
        yield f"{schema}.{table}, {cell}: {row[-2]} and {row[-1]}"


def _row_differences(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, columns: dict[str, str]
) -> Iterator[str]:
    """Rows of any other table that are in one file and not in the other."""
    selected = ", ".join(
        f"round({quoted_name(column)}, 6) as {quoted_name(column)}"
        if kind in INEXACT_TYPES
        else quoted_name(column)
        for column, kind in columns.items()
    )
    for one, other in (("expected", "actual"), ("actual", "expected")):
        rows = connection.execute(
            f"select {selected} from {one}.{schema}.{quoted_name(table)}"
            f" except all select {selected} from {other}.{schema}.{quoted_name(table)}"
            " order by all limit 5"
        ).fetchall()
        for row in rows:
            yield f"{schema}.{table}: {row} is only in the {one} file"
