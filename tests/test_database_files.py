"""DuckDB files that a second process has open, and damaged ones."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

import orchestration.lib.database_files as database_files
from orchestration.lib.database_files import (
    DatabaseFileError,
    FullDiskError,
    LockedFileError,
    UnreadableFileError,
    connect_when_free,
    prepare_build_file,
    writing_to,
)
from orchestration.lib.landing import open_raw

# Holds the file open, to read as dbt does or to write, until its input ends.
SECOND_PROCESS = """
import sys
import duckdb

connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reading")
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def opened_elsewhere(file: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SECOND_PROCESS, str(file), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table numbers as select range as number from range(100000)")
    return path


def read_numbers(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("select count(*) from numbers").fetchone()[0]


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_a_file_that_is_open_elsewhere_is_waited_for_and_its_process_named(
    file: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    with opened_elsewhere(file, how) as process:

        def end_the_process(seconds: float) -> None:
            process.kill()
            process.wait()

        monkeypatch.setattr(database_files.time, "sleep", end_the_process)
        with connect_when_free(file, messages.append) as connection:
            assert read_numbers(connection) == 100_000

    (message,) = messages
    assert message.startswith(f"Waiting for {file}: it is open in ")
    assert f"(PID {process.pid}), 0 s so far." in message


def test_waiting_is_reported_every_half_minute_and_ends_after_half_an_hour(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(database_files.time, "sleep", lambda seconds: None)
    with opened_elsewhere(file, "writing") as process:
        with pytest.raises(LockedFileError) as error:
            connect_when_free(file, messages.append)

    assert len(messages) == 60
    assert messages[1].endswith(", 30 s so far.")
    assert str(file) in str(error.value)
    assert f"(PID {process.pid}) after 30 minutes; close it there" in str(error.value)


def cut_to_nothing(content: bytes) -> bytes:
    return b""


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def no_database(content: bytes) -> bytes:
    return b"deal_id,deal_name\n" * 1_000


def broken_headers(content: bytes) -> bytes:
    return content[:4_096] + b"\xff" * 8_192 + content[12_288:]


DAMAGES = [cut_to_nothing, cut_in_half, no_database, broken_headers]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_build_file_is_deleted_with_a_word(file: Path, damage: object) -> None:
    messages: list[str] = []
    file.write_bytes(damage(file.read_bytes()))
    file.with_name("build.duckdb.wal").write_bytes(b"what was not written yet")

    prepare_build_file(file, messages.append)

    assert list(file.parent.iterdir()) == []
    (message,) = messages
    assert message.startswith(f"{file} cannot be opened (IO Error: ")
    assert message.endswith("It holds nothing that cannot be built again: it is made anew.")


def test_a_good_build_file_stays_without_a_word(file: Path) -> None:
    messages: list[str] = []

    prepare_build_file(file, messages.append)
    prepare_build_file(file.with_name("absent.duckdb"), messages.append)

    with duckdb.connect(str(file)) as connection:
        assert read_numbers(connection) == 100_000
    assert messages == []


def test_a_build_file_that_can_neither_be_opened_nor_deleted_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "build.duckdb"
    folder.mkdir()

    with pytest.raises(DatabaseFileError, match="can neither be opened nor deleted") as error:
        prepare_build_file(folder)

    assert str(folder) in str(error.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_raw_file_is_left_as_it_is(file: Path, damage: object) -> None:
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)

    with pytest.raises(UnreadableFileError) as error:
        open_raw(file)

    assert str(error.value).startswith(f"{file} cannot be opened (IO Error: ")
    assert "restore the newest copy of it and run again" in str(error.value)
    assert "\n" not in str(error.value)
    assert file.read_bytes() == damaged


def test_a_file_that_this_process_has_open_itself_is_no_damaged_file(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True):
        with pytest.raises(duckdb.ConnectionException):
            prepare_build_file(file)

    assert file.exists()


def test_a_full_disk_is_said_in_one_sentence(file: Path) -> None:
    with pytest.raises(FullDiskError) as error:
        with writing_to(file):
            raise duckdb.TransactionException(
                "Failed to commit: Could not write file: No space left on device\nStack trace: …"
            )

    assert str(error.value) == (
        f"{file} cannot be written, its disk is full (Failed to commit: Could not write file: No"
        " space left on device); what was committed is there. Make room and run again."
    )


def test_other_errors_are_not_taken_for_a_full_disk(file: Path) -> None:
    with pytest.raises(duckdb.CatalogException):
        with writing_to(file), duckdb.connect(str(file)) as connection:
            connection.execute("from absent")
