"""Kill refreshes of demo data, with dbt and Dagster, at random moments: `make chaos N=60`.

After each kill every raw table must be as before or as after one of its files, and the published
file must be the old or the new one; then the next refresh must give what an undisturbed one gives.
Half of the kills hit the refresh alone, which leaves dbt behind without its parent; half hit dbt
too.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.sql_text import attach_read_only
from tests.conftest import make_settings

SCALE = 4_000
FIRST_NIGHT, SECOND_NIGHT = date(2026, 3, 10), date(2026, 3, 11)
# What a refresh says when it has come so far, the last first.
_PLACES = (
    ("Published", "the end"),
    ("Completed successfully", "publish"),
    ("Found ", "build"),
    ("crm.", "landing"),
)
_WITHOUT_MOMENTS = "columns(c -> c not in ('_landed_at', '_landing_id', '_superseded_at'))"

Rows = list[tuple[Any, ...]]


def main() -> int:
    count = int(os.environ.get("N", "60"))
    with tempfile.TemporaryDirectory(prefix="sales_kpis_chaos_") as folder:
        return _kill(count, Path(folder))


def _kill(count: int, folder: Path) -> int:
    settings = make_settings(folder / "now", folder / "now" / "landing", "crm")
    _write_exports(settings, FIRST_NIGHT)
    _finish(settings)
    before = _raw_rows(settings), _values(settings)
    _write_exports(settings, SECOND_NIGHT)
    shutil.copytree(folder / "now", folder / "before")
    started = time.monotonic()
    _finish(settings)
    seconds = time.monotonic() - started
    after = _raw_rows(settings), _values(settings), _history(settings)
    print(f"An undisturbed refresh takes {seconds:.0f} s; killing {count}.", flush=True)
    moments = random.Random(count)
    found: Counter[str] = Counter()
    failures = 0
    for number in range(1, count + 1):
        shutil.rmtree(folder / "now")
        shutil.copytree(folder / "before", folder / "now")
        moment, with_children = moments.uniform(0, seconds), number % 2 == 0
        where = _kill_after(settings, _start(settings), moment, with_children)
        problems = _problems_after_kill(settings, before, after)
        if _start(settings).wait():
            problems.append(f"the next refresh failed:\n{_log_file(settings).read_text()}")
        else:
            problems += _problems_after_next_run(settings, after)
        failures += bool(problems)
        found[where] += 1
        print(
            f"{number:>4}  after {moment:5.1f} s, in {where}"
            f"{', with dbt' if with_children else ''}: {'; '.join(problems) or 'no harm'}",
            flush=True,
        )
    places = ", ".join(f"{times} in {place}" for place, times in found.most_common())
    print(f"{count} refreshes killed ({places}): {failures} did harm.")
    return 1 if failures else 0


def _write_exports(settings: Settings, as_of: date) -> None:
    folder = settings.landing_folder / "crm"
    write_demo_data(folder, scale=SCALE, as_of=as_of, report=lambda message: None)


def _start(settings: Settings) -> subprocess.Popen[str]:
    with _log_file(settings).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.run"],
            cwd=PROJECT_FOLDER,
            env={
                **settings.dbt_environment,
                "SALES_KPIS_LANDING": str(settings.landing_folder),
                "DAGSTER_HOME": str(settings.warehouse_folder.parent / "dagster"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def _log_file(settings: Settings) -> Path:
    return settings.warehouse_folder.parent / "refresh.log"


def _finish(settings: Settings) -> None:
    if _start(settings).wait():
        raise SystemExit(f"An undisturbed refresh failed:\n{_log_file(settings).read_text()}")


def _kill_after(
    settings: Settings, run: subprocess.Popen[str], seconds: float, with_children: bool
) -> str:
    """Kill a refresh after so many seconds; gives the place that its output had come to."""
    time.sleep(seconds)
    if with_children:
        os.killpg(run.pid, signal.SIGKILL)
    else:
        run.kill()
    run.wait()
    output = _log_file(settings).read_text()
    return next((place for text, place in _PLACES if text in output), "the start")


def _problems_after_kill(settings: Settings, before: tuple, after: tuple) -> list[str]:
    problems = []
    raw_rows = _raw_rows(settings)
    for table, rows in raw_rows.items():
        # a table's current and superseded rows change together
        pair = f"{table}__superseded" if f"{table}__superseded" in raw_rows else table
        if (rows, raw_rows[pair]) not in (
            (before[0][table], before[0][pair]),
            (after[0][table], after[0][pair]),
        ) and not _is_between(rows, before[0][table], after[0][table]):
            problems.append(f"raw_crm.{table} is neither as before nor as after")
    if _values(settings) not in (before[1], after[1]):
        problems.append("the published file is neither the old nor the new one")
    return problems


def _is_between(rows: Rows, before: Rows, after: Rows) -> bool:
    """Whether some of the files of a table have landed, each of them wholly: no row is doubled."""
    return len(set(rows)) == len(rows) and set(rows) <= {*before, *after}


def _problems_after_next_run(settings: Settings, after: tuple) -> list[str]:
    raw_rows, values, history = after
    return [
        problem
        for problem, is_same in (
            ("raw rows differ from an undisturbed run's", _raw_rows(settings) == raw_rows),
            ("published values differ from an undisturbed run's", _values(settings) == values),
            ("published history differs from an undisturbed run's", _history(settings) == history),
        )
        if not is_same
    ]


def _raw_rows(settings: Settings) -> dict[str, Rows]:
    """The rows of all raw tables, superseded ones too, without when they landed."""
    tables = _read(
        settings.raw_file,
        "select table_name from duckdb_tables() where schema_name = 'raw_crm' order by all",
    )
    return {
        table: _read(
            settings.raw_file, f"select {_WITHOUT_MOMENTS} from raw_crm.{table} order by all"
        )
        for (table,) in tables
    }


def _values(settings: Settings) -> Rows:
    return _read(settings.published_file, "from reporting.kpi_values order by all")


def _history(settings: Settings) -> Rows:
    return _read(
        settings.raw_file,
        "select dense_rank() over (order by published_at),"
        " columns(c -> c not in ('publish_id', 'published_at'))"
        " from reporting.kpi_publications order by all",
    )


def _read(file: Path, query: str) -> Rows:
    with duckdb.connect() as connection:
        attach_read_only(connection, file, "any_name")
        connection.execute("use any_name")
        return connection.execute(query).fetchall()


if __name__ == "__main__":
    sys.exit(main())
