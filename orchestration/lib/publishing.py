"""Publish the marts: write a new file, audit it, rename it over the published one."""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.lib.publication_log import PublicationLog
from orchestration.lib.sql_text import attach_read_only, quoted_name, quoted_text

PUBLISHED_SCHEMAS = ("core", "kpis", "reporting")
# Files of this version can be read by every DuckDB client since 1.0.
STORAGE_VERSION = "v1.0.0"


class PublishError(Exception):
    """The new file is not what was built; the published file was left as it is."""


@dataclass(frozen=True)
class Publication:
    """What was published; `published_at` is UTC, the row counts are by schema and table."""

    publish_id: str
    published_at: datetime
    row_counts: dict[tuple[str, str], int]
    byte_count: int

    @property
    def table_count(self) -> int:
        return len(self.row_counts)

    @property
    def row_count(self) -> int:
        return sum(self.row_counts.values())


def publish(
    build_file: Path,
    published_file: Path,
    published_at: datetime,
    report: Callable[[str], None] = lambda message: None,
    log: PublicationLog | None = None,
) -> Publication:
    """Copy the marts of the build file to a new file and rename it over the published one.

    Readers who have the old file open go on reading it. With a `log` the publish becomes part of
    the history of the warehouse; without, the file stands by itself. Raises PublishError, and
    leaves the published file as it is, when a table of the new file lacks rows or there is nothing
    to publish.
    """
    if log:
        # A publish that was killed after its file was in place.
        log.record(published_file)
    published_file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in published_file.parent.glob(f".{published_file.name}.*"):
        leftover.unlink()
    new_file = published_file.with_name(f".{published_file.name}.{uuid.uuid4().hex}")
    publish_id = str(uuid.uuid4())
    try:
        with duckdb.connect() as connection:
            attach_read_only(connection, build_file, "build")
            if log:
                published_at = log.begin(connection, published_at)
            connection.execute(
                f"attach {quoted_text(new_file)} as published"
                f" (storage_version {quoted_text(STORAGE_VERSION)})"
            )
            connection.execute("use published")
            connection.begin()
            tables = _copy_tables(connection, report)
            _copy_views(connection)
            _copy_column_comments(connection)
            _write_publication(connection, publish_id, published_at)
            row_counts = _audit(connection, tables)
            if log:
                log.write(connection)
            connection.commit()
            connection.execute("checkpoint published")
        write_through(new_file)
        new_file.chmod(0o444)
        os.replace(new_file, published_file)
        write_through(published_file.parent)
        if log:
            log.record(published_file)
    finally:
        new_file.unlink(missing_ok=True)
    return Publication(publish_id, published_at, row_counts, published_file.stat().st_size)


def _copy_tables(
    connection: duckdb.DuckDBPyConnection, report: Callable[[str], None]
) -> list[tuple[str, str]]:
    tables = connection.execute(
        """
        select schema_name, table_name, estimated_size, comment from duckdb_tables()
        where database_name = 'build' and list_contains($schemas, schema_name)
        order by schema_name, table_name
        """,
        {"schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall()
    for schema in PUBLISHED_SCHEMAS:
        connection.execute(f"create schema {schema}")
    for number, (schema, table, row_count, comment) in enumerate(tables, start=1):
        if row_count > 1_000_000:
            report(f"Copying {schema}.{table}, {row_count:,} rows ({number} of {len(tables)}).")
        name = f"{schema}.{quoted_name(table)}"
        connection.execute(f"create table {name} as select * from build.{name}")
        if comment:
            connection.execute(f"comment on table {name} is {quoted_text(comment)}")
    return [(schema, table) for schema, table, _, _ in tables]


def _copy_views(connection: duckdb.DuckDBPyConnection) -> None:
    """The views `kpi_<name>` on each KPI's newest version, without the name of the build file."""
    views = connection.execute(
        """
        select schema_name, view_name, sql from duckdb_views()
        where database_name = 'build' and list_contains($schemas, schema_name)
        """,
        {"schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall()
    for _, _, sql in views:
        connection.execute(sql.replace(" FROM build.", " FROM "))


def _copy_column_comments(connection: duckdb.DuckDBPyConnection) -> None:
    comments = connection.execute(
        """
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where
            database_name = 'build'
            and list_contains($schemas, schema_name)
            and comment is not null
        """,
        {"schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall()
    for schema, table, column, comment in comments:
        connection.execute(
            f"comment on column {schema}.{quoted_name(table)}.{quoted_name(column)}"
            f" is {quoted_text(comment)}"
        )


def _write_publication(
    connection: duckdb.DuckDBPyConnection, publish_id: str, published_at: datetime
) -> None:
    connection.execute(
        """
        create table reporting.publication as
        select
            cast($publish_id as varchar) as publish_id,
            cast($published_at as timestamp) as published_at,
            (select max(as_of_date) from core.periods) as as_of_date
        """,
        {"publish_id": publish_id, "published_at": published_at},
    )
    connection.execute(
        "comment on table reporting.publication is"
        " 'One row: which publish this file is, when it was made (UTC) and its as-of date.'"
    )


def _audit(
    connection: duckdb.DuckDBPyConnection, tables: list[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The number of rows of each table, after checking it against the build."""
    if ("reporting", "kpi_values") not in tables:
        raise PublishError("The build file has no reporting.kpi_values: build the models first.")
    row_counts = {}
    for schema, table in tables:
        name = f"{schema}.{quoted_name(table)}"
        built, written = connection.execute(
            f"select (select count(*) from build.{name}), (select count(*) from {name})"
        ).fetchone()
        if built != written:
            raise PublishError(
                f"{name} has {written:,} rows in the new file, {built:,} were built."
            )
        row_counts[schema, table] = written
    return row_counts


def write_through(path: Path) -> None:
    """Have the operating system write a file, or the entries of a folder, to disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
