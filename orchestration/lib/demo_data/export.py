"""Writing the demo CRM's export files."""

import csv
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import duckdb

from . import activities, customers, deals, increments, prospects, snapshots
from .plan import Plan, next_quarter, plan_for, remember_plan
from .small_tables import SMALL_TABLES

MEMORY_LIMIT = "4GB"
QUARTERS_AT_A_TIME = 2


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
    rows = 0
    with TemporaryDirectory(dir=folder, prefix=".demo-") as scratch:
        with _world(Path(scratch), plan, as_of, report) as connection:
            writer = _Writer(folder, Path(scratch), connection, as_of)
            first = plan.start if newest is None else newest + timedelta(days=1)
            for written in chain(_snapshots(writer, plan), _increments(writer, plan, first)):
                rows += written.rows
                report(f"{written.name}: {written.rows:,} rows in {written.seconds:.1f} s")
    remember_plan(folder, plan, as_of)
    report(f"demo data as of {as_of}: {rows:,} rows in {monotonic() - started:.1f} s")


def write_templates(folder: Path | str, columns: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV file with only the header for each table of the mapping to its columns."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for table, names in columns.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(names)


@dataclass(frozen=True)
class _Written:
    """A file that was written; one without rows is left out of the folder."""

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class _Writer:
    """Writes files beside the folder's and moves each in place when it is whole."""

    folder: Path
    scratch: Path
    connection: duckdb.DuckDBPyConnection
    as_of: date

    def select(
        self, entity: str, query: str, dirty: str = "", last: date | None = None
    ) -> _Written:
        """Write the rows of a query, and after them the dirty rows of another."""
        started = monotonic()
        unfinished = self.scratch / f"{entity}_{last or self.as_of}.csv"
        rows = self._copy(query, unfinished, header=True)
        if dirty:
            dirty_file = unfinished.with_suffix(".dirty")
            rows += self._copy(dirty, dirty_file, header=False)
            with unfinished.open("ab") as whole, dirty_file.open("rb") as part:
                shutil.copyfileobj(part, whole)
            dirty_file.unlink()
        return self._finish(unfinished, rows, started)

    def small(self, entity: str, rows: list[dict[str, object]]) -> _Written:
        """Write rows that are already in memory; there is at least one."""
        started = monotonic()
        unfinished = self.scratch / f"{entity}_{self.as_of}.csv"
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return self._finish(unfinished, len(rows), started)

    def _copy(self, query: str, file: Path, header: bool) -> int:
        target = str(file).replace("'", "''")
        # A cursor of its own, so that files can be written side by side.
        with self.connection.cursor() as cursor:
            (rows,) = cursor.execute(
                f"copy ({query}) to '{target}' (format csv, header {str(header).lower()})"
            ).fetchone()
        return rows

    def _finish(self, unfinished: Path, rows: int, started: float) -> _Written:
        if rows:
            os.replace(unfinished, self.folder / unfinished.name)
        return _Written(unfinished.name, rows, monotonic() - started)


def _world(
    scratch: Path, plan: Plan, as_of: date, report: Callable[[str], object]
) -> duckdb.DuckDBPyConnection:
    """A scratch database with everything that happens to what is entered by the as-of date."""
    started = monotonic()
    connection = duckdb.connect(
        scratch / "world.duckdb",
        config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(scratch / "spill")},
    )
    connection.execute("set enable_progress_bar = false")
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
    snapshots.create_exported_opportunities(connection, plan, as_of)
    report(f"history of the company made in {monotonic() - started:.1f} s")
    return connection


def _snapshots(writer: _Writer, plan: Plan) -> Iterator[_Written]:
    as_of = writer.as_of
    yield writer.select("accounts", snapshots.accounts(plan, as_of))
    yield writer.select("contacts", snapshots.contacts(plan))
    yield writer.select("leads", snapshots.leads(plan, as_of), snapshots.dirty_leads(as_of))
    yield writer.select(
        "opportunities", snapshots.opportunities(as_of), snapshots.dirty_opportunities()
    )
    yield writer.select(
        "opportunity_lines", snapshots.opportunity_lines(as_of), snapshots.dirty_lines()
    )
    yield writer.select("subscriptions", snapshots.subscriptions(as_of))
    for entity, rows in SMALL_TABLES.items():
        yield writer.small(entity, list(rows(plan, as_of)))


def _increments(writer: _Writer, plan: Plan, first: date) -> Iterator[_Written]:
    """Write what came from the first day to the as-of date; nothing when that is over."""
    as_of = writer.as_of
    if first > as_of:
        return
    yield writer.select("opportunity_stages", increments.opportunity_stages(first, as_of))
    yield writer.select("survey_responses", increments.survey_responses(plan, first, as_of))

    def write_quarter(quarter: tuple[date, date]) -> _Written:
        return writer.select(
            "activities",
            activities.activities(plan, *quarter),
            activities.dirty_activities(plan, *quarter),
            quarter[1],
        )

    # DuckDB draws the rows of a quarter with one thread: two at a time keep two busy.
    with ThreadPoolExecutor(max_workers=QUARTERS_AT_A_TIME) as pool:
        yield from pool.map(write_quarter, _quarters(first, as_of))


def _quarters(first: date, last: date) -> list[tuple[date, date]]:
    """First and last day of each calendar quarter, or part of one, between two days."""
    quarters = []
    while first <= last:
        quarters.append((first, min(last, next_quarter(first) - timedelta(days=1))))
        first = next_quarter(first)
    return quarters
