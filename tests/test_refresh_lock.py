"""Only one refresh at a time, seen from a second process."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.lib.refresh_lock import refresh_lock
from orchestration.lib.settings import PROJECT_FOLDER
from orchestration.lib.warehouse_folder import WarehouseFolderError

PATIENCE_SECONDS = 60

# Prints what it reports, `holding` once it has the warehouse, and gives it back on a line of input.
SECOND_PROCESS = """
import sys
from pathlib import Path
from orchestration.lib.refresh_lock import refresh_lock

def report(message):
    print(message, flush=True)

with refresh_lock(Path(sys.argv[1]), report, "the second refresh"):
    print("holding", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def second_process(warehouse_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that takes the lock; killed when it takes too long, so that no test hangs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SECOND_PROCESS, str(warehouse_folder)],
        cwd=PROJECT_FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    patience = threading.Timer(PATIENCE_SECONDS, process.kill)
    patience.start()
    try:
        yield process
    finally:
        patience.cancel()
        process.kill()
        process.communicate()


def ignore(message: str) -> None:
    pass


def test_a_second_process_waits_and_says_for_whom(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with refresh_lock(tmp_path, ignore, "the first refresh"):
            second = stack.enter_context(second_process(tmp_path))
            waiting = second.stdout.readline()
        holding = second.stdout.readline()
        second.communicate("done\n")

    assert waiting.startswith(
        "Waiting for another refresh of this warehouse: the first refresh, process "
    )
    assert holding == "holding\n"
    assert second.returncode == 0


def test_a_free_warehouse_is_held_without_a_word(tmp_path: Path) -> None:
    messages: list[str] = []

    with refresh_lock(tmp_path / "warehouse", messages.append, "the first refresh"):
        pass

    assert messages == []


def test_the_holder_is_forgotten_when_the_refresh_ends(tmp_path: Path) -> None:
    holder_file = tmp_path / "refresh.holder.json"

    with refresh_lock(tmp_path, ignore, "the first refresh"):
        assert "the first refresh" in holder_file.read_text()
    assert not holder_file.exists()


def test_a_failed_refresh_gives_the_warehouse_back(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="dbt failed"):
        with refresh_lock(tmp_path, ignore, "the first refresh"):
            raise RuntimeError("dbt failed")

    assert not (tmp_path / "refresh.holder.json").exists()
    FileLock(tmp_path / "refresh.lock").acquire(timeout=0).lock.release()


def test_a_killed_refresh_gives_the_warehouse_back(tmp_path: Path) -> None:
    with second_process(tmp_path) as second:
        assert second.stdout.readline() == "holding\n"
        second.kill()
    messages: list[str] = []

    with refresh_lock(tmp_path, messages.append, "the first refresh"):
        assert "the first refresh" in (tmp_path / "refresh.holder.json").read_text()
    assert messages == []


def test_a_holder_file_that_is_not_written_yet_is_no_error(tmp_path: Path) -> None:
    messages: list[str] = []
    other_lock = FileLock(tmp_path / "refresh.lock")
    other_lock.acquire()

    def note_and_let_go(message: str) -> None:
        messages.append(message)
        other_lock.release()

    with refresh_lock(tmp_path, note_and_let_go, "the first refresh"):
        pass

    assert messages == [
        "Waiting for another refresh of this warehouse: it has just started or ended."
    ]


def test_warehouses_do_not_wait_for_each_other(tmp_path: Path) -> None:
    messages: list[str] = []

    with refresh_lock(tmp_path / "here", messages.append, "the first refresh"):
        with refresh_lock(tmp_path / "there", messages.append, "the second refresh"):
            pass

    assert messages == []


def test_a_warehouse_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse").write_text("a file where the folder should be")

    with pytest.raises(WarehouseFolderError) as error:
        with refresh_lock(tmp_path / "warehouse", ignore, "the first refresh"):
            pass

    assert str(error.value).startswith(f"{tmp_path / 'warehouse'} cannot be written (")
    assert "SALES_KPIS_WAREHOUSE" in str(error.value)


def test_an_error_of_the_refresh_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="export"):
        with refresh_lock(tmp_path, ignore, "the first refresh"):
            raise PermissionError("export")
