"""What a refresh says when a file of the warehouse is open elsewhere, damaged or cannot be written.

`python -m tests.chaos.warehouse_files`, five minutes. Prints what whoever is on call would see, and
fails when yesterday's numbers cannot be read at any moment. A full and a read-only disk need root.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only
from tests.conftest import make_settings, refresh

SCALE = 4_000
AS_OF, NEXT_DAY = date(2026, 3, 10), date(2026, 3, 11)
# Has a file open, to write or to read, until it has seen the refresh wait or end.
HOLDER = """
import sys
import time
import duckdb

connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
print("open", flush=True)
time.sleep(float(sys.argv[3]))
"""
SPARE_BYTES = (0, 3_000_000, 20_000_000)


def main() -> int:
    """Try everything once; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="sales_kpis_chaos_") as name:
        folder = Path(name)
        settings = make_settings(folder, folder / "landing", "crm")
        _write_exports(settings, AS_OF)
        _expect(_refresh(settings), 0)
        print("A first refresh succeeded.", flush=True)
        if os.getuid() == 0:
            _try_disks(settings, folder)
        _try_damaged_files(settings)
        _try_open_files(settings)
    return 0


def _try_open_files(settings: Settings) -> None:
    with (
        _opened_elsewhere(settings.raw_file, "writing", seconds=90),
        _opened_elsewhere(settings.build_file, "reading", seconds=150),
    ):
        run = _refresh(settings)
    _tell("raw.duckdb and build.duckdb are open elsewhere", run, settings)
    _expect(run, 0)


def _try_damaged_files(settings: Settings) -> None:
    for file, exit_code in ((settings.build_file, 0), (settings.raw_file, 1)):
        good = file.read_bytes()
        file.write_bytes(good[: len(good) // 2])
        run = _refresh(settings)
        _tell(f"{file.name} was cut in half", run, settings)
        _expect(run, exit_code)
        if exit_code:
            if file.read_bytes() != good[: len(good) // 2]:
                raise SystemExit(f"{file} was touched.")
            file.write_bytes(good)


def _try_disks(settings: Settings, folder: Path) -> None:
    """A refresh of the next day on disks that are full sooner or later, and on a read-only one."""
    _write_exports(settings, NEXT_DAY)
    # In blocks, as a disk counts.
    size = sum(4_096 + file.stat().st_size for file in settings.warehouse_folder.rglob("*"))
    with _disk(folder / "disk", 2 * size) as disk:
        on_disk = make_settings(disk, settings.landing_folder, "crm")
        shutil.copytree(settings.warehouse_folder, on_disk.warehouse_folder)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        run = _refresh(on_disk, folder)
        _tell("a read-only disk", run, on_disk)
        _expect(run, 1)
    for spare_bytes in SPARE_BYTES:
        with _disk(folder / "disk", size + spare_bytes) as disk:
            on_disk = make_settings(disk, settings.landing_folder, "crm")
            shutil.copytree(settings.warehouse_folder, on_disk.warehouse_folder)
            run = _refresh(on_disk, folder)
            _tell(f"a disk with room for {spare_bytes / 1e6:.0f} MB", run, on_disk)


@contextmanager
def _disk(folder: Path, byte_count: int) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={byte_count}", "tmpfs", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def _opened_elsewhere(file: Path, how: str, seconds: float) -> Iterator[None]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file), how, str(seconds)], stdout=subprocess.PIPE
    )
    try:
        holder.stdout.readline()
        yield
    finally:
        holder.kill()
        holder.communicate()


def _write_exports(settings: Settings, as_of: date) -> None:
    folder = settings.landing_folder / "crm"
    write_demo_data(folder, scale=SCALE, as_of=as_of, report=lambda message: None)


def _refresh(
    settings: Settings, home_folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return refresh(settings, (home_folder or settings.warehouse_folder.parent) / "dagster")


def _expect(run: subprocess.CompletedProcess[str], exit_code: int) -> None:
    if run.returncode != exit_code:
        raise SystemExit(f"The refresh gave {run.returncode}:\n{run.stdout}{run.stderr}")


def _tell(
    what: str, run: subprocess.CompletedProcess[str], settings: Settings, line_count: int = 6
) -> None:
    """What the refresh said of it, and that the published file can be read."""
    signs = ("Waiting for", "cannot be", "failed", "full", "No space", "Read-only")
    lines = [
        line
        for line in (run.stdout + run.stderr).splitlines()
        if any(sign in line for sign in signs)
    ]
    with duckdb.connect() as connection:
        attach_read_only(connection, settings.published_file, "published")
        published_at, row_count = connection.execute(
            "select (select published_at from published.reporting.publication),"
            " (select count(*) from published.reporting.kpi_values)"
        ).fetchone()
    print(f"\n{what}: exit code {run.returncode}", flush=True)
    # dbt repeats itself when it cannot write its log.
    for line in list(dict.fromkeys(lines))[-line_count:]:
        print(f"    {line[:400]}", flush=True)
    print(f"    published {published_at}, {row_count:,} values can be read", flush=True)


if __name__ == "__main__":
    sys.exit(main())
