"""The records behind one cell of a KPI table, from the published file."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.sql_text import attach_read_only, quoted_name


class ExplainError(Exception):
    """The cell cannot be explained; the sentence says what to ask instead."""


@dataclass(frozen=True)
class Cell:
    """One cell of a KPI table; `kpi_table` is the name of the table without `kpi_`."""

    kpi_table: str
    period_grain: str
    period_start_date: date
    dimension: str = "total"
    dimension_value: str = "(all)"


@dataclass(frozen=True)
class Record:
    """A record that counts in a cell, with its part of the numerator and the denominator."""

    record_id: str
    occurred_date: date
    numerator: float
    denominator: float | None
    sample_size: int


def parse_cell(kpi: str, grain: str, period: str, slice_text: str = "total") -> Cell:
    """A cell from what a person types.

    `kpi` as in `win_rate_v2`, `period` as in 2026-03 (month), 2026-Q1 (quarter of the calendar
    year), 2026-W10 (ISO week) or the first day, `slice_text` as in `region:North`. Raises
    ExplainError.
    """
    if not re.fullmatch(r"[a-z0-9_]+_v\d+", kpi):
        raise ExplainError(f"KPI must name a version, as in win_rate_v2; got {kpi!r}.")
    if grain not in ("week", "month", "quarter"):
        raise ExplainError(f"GRAIN must be week, month or quarter; got {grain!r}.")
    dimension, _, value = slice_text.partition(":")
    if dimension == "total":
        value = "(all)"
    elif not value:
        raise ExplainError(f"SLICE must be total or as in region:North; got {slice_text!r}.")
    return Cell(kpi, grain, _parse_period(period), dimension, value)


def _parse_period(text: str) -> date:
    try:
        if week := re.fullmatch(r"(\d{4})-W(\d{1,2})", text):
            return date.fromisocalendar(int(week[1]), int(week[2]), 1)
        if quarter := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            return date(int(quarter[1]), int(quarter[2]) * 3 - 2, 1)
        if month := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return date(int(month[1]), int(month[2]), 1)
        return date.fromisoformat(text)
    except ValueError as error:
        raise ExplainError(
            f"PERIOD must be as in 2026-03, 2026-Q1, 2026-W10 or 2026-03-01; got {text!r}."
        ) from error


def compile_explanations(settings: Settings, kpi_tables: list[str] | None = None) -> dict[str, str]:
    """The SQL that gives the records of a cell, per KPI table, from the same models as the tables.

    Without `kpi_tables` all of them. The cell is bound when the SQL runs: parameters period_grain,
    period_start_date, dimension and dimension_value. Raises ExplainError when dbt cannot compile,
    as for a KPI that does not exist.
    """
    target_folder = settings.dbt_target_folder.with_name("dbt_explain")
    selection = (
        ["path:models/marts/kpis"]
        if kpi_tables is None
        else [re.sub(r"_v(\d+)$", r".v\1", f"kpi_{table}") for table in kpi_tables]
    )
    compilation = subprocess.run(
        [DBT, "--quiet", "compile", "--no-populate-cache", "--no-introspect"]
        + ["--vars", json.dumps({"explain": True})]
        + ["--target-path", str(target_folder), "--select", *selection],
        cwd=PROJECT_FOLDER,
        env=settings.dbt_environment,
        capture_output=True,
        text=True,
    )
    if compilation.returncode != 0:
        raise ExplainError(f"dbt could not compile {', '.join(selection)}:\n{compilation.stdout}")
    manifest = json.loads((target_folder / "manifest.json").read_text())
    explanations = {
        node["alias"].removeprefix("kpi_"): node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["fqn"][1:3] == ["marts", "kpis"]
        and node.get("compiled_code")
    }
    missing = [table for table in kpi_tables or [] if table not in explanations]
    if missing:
        raise ExplainError(f"There is no KPI table kpi_{missing[0]}; see reporting.kpi_catalog.")
    return {table: explanations[table] for table in kpi_tables or explanations}


def open_published(published_file: Path) -> duckdb.DuckDBPyConnection:
    """The published file under the name that compiled models have for the build file.

    Raises ExplainError when nothing was published yet.
    """
    if not published_file.exists():
        raise ExplainError(f"Nothing is published yet at {published_file}: run `make run` first.")
    connection = duckdb.connect()
    attach_read_only(connection, published_file, "build")
    return connection


def read_cell(connection: duckdb.DuckDBPyConnection, cell: Cell) -> dict[str, Any]:
    """The row of the KPI table. Raises ExplainError when there is none, naming what there is."""
    _check_table(connection, cell)
    result = connection.execute(
        f"""
        select * from build.kpis.{quoted_name("kpi_" + cell.kpi_table)}
        where
            period_grain = $period_grain
            and period_start_date = $period_start_date
            and dimension = $dimension
            and dimension_value = $dimension_value
        """,
        _parameters(cell),
    )
    row = result.fetchone()
    if row is None:
        raise ExplainError(
            f"kpi_{cell.kpi_table} has no row for {cell.period_grain} {cell.period_start_date},"
            f" {cell.dimension} {cell.dimension_value}; {_what_there_is(connection, cell)}."
        )
    return dict(zip([column[0] for column in result.description], row, strict=True))


def _check_table(connection: duckdb.DuckDBPyConnection, cell: Cell) -> None:
    tables = [
        name.removeprefix("kpi_")
        for (name,) in connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'build' and schema_name = 'kpis'"
        ).fetchall()
    ]
    if cell.kpi_table not in tables:
        similar = ", ".join(get_close_matches(cell.kpi_table, tables, cutoff=0.5))
        raise ExplainError(
            f"No KPI {cell.kpi_table} is published"
            + (f"; do you mean {similar}?" if similar else "; see reporting.kpi_catalog.")
            + " A new one is there after `make run`."
        )


def _what_there_is(connection: duckdb.DuckDBPyConnection, cell: Cell) -> str:
    """The periods, slices or values of the table, whichever the cell asked for in vain."""
    table = f"build.kpis.{quoted_name('kpi_' + cell.kpi_table)}"
    dimensions = [
        row[0] for row in connection.execute(f"select distinct dimension from {table}").fetchall()
    ]
    if cell.dimension not in dimensions:
        return f"its slices are {', '.join(sorted(dimensions))}"
    values = [
        row[0]
        for row in connection.execute(
            f"select distinct dimension_value from {table} where dimension = ? order by all",
            [cell.dimension],
        ).fetchall()
    ]
    if cell.dimension_value not in values:
        return f"{cell.dimension} is one of {', '.join(values[:20])}" + ", …" * (len(values) > 20)
    first, last = connection.execute(
        f"select min(period_start_date), max(period_start_date) from {table}"
        " where period_grain = ?",
        [cell.period_grain],
    ).fetchone()
    return f"its {cell.period_grain}s start from {first} to {last}"


def read_records(
    connection: duckdb.DuckDBPyConnection, explanation: str, cell: Cell
) -> list[Record]:
    """The records that count in the cell, largest part first."""
    rows = connection.execute(
        f"""
        select record_id, occurred_date, numerator, denominator, sample_size
        from ({explanation}) as records
        order by abs(numerator) desc, record_id
        """,
        _parameters(cell),
    ).fetchall()
    return [Record(*row) for row in rows]


def add_up(records: list[Record]) -> tuple[float, float | None]:
    """Numerator and denominator of all records together."""
    denominators = [record.denominator for record in records if record.denominator is not None]
    return sum(record.numerator for record in records), sum(denominators) if denominators else None


def _parameters(cell: Cell) -> dict[str, Any]:
    return {
        "period_grain": cell.period_grain,
        "period_start_date": cell.period_start_date,
        "dimension": cell.dimension,
        "dimension_value": cell.dimension_value,
    }
