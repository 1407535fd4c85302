"""What every copy of the published file elsewhere shares: what is copied, and how it fails."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.lib.sql_text import attach_read_only


class TargetError(Exception):
    """A publish did not arrive at a target; the sentence says why and what to do."""


@dataclass(frozen=True)
class PublishedTable:
    """A table of the published file."""

    schema: str
    name: str
    row_count: int

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class PublishedFile:
    """Which publish a published file is, and its tables; `published_at` is UTC without zone."""

    publish_id: str
    published_at: datetime
    as_of_date: date
    tables: tuple[PublishedTable, ...]


def open_published_file(connection: duckdb.DuckDBPyConnection, file: Path) -> PublishedFile:
    """Attach the published file to a connection, use it, and say what it is.

    Raises TargetError when nothing was published yet.
    """
    if not file.exists():
        raise TargetError(f"{file} does not exist yet: run a refresh first.")
    attach_read_only(connection, file, "published_file")
    connection.execute("use published_file")
    tables = connection.execute(
        """
        select schema_name, table_name, estimated_size from duckdb_tables()
        where database_name = 'published_file'
        order by schema_name, table_name
        """
    ).fetchall()
    publication = connection.execute(
        "select publish_id, published_at, as_of_date from reporting.publication"
    ).fetchone()
    return PublishedFile(*publication, tuple(PublishedTable(*table) for table in tables))
