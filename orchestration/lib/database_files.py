"""DuckDB files that another process has open, that are damaged, or whose disk is full."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb

POLL_SECONDS = 5
REPORT_SECONDS = 30
MAXIMUM_WAIT_SECONDS = 30 * 60
# What DuckDB says on Linux and macOS, and what Windows says.
_LOCKED = ("Could not set lock on file", "being used by another process")
_FULL_DISK = ("No space left on device", "not enough space on the disk")
_HOLDER = re.compile(r"Conflicting lock is held in (.+?)\.(?: |$)")
# Not among them: a file that this process has open itself.
_OPEN_ERRORS = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)


class DatabaseFileError(Exception):
    """A DuckDB file cannot be opened; the sentence names it and says what to do."""


class LockedFileError(DatabaseFileError):
    """Another process kept the file open for too long."""


class FullDiskError(DatabaseFileError):
    """There was no space to write to; what was not committed is not there."""


class UnreadableFileError(DatabaseFileError):
    """The file is damaged, or this user may not open it; the sentence has DuckDB's reason."""


def connect_when_free(
    file: Path,
    report: Callable[[str], None] = lambda message: None,
    configuration: Mapping[str, object] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for writing; while another process has it open, wait for that process.

    `report` gets a sentence that names the process at once and then every half minute. Raises
    LockedFileError after half an hour, and UnreadableFileError for a file that does not open.
    """
    for waited_seconds in count(step=POLL_SECONDS):
        try:
            return duckdb.connect(str(file), config=dict(configuration or {}))
        except _OPEN_ERRORS as error:
            if not any(sign in str(error) for sign in _LOCKED):
                raise UnreadableFileError(_describe_unreadable(file, error)) from error
            holder = _holder(error)
        if waited_seconds >= MAXIMUM_WAIT_SECONDS:
            raise LockedFileError(
                f"{file} is still open in {holder} after {waited_seconds // 60} minutes; close it"
                " there, or end that process if it was left over from a run that was killed, and"
                " run again."
            )
        if waited_seconds % REPORT_SECONDS == 0:
            report(f"Waiting for {file}: it is open in {holder}, {waited_seconds} s so far.")
        time.sleep(POLL_SECONDS)


@contextmanager
def writing_to(file: Path) -> Iterator[None]:
    """Say in one sentence that a disk is full, whatever statement noticed it.

    Raises FullDiskError; all other errors go through.
    """
    try:
        yield
    except duckdb.Error as error:
        if not is_about_full_disk(error):
            raise
        raise FullDiskError(
            f"{file} cannot be written, its disk is full ({_first_line(error)}); what was committed"
            " is there. Make room and run again."
        ) from error


def is_about_full_disk(error: duckdb.Error) -> bool:
    """Whether DuckDB had no space to write to: in the words of Linux and macOS, and of Windows."""
    return any(sign in str(error) for sign in _FULL_DISK)


def wait_until_free(file: Path, report: Callable[[str], None] = lambda message: None) -> None:
    """Wait until no other process has a DuckDB file open that this one is to read.

    `report` and errors are those of connect_when_free.
    """
    connect_when_free(file, report).close()


def prepare_build_file(
    build_file: Path, report: Callable[[str], None] = lambda message: None
) -> None:
    """Wait until the build file is free; delete it when it is damaged, for dbt to make it anew.

    Raises DatabaseFileError when it stays open elsewhere, or can neither be opened nor deleted.
    """
    if not build_file.exists():
        return
    try:
        wait_until_free(build_file, report)
    except UnreadableFileError as error:
        report(f"{error} It holds nothing that cannot be built again: it is made anew.")
        try:
            for file in (build_file, build_file.with_name(build_file.name + ".wal")):
                file.unlink(missing_ok=True)
        except OSError as refusal:
            raise DatabaseFileError(
                f"{build_file} can neither be opened nor deleted ({refusal.strerror}); check the"
                " permissions of its folder, delete the file and run again."
            ) from error


def _describe_unreadable(file: Path, error: duckdb.Error) -> str:
    reason = _first_line(error).replace(f'"{file}"', "the file")
    return f"{file} cannot be opened ({reason})."


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]


def _holder(error: duckdb.Error) -> str:
    found = _HOLDER.search(str(error))
    return found[1] if found else "another process"
