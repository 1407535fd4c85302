"""What passes between DuckDB and Spark: raw tables to Spark, marts back, both as Parquet files."""

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.publishing import PUBLISHED_SCHEMAS
from orchestration.lib.sql_text import attach_read_only, quoted_name, quoted_text

MEMORY_LIMIT = "2GB"
# DuckDB's names of the types that a contract may give a column; the others are called alike.
_DUCKDB_TYPES = {"string": "varchar"}


def export_raw(
    raw_file: Path, folder: Path, report: Callable[[str], None] = lambda message: None
) -> list[str]:
    """Write the raw tables that changed since the last export to `folder`; gives their names.

    Every table is one Parquet file, `<schema>/<table>/data.parquet`, with all columns that the raw
    table has, superseded versions and the ledger too. It is replaced in one step, so that a table
    is never half written. Memory is bounded whatever the tables' size.
    """
    written = []
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        attach_read_only(connection, raw_file, "raw")
        tables = connection.execute(
            """
            select schema_name, table_name from duckdb_tables()
            where
                database_name = 'raw'
                and (schema_name like 'raw\\_%' escape '\\'
                or (schema_name = 'landing' and table_name = 'files'))
            order by all
            """
        ).fetchall()
        for schema, table in tables:
            file = folder / schema / table / "data.parquet"
            state = _state(connection, schema, table)
            state_file = file.with_name("_state.json")
            if file.exists() and state_file.exists() and state_file.read_text() == state:
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            new_file = file.with_name(f".{uuid.uuid4().hex}.parquet")
            name = f"raw.{quoted_name(schema)}.{quoted_name(table)}"
            report(f"Writing {schema}.{table} for Spark.")
            try:
                connection.execute(
                    f"copy {name} to {quoted_text(new_file)} (format parquet, compression zstd)"
                )
                os.replace(new_file, file)
            finally:
                new_file.unlink(missing_ok=True)
            state_file.write_text(state)
            written.append(f"{schema}.{table}")
    return written


def _state(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """A text that changes whenever rows or columns of a raw table do.

    Every version has the id of the landing that it came with. The moment alone would not do: after
    the clock has gone back, two landings have the same.
    """
    name = f"raw.{quoted_name(schema)}.{quoted_name(table)}"
    columns = [row[0] for row in connection.execute(f"describe {name}").fetchall()]
    landing_id = "_landing_id" if "_landing_id" in columns else "landing_id"
    row = connection.execute(
        f"select count(*), sum(hash({landing_id})::hugeint) from {name}"
    ).fetchone()
    return json.dumps([columns, *row], default=str)


def collect_marts(manifest: Mapping[str, Any], folder: Path, build_file: Path) -> int:
    """Make the build file from the marts that Spark wrote to `folder`; gives the number of tables.

    The file is as dbt makes it on DuckDB: the same schemas, tables, types, comments and the view
    on the newest version of each KPI. Raises FileNotFoundError for a mart that is not there, and
    duckdb.ConstraintException for a key that Spark wrote twice.
    """
    new_file = build_file.with_name(f".{build_file.name}.{uuid.uuid4().hex}")
    count = 0
    try:
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
            # Spark's timestamps arrive with a time zone.
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach {quoted_text(new_file)} as build")
            connection.execute("use build")
            for schema in PUBLISHED_SCHEMAS:
                connection.execute(f"create schema {schema}")
            for node in _marts(manifest):
                _collect_mart(connection, node, folder)
                count += 1
        build_file.with_name(build_file.name + ".wal").unlink(missing_ok=True)
        os.replace(new_file, build_file)
    finally:
        new_file.unlink(missing_ok=True)
    return count


def _marts(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed") and node["schema"] in PUBLISHED_SCHEMAS:
            yield node


def _collect_mart(
    connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], folder: Path
) -> None:
    table = f"{node['schema']}.{quoted_name(node['alias'])}"
    types = node["config"].get("column_types") or {}
    columns = {
        name: types.get(name) or column["data_type"] for name, column in node["columns"].items()
    }
    duckdb_types = {name: _DUCKDB_TYPES.get(kind, kind) for name, kind in columns.items()}
    definitions = [f"{quoted_name(name)} {kind}" for name, kind in duckdb_types.items()]
    # Spark does not enforce keys
    definitions += [
        f"primary key ({', '.join(quoted_name(name) for name in constraint['columns'])})"
        for constraint in node.get("constraints", [])
        if constraint["type"] == "primary_key"
    ]
    connection.execute(f"create table {table} ({', '.join(definitions)})")
    files = folder / node["schema"] / node["alias"]
    if not files.is_dir():
        raise FileNotFoundError(f"Spark wrote no {node['schema']}.{node['alias']} to {files}.")
    if any(files.glob("*.parquet")):
        values = ", ".join(
            f"cast({quoted_name(name)} as {kind})" for name, kind in duckdb_types.items()
        )
        connection.execute(
            f"insert into {table} select {values}"
            f" from read_parquet({quoted_text(files / '*.parquet')})"
        )
    if node["description"]:
        connection.execute(f"comment on table {table} is {quoted_text(node['description'])}")
    for name, column in node["columns"].items():
        if column["description"]:
            connection.execute(
                f"comment on column {table}.{quoted_name(name)}"
                f" is {quoted_text(column['description'])}"
            )
    if node.get("version") and node["version"] == node["latest_version"]:
        connection.execute(f"create view {node['schema']}.{node['name']} as select * from {table}")
