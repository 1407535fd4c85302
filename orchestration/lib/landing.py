"""Land the files of a raw table: find them, read them, add what they change to the raw tables.

Each file is one transaction. A file that cannot land leaves its table as it was and an entry with
status `failed` in the ledger `landing.files`; the next files go on.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.database_files import UnreadableFileError, connect_when_free
from orchestration.lib.landing_files import (
    Fingerprint,
    LandingError,
    LandingFile,
    check_location,
    check_unchanged,
    find_files,
    fingerprint,
)
from orchestration.lib.landing_readers import stage_file
from orchestration.lib.landing_rejects import (
    check_not_all_rejected,
    count_rejected,
    write_rejected_rows,
)
from orchestration.lib.landing_tables import (
    STAGED_ROWS,
    add_columns,
    current_table,
    data_columns,
    prepare_tables,
)
from orchestration.lib.landing_versions import Landing, VersionCounts, apply_versions

HEARTBEAT_SECONDS = 10.0
LARGE_FILE_BYTES = 16_000_000


@dataclass(frozen=True)
class FileLanding:
    """What became of one file; `status` is `landed`, `skipped` (landed before) or `failed`.

    `row_count` counts the rows read, rejected ones included; the other counts are of keys.
    """

    source_file: str
    status: str
    landing_id: str | None = None
    error_message: str | None = None
    byte_count: int | None = None
    checksum: str | None = None
    row_count: int = 0
    rejected_count: int = 0
    versions: VersionCounts = field(default_factory=VersionCounts)


@dataclass(frozen=True)
class TableLanding:
    """What became of the files of one table.

    `errors` has one sentence for each failed file, or one for a table that cannot land at all.
    `row_count_total` is the number of present rows afterwards, tombstones excluded.
    """

    source_name: str
    table_name: str
    files: tuple[FileLanding, ...]
    errors: tuple[str, ...]
    row_count_total: int

    @property
    def row_count(self) -> int:
        return sum(file.row_count for file in self.files)

    @property
    def new_count(self) -> int:
        return sum(file.versions.new for file in self.files)

    @property
    def changed_count(self) -> int:
        return sum(file.versions.changed for file in self.files)

    @property
    def unchanged_count(self) -> int:
        return sum(file.versions.unchanged for file in self.files)

    @property
    def deleted_count(self) -> int:
        return sum(file.versions.deleted for file in self.files)

    @property
    def rejected_count(self) -> int:
        return sum(file.rejected_count for file in self.files)

    @property
    def rejected_share(self) -> float:
        """Rejected rows as a fraction of the rows read now; 0 when none were read."""
        return self.rejected_count / self.row_count if self.row_count else 0.0


def open_raw(
    path: Path | str,
    memory_limit: str = "2GB",
    temp_directory: Path | str | None = None,
    report: Callable[[str], None] = lambda message: None,
) -> duckdb.DuckDBPyConnection:
    """Open the raw DuckDB file for writing, with bounded memory; makes its folder.

    What does not fit in `memory_limit` goes to `temp_directory`, by default beside the file. While
    another process has the file open, it waits and `report` gets for whom. Raises
    DatabaseFileError when that takes too long, and for a damaged file, which is left as it is.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(temp_directory) if temp_directory else path.with_name(path.name + ".tmp")
    try:
        return connect_when_free(
            path,
            report,
            {
                "memory_limit": memory_limit,
                "temp_directory": str(folder),
                "preserve_insertion_order": True,
                # Every file is a transaction of its own: many small ones share a checkpoint.
                "checkpoint_threshold": "256MB",
            },
        )
    except UnreadableFileError as error:
        raise UnreadableFileError(
            f"{error} It holds everything that has landed and is left as it is: check its"
            " permissions and the disk; if the file is damaged, put it aside, restore the newest"
            " copy of it and run again."
        ) from error


def land_table(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    landing_folder: Path | str,
    landed_at: datetime,
    report: Callable[[str], None] = lambda message: None,
) -> TableLanding:
    """Land all files of a table that have not landed yet, in the order of their names.

    `landed_at` is a UTC time without zone. Should the clock have gone back, the newest landing of
    the table counts instead, because versions must follow each other. `report` gets progress in
    sentences, from another thread too. A file that cannot land does not raise; it is in `errors`.
    """
    if landed_at.tzinfo is not None:
        raise ValueError("landed_at must be a UTC time without a zone.")
    landing_folder = Path(landing_folder)
    try:
        prepare_tables(connection, contract)
        files = find_files(contract, landing_folder)
    except LandingError as error:
        report(str(error))
        return TableLanding(contract.source_name, contract.table_name, (), (str(error),), 0)
    landed_at = max(landed_at, newest_landing(connection, contract) or landed_at)
    landings = tuple(
        land_file(connection, contract, file, landing_folder, landed_at, report) for file in files
    )
    return TableLanding(
        source_name=contract.source_name,
        table_name=contract.table_name,
        files=landings,
        errors=tuple(landing.error_message for landing in landings if landing.error_message),
        row_count_total=connection.execute(
            f"select count(*) from {current_table(contract)} where not _is_deleted"
        ).fetchone()[0],
    )


