"""A refresh that is killed at any moment leaves nothing behind that the next one cannot mend.

Landing and publishing are the real ones, the build is one KPI in SQL; `make chaos` kills refreshes
with dbt and Dagster.
"""

import multiprocessing
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.small_refresh import PHASES, SmallWarehouse

KILLS_PER_PHASE = 20
FIRST_NIGHT, SECOND_NIGHT, THIRD_NIGHT = (datetime(2026, 4, night, 3) for night in (1, 2, 3))
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def processes() -> Iterator[multiprocessing.context.BaseContext]:
    """Processes that start fast, with everything imported, and share no thread with pytest."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.small_refresh"])
    yield context


@dataclass(frozen=True)
class Nights:
    """A warehouse after its first night with the exports of the second, and what comes of them."""

    before: SmallWarehouse
    first_raw_rows: dict[str, list]
    first_values: list
    raw_rows: dict[str, list]
    values: list
    history: list
    phase_seconds: dict[str, float]


def run(folder: Path, now: datetime, parent: Connection) -> None:
    SmallWarehouse(folder).refresh(now, parent.send)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    before = SmallWarehouse(tmp_path_factory.mktemp("nights"))
    before.write_exports(1)
    before.refresh(FIRST_NIGHT)
    before.write_exports(2)
    undisturbed = copy(before, tmp_path_factory.mktemp("undisturbed"))
    moments: list[float] = []
    undisturbed.refresh(SECOND_NIGHT, lambda phase: moments.append(time.monotonic()))
    moments.append(time.monotonic())
    nights = Nights(
        before=before,
        first_raw_rows=before.raw_rows(),
        first_values=before.values(),
        raw_rows=undisturbed.raw_rows(),
        values=undisturbed.values(),
        history=undisturbed.history(),
        phase_seconds={
            phase: end - start
            for phase, start, end in zip(PHASES, moments, moments[1:], strict=False)
        },
    )
    assert nights.first_values != nights.values
    return nights


def copy(warehouse: SmallWarehouse, folder: Path) -> SmallWarehouse:
    shutil.copytree(warehouse.folder, folder, dirs_exist_ok=True)
    return SmallWarehouse(folder)


def kill_in(
    processes: Any, warehouse: SmallWarehouse, phase: str, seconds_after_its_start: float
) -> int:
    """Kill a second night's refresh; gives its exit code, 0 when it was done before."""
    parent, child = processes.Pipe(duplex=False)
    refresh = processes.Process(target=run, args=(warehouse.folder, SECOND_NIGHT, child))
    refresh.start()
    child.close()
    while parent.poll(PATIENCE_SECONDS) and parent.recv() != phase:
        pass
    time.sleep(seconds_after_its_start)
    refresh.kill()
    refresh.join(PATIENCE_SECONDS)
    return refresh.exitcode


@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_refresh_loses_nothing_and_the_next_one_completes(
    processes: Any, nights: Nights, tmp_path: Path, phase: str
) -> None:
    moments = random.Random(phase)
    exit_codes = []
    for attempt in range(KILLS_PER_PHASE):
        warehouse = copy(nights.before, tmp_path / str(attempt))
        exit_codes.append(
            kill_in(processes, warehouse, phase, moments.uniform(0, nights.phase_seconds[phase]))
        )

        check_raw_rows(warehouse, nights)
        assert warehouse.values() in (nights.first_values, nights.values)
        warehouse.refresh(THIRD_NIGHT)
        assert warehouse.raw_rows() == nights.raw_rows
        assert warehouse.values() == nights.values
        assert warehouse.history() == nights.history
        assert [file.name for file in warehouse.published_file.parent.iterdir()] == [
            "sales_kpis.duckdb"
        ]
    assert -9 in exit_codes


def check_raw_rows(warehouse: SmallWarehouse, nights: Nights) -> None:
    """Each table is as it was before a file, or as it is after it: no half, and none doubled."""
    landed = warehouse.raw_rows()
    for table in ("deals", "notes"):
        assert (landed[table], landed[f"{table}__superseded"]) in (
            (nights.first_raw_rows[table], nights.first_raw_rows[f"{table}__superseded"]),
            (nights.raw_rows[table], nights.raw_rows[f"{table}__superseded"]),
        )
