"""Kill refreshes of demo data, with dbt and Dagster, at random moments: `make chaos N=60`.

After each kill every raw table must be as before or as after one of its files, and the published
file must be the old or the new one. The next refresh is killed too, up to three in a row, or must
give what an undisturbed one gives. Each phase of a refresh is as likely, however short it is.
Half of the kills hit the refresh alone, which leaves dbt behind without its parent; half hit dbt
too.
"""

import os
import random
import shutil
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
from tests.chaos.trial import kill_group
from tests.conftest import make_settings

SCALE = 4_000
FIRST_NIGHT, SECOND_NIGHT = date(2026, 3, 10), date(2026, 3, 11)
MOST_IN_A_ROW = 3
# What a refresh says when it has come to a phase.
_SIGNS = {
    "the start": "",
    "landing": "crm.",
    "build": "Found ",
    "publish": "Completed successfully",
    "the end": "Published ",
}
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
    phases = _measure_phases(settings)
    after = _raw_rows(settings), _values(settings), _history(settings)
    lengths = ", ".join(f"{phase} {seconds:.0f}" for phase, seconds in phases.items())
    print(f"Seconds of an undisturbed refresh: {lengths}; killing {count}.", flush=True)
    chance = random.Random(count)
    found: Counter[str] = Counter()
    failures = finished = in_a_row = 0
    for number in range(1, count + 1):
        if in_a_row == 0:
            shutil.rmtree(folder / "now")
            shutil.copytree(folder / "before", folder / "now")
        in_a_row += 1
        phase = chance.choice(list(phases))
        moment, with_children = chance.uniform(0, phases[phase]), number % 2 == 0
        where = _kill_in(settings, phase, moment, with_children)
        problems = _problems_after_kill(settings, before, after)
        is_last = in_a_row == MOST_IN_A_ROW or number == count or chance.random() < 0.5
        if is_last and _start(settings).wait():
            problems.append(f"the next refresh failed:\n{_log_file(settings).read_text()}")
        elif is_last:
            problems += _problems_after_next_run(settings, after)
        failures += bool(problems)
        finished += is_last
        found[where] += 1
        print(
            f"{number:>4}  in {where}{', with dbt' if with_children else ''}"
            f"{'' if is_last else ', and the next one too'}: {'; '.join(problems) or 'no harm'}",
            flush=True,
        )
        in_a_row = 0 if is_last or problems else in_a_row
    places = ", ".join(f"{times} in {place}" for place, times in found.most_common())
    print(
        f"{count} refreshes killed ({places}), {finished} finished after one to {MOST_IN_A_ROW}"
        f" kills in a row: {failures} did harm."
    )
    return 1 if failures else 0


def _write_exports(settings: Settings, as_of: date) -> None:
    folder = settings.landing_folder / "crm"
    write_demo_data(folder, scale=SCALE, as_of=as_of, report=lambda message: None)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    with _log_file(settings).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.run"],
            cwd=PROJECT_FOLDER,
            env={
                **settings.dbt_environment,
                "SALES_KPIS_LANDING": str(settings.landing_folder),
                "DAGSTER_HOME": str(settings.warehouse_folder.parent / "dagster"),
                # seconds of each refresh, after the publish; tests/test_boards.py looks at it
                "SALES_KPIS_EXPORT_SCORECARD": "no",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _log_file(settings: Settings) -> Path:
    return settings.warehouse_folder.parent / "refresh.log"


def _finish(settings: Settings) -> None:
    if _start(settings).wait():
        raise SystemExit(f"An undisturbed refresh failed:\n{_log_file(settings).read_text()}")


def _measure_phases(settings: Settings) -> dict[str, float]:
    """The seconds of each phase of an undisturbed refresh."""
    run = _start(settings)
    starts = {phase: _wait_for(settings, run, phase) for phase in _SIGNS}
    if run.wait():
        raise SystemExit(f"An undisturbed refresh failed:\n{_log_file(settings).read_text()}")
    ends = [*list(starts.values())[1:], time.monotonic()]
    return {phase: end - start for (phase, start), end in zip(starts.items(), ends, strict=True)}


def _wait_for(settings: Settings, run: subprocess.Popen[bytes], phase: str) -> float:
    """Wait until a refresh has come to a phase or is past it; gives the time."""
    phases = list(_SIGNS)
    while run.poll() is None and phases.index(_place(settings)) < phases.index(phase):
        time.sleep(0.02)
    return time.monotonic()


def _place(settings: Settings) -> str:
    """The phase that the output of a refresh has come to."""
    output = _log_file(settings).read_text()
    return next(phase for phase, sign in reversed(_SIGNS.items()) if sign in output)


def _kill_in(settings: Settings, phase: str, seconds: float, with_children: bool) -> str:
    """Kill a refresh so many seconds after a phase began; gives the phase that it had come to."""
    run = _start(settings)
    _wait_for(settings, run, phase)
    time.sleep(seconds)
    if run.poll() is not None:
        return "nothing: it had ended"
    if with_children:
        kill_group(run)
    else:
        run.kill()
        run.wait()
    return _place(settings)


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
