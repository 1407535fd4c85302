"""Only one refresh at a time: two would want to write the same DuckDB file."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.lib.warehouse_folder import writing_to_folder


@contextmanager
def refresh_lock(warehouse_folder: Path, report: Callable[[str], None], who: str) -> Iterator[None]:
    """Hold the warehouse for one refresh; wait, and report for whom, while another one has it.

    Raises WarehouseFolderError when the folder of the warehouse cannot be written.
    """
    holder_file = warehouse_folder / "refresh.holder.json"
    lock = FileLock(warehouse_folder / "refresh.lock")
    with writing_to_folder(warehouse_folder):
        warehouse_folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report(f"Waiting for another refresh of this warehouse: {_describe(holder_file)}.")
            lock.acquire()
    try:
        with writing_to_folder(warehouse_folder):
            _write_holder(holder_file, who)
        yield
    finally:
        holder_file.unlink(missing_ok=True)
        lock.release()


def _write_holder(holder_file: Path, who: str) -> None:
    holder_file.write_text(
        json.dumps(
            {
                "who": who,
                "process": os.getpid(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        )
    )


def _describe(holder_file: Path) -> str:
    try:
        holder = json.loads(holder_file.read_text())
    except (OSError, ValueError):
        return "it has just started or ended"
    return f"{holder['who']}, process {holder['process']}, since {holder['since']}"
