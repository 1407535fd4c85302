"""Writing the demo CRM's export files."""

import csv
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import duckdb

from . import activities, customers, deals, increments, prospects, snapshots
from .plan import Plan, next_month, plan_for, remember_plan
from .small_tables import SMALL_TABLES

MEMORY_LIMIT = "4GB"


def write_demo_data(
    folder: Path | str,
    scale: int = 200_000,
    as_of: date | None = None,
    seed: int = 1,
    years: int = 2,
    report: Callable[[str], object] = print,
) -> None:
    """Write the export files of a demo CRM as of the end of a day (UTC) into a folder.

    `scale` is the number of activities of the first `years`; the other entities follow it. The
    same arguments always give the same bytes. In a folder that already holds demo data of the same
    seed, scale and years, a later `as_of` goes on with the same history: new snapshots, and of
    activities, stage entries and survey answers only what came since. `as_of` is today unless
    given; `report` gets a line for each file.

    Raises ValueError for a scale or years below 1, and when the folder holds demo data of other
    settings or of a later day.
    """
    folder = Path(folder)
    as_of = as_of or date.today()
    folder.mkdir(parents=True, exist_ok=True)
    plan, newest = plan_for(folder, scale, as_of, seed, years)
    started = monotonic()
    with TemporaryDirectory(dir=folder, prefix=".demo-") as scratch:
        with _world(Path(scratch), plan, as_of, report) as connection:
            writer = _Writer(folder, Path(scratch), connection, as_of, report)
            _write_snapshots(writer, plan)
            if newest is None or newest < as_of:
                first = plan.start if newest is None else newest + timedelta(days=1)
                _write_increments(writer, plan, first)
    remember_plan(folder, plan, as_of)
    report(f"demo data as of {as_of}: {writer.rows:,} rows in {monotonic() - started:.1f} s")


def write_templates(folder: Path | str, columns: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV file with only the header for each table of the mapping to its columns."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for table, names in columns.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(names)


class _Writer:
    """Writes files beside the folder's and moves each in place when it is whole."""

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        connection: duckdb.DuckDBPyConnection,
        as_of: date,
        report: Callable[[str], object],
    ) -> None:
        self.folder = folder
        self.scratch = scratch
        self.connection = connection
        self.as_of = as_of
        self.report = report
        self.rows = 0

    def select(self, entity: str, query: str, dirty: str = "", last: date | None = None) -> None:
        """Write the rows of a query, and after them the dirty rows of another."""
        started = monotonic()
        unfinished = self.scratch / "unfinished.csv"
        rows = self._copy(query, unfinished, header=True)
        if dirty:
            dirty_file = self.scratch / "dirty.csv"
            rows += self._copy(dirty, dirty_file, header=False)
            with unfinished.open("ab") as whole, dirty_file.open("rb") as part:
                shutil.copyfileobj(part, whole)
        self._finish(unfinished, entity, last or self.as_of, rows, started)

    def small(self, entity: str, rows: list[dict[str, object]]) -> None:
        """Write rows that are already in memory; there is at least one."""
        started = monotonic()
        unfinished = self.scratch / "unfinished.csv"
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        self._finish(unfinished, entity, self.as_of, len(rows), started)

    def _copy(self, query: str, file: Path, header: bool) -> int:
        target = str(file).replace("'", "''")
        copied = self.connection.execute(
            f"copy ({query}) to '{target}' (format csv, header {str(header).lower()})"
        ).fetchone()
        return copied[0] if copied else 0

    def _finish(
        self, unfinished: Path, entity: str, last: date, rows: int, started: float
    ) -> None:
        target = self.folder / f"{entity}_{last}.csv"
        os.replace(unfinished, target)
        self.rows += rows
        self.report(f"{target.name}: {rows:,} rows in {monotonic() - started:.1f} s")


def _world(
    scratch: Path, plan: Plan, as_of: date, report: Callable[[str], object]
) -> duckdb.DuckDBPyConnection:
    """A scratch database with everything that happens to what is entered by the as-of date."""
    started = monotonic()
    connection = duckdb.connect(
        scratch / "world.duckdb",
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(scratch / "spill")},
    )
    prospects.create_days(connection, plan, as_of)
    prospects.create_company(connection, plan, as_of)
    prospects.create_accounts(connection, plan)
    prospects.create_leads(connection, plan)
    deals.create_opportunities(connection, plan, as_of)
    deals.create_stages(connection, plan)
    deals.create_lines(connection, plan)
    customers.create_customers(connection)
    customers.create_subscriptions(connection, plan)
    activities.create_reach(connection)
    snapshots.create_exported_opportunities(connection, as_of)
    report(f"history of the company made in {monotonic() - started:.1f} s")
    return connection


def _write_snapshots(writer: _Writer, plan: Plan) -> None:
    as_of = writer.as_of
    writer.select("accounts", snapshots.accounts(plan, as_of))
    writer.select("contacts", snapshots.contacts(plan))
    writer.select("leads", snapshots.leads(plan, as_of), snapshots.dirty_leads(as_of))
    writer.select(
        "opportunities", snapshots.opportunities(as_of), snapshots.dirty_opportunities()
    )
    writer.select(
        "opportunity_lines", snapshots.opportunity_lines(as_of), snapshots.dirty_lines()
    )
    writer.select("subscriptions", snapshots.subscriptions(as_of))
    for entity, rows in SMALL_TABLES.items():
        writer.small(entity, list(rows(plan, as_of)))


def _write_increments(writer: _Writer, plan: Plan, first: date) -> None:
    as_of = writer.as_of
    writer.select("opportunity_stages", increments.opportunity_stages(first, as_of))
    writer.select("survey_responses", increments.survey_responses(plan, first, as_of))
    while first <= as_of:
        last = min(as_of, next_month(first) - timedelta(days=1))
        writer.select(
            "activities",
            activities.activities(plan, first, last),
            activities.dirty_activities(plan, first, last),
            last,
        )
        first = last + timedelta(days=1)
