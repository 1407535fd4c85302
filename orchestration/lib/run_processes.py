"""Which runs have lost their process.

A run holds a file of its own. The operating system lets go of it when the process ends, however it
ends, and a run that ends by itself takes it away.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.lib.warehouse_folder import writing_to_folder


@contextmanager
def run_file(warehouse_folder: Path, run_id: str) -> Iterator[None]:
    """Hold the file of a run as long as its process lives.

    Raises WarehouseFolderError when the folder of the warehouse cannot be written.
    """
    file = _run_file(warehouse_folder, run_id)
    lock = FileLock(file)
    with writing_to_folder(warehouse_folder):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        with writing_to_folder(warehouse_folder):
            # only now: a file without a word was not held yet, or is held no more
            file.write_text(f"process {os.getpid()}\n")
        yield
    finally:
        # before it is let go, so that it cannot look as if the process had died
        file.unlink()
        lock.release()


def has_died(warehouse_folder: Path, run_id: str) -> bool:
    """Whether the process of a run ended before the run did.

    False for a run that has not begun, goes on, or has ended, and for one on another warehouse.
    """
    file = _run_file(warehouse_folder, run_id)
    if not file.exists():
        return False
    try:
        with FileLock(file, timeout=0):
            return file.read_text() != ""
    except Timeout:
        return False


def forget_run(warehouse_folder: Path, run_id: str) -> None:
    """Take away the file of a run that has died."""
    _run_file(warehouse_folder, run_id).unlink(missing_ok=True)


def _run_file(warehouse_folder: Path, run_id: str) -> Path:
    return warehouse_folder / "runs" / f"{run_id}.lock"
