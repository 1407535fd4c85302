"""Text for SQL that takes no bound parameters: names, literals, attached files."""

from pathlib import Path

import duckdb


def quoted_name(identifier: str) -> str:
    """An identifier in quotes, whatever characters it has."""
    return '"' + identifier.replace('"', '""') + '"'


def quoted_text(value: object) -> str:
    """A text literal, whatever characters it has."""
    return "'" + str(value).replace("'", "''") + "'"


def attach_read_only(connection: duckdb.DuckDBPyConnection, file: Path, catalog: str) -> None:
    """Open a DuckDB file for reading under a catalog name."""
    connection.execute(f"attach {quoted_text(file)} as {catalog} (read_only)")