def land_file(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    landing_folder: Path,
    landed_at: datetime,
    report: Callable[[str], None],
    is_repeated: bool = False,
) -> FileLanding:
    """Land one file in a transaction; skip it when it has landed, unless it is to be repeated.

    The tables must be there. A file that cannot land does not raise; its status is `failed`.
    """
    landing = Landing(str(uuid.uuid4()), landed_at, file.source_file)
    before: Fingerprint | None = None
    started = time.monotonic()
    try:
        check_location(file, landing_folder)
        before = fingerprint(file)
        if is_repeated:
            landing = replace(landing, repeated_checksum=before.checksum)
        elif has_landed(connection, contract, file, before):
            return FileLanding(file.source_file, "skipped")
        report(f"{contract.full_name}: reading {file.source_file} ({before.byte_count:,} bytes).")
        with _heartbeat(report, f"{contract.full_name}: still landing {file.source_file}"):
            result = _land_content(connection, contract, file, before, landing)
    except LandingError as error:
        result = FileLanding(
            source_file=file.source_file,
            status="failed",
            landing_id=landing.landing_id,
            error_message=str(error),
            byte_count=before.byte_count if before else None,
            checksum=before.checksum if before else None,
        )
        _write_ledger(connection, contract, result, landed_at)
        report(f"{contract.full_name}: {error}")
        return result
    report(
        f"{contract.full_name}: landed {file.source_file}, {result.row_count:,} rows"
        f" ({result.versions.new:,} new, {result.versions.changed:,} changed,"
        f" {result.versions.deleted:,} deleted, {result.versions.overtaken:,} overtaken,"
        f" {result.rejected_count:,} rejected)"
        f" in {time.monotonic() - started:.1f} s."
    )
    return result


def _land_content(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    before: Fingerprint,
    landing: Landing,
) -> FileLanding:
    try:
        staged = stage_file(connection, contract, file, data_columns(connection, contract))
        rejected_count = count_rejected(connection)
        good_count = connection.execute(
            f"select count(*) from {STAGED_ROWS} where _problems is null"
        ).fetchone()[0]
        row_count = good_count + rejected_count
        check_not_all_rejected(connection, file, row_count, rejected_count)
        with _transaction(connection):
            add_columns(connection, contract, staged.columns)
            versions = apply_versions(connection, contract, file, staged, landing)
            if rejected_count:
                write_rejected_rows(
                    connection, contract, file, staged, landing.landing_id, landing.landed_at
                )
            check_unchanged(file, before)
            result = FileLanding(
                source_file=file.source_file,
                status="landed",
                landing_id=landing.landing_id,
                byte_count=before.byte_count,
                checksum=before.checksum,
                row_count=row_count,
                rejected_count=rejected_count,
                versions=versions,
            )
            _write_ledger(connection, contract, result, landing.landed_at)
    finally:
        connection.execute(f"drop table if exists {STAGED_ROWS}")
    if before.byte_count > LARGE_FILE_BYTES:
        # Only now the space of the staged rows can be used again.
        connection.execute("checkpoint")
    return result


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _heartbeat(report: Callable[[str], None], message: str) -> Iterator[None]:
    """Report that work goes on every few seconds while the body runs."""
    finished = threading.Event()
    started = time.monotonic()

    def beat() -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            report(f"{message}, {time.monotonic() - started:.0f} s so far.")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def newest_landing(
    connection: duckdb.DuckDBPyConnection, contract: TableContract
) -> datetime | None:
    """When (UTC) a file of the table landed last; no later landing may be dated before it."""
    return connection.execute(
        "select max(landed_at) from landing.files"
        " where source_name = ? and table_name = ? and status = 'landed'",
        [contract.source_name, contract.table_name],
    ).fetchone()[0]


def has_landed(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    content: Fingerprint,
) -> bool:
    """Whether this content is the newest of its path, or has landed at all in increment mode."""
    entries = (
        "select content_checksum from landing.files"
        " where source_name = $source_name and table_name = $table_name and status = 'landed'"
    )
    parameters = {"source_name": contract.source_name, "table_name": contract.table_name}
    if contract.mode == "increment":
        query = f"select $checksum in ({entries})"
    else:
        query = (
            f"select $checksum in ({entries} and source_file = $source_file"
            " order by landed_at desc, rowid desc limit 1)"
        )
        parameters["source_file"] = file.source_file
    return connection.execute(query, {**parameters, "checksum": content.checksum}).fetchone()[0]


def _write_ledger(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    landing: FileLanding,
    landed_at: datetime,
) -> None:
    connection.execute(
        "insert into landing.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            landing.landing_id,
            contract.source_name,
            contract.table_name,
            landing.source_file,
            landing.checksum,
            landing.byte_count,
            landing.status,
            landing.error_message,
            landing.row_count,
            landing.versions.new,
            landing.versions.changed,
            landing.versions.unchanged,
            landing.versions.deleted,
            landing.rejected_count,
            landed_at,
        ],
    )
