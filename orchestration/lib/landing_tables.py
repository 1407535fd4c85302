"""The tables that landing writes: raw tables per source, the ledger of files, the rejected rows."""

import duckdb

from orchestration.lib.contracts import RESERVED_COLUMNS, TableContract
from orchestration.lib.landing_casts import quoted
from orchestration.lib.landing_files import LandingError

STAGED_ROWS = "landing.staged_rows"
_LINEAGE_COLUMNS = """
    _landed_at timestamp not null,
    _landing_id varchar not null,
    _source_file varchar not null,
    _row_hash varchar not null,
    _is_deleted boolean not null
"""
_LEDGER = """
    create table if not exists landing.files (
        landing_id varchar not null,
        source_name varchar not null,
        table_name varchar not null,
        source_file varchar not null,
        content_checksum varchar,
        byte_count bigint,
        status varchar not null,
        error_message varchar,
        row_count bigint not null,
        new_count bigint not null,
        changed_count bigint not null,
        unchanged_count bigint not null,
        deleted_count bigint not null,
        rejected_count bigint not null,
        landed_at timestamp not null
    )
"""
_REJECTED_ROWS = """
    create table if not exists landing.rejected_rows (
        landing_id varchar not null,
        source_name varchar not null,
        table_name varchar not null,
        source_file varchar not null,
        line_number bigint not null,
        column_name varchar,
        value varchar,
        reason varchar not null,
        row_text varchar,
        rejected_at timestamp not null
    )
"""


def current_table(contract: TableContract) -> str:
    """The quoted name of the table with the newest version of each key."""
    return f"{quoted(contract.schema_name)}.{quoted(contract.table_name)}"


def superseded_table(contract: TableContract) -> str:
    """The quoted name of the table with all older versions."""
    return f"{quoted(contract.schema_name)}.{quoted(contract.table_name + '__superseded')}"


def prepare_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema `landing` with the ledger and the rejected rows, where absent."""
    connection.execute("create schema if not exists landing")
    connection.execute(_LEDGER)
    connection.execute(_REJECTED_ROWS)


def prepare_tables(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Create the two raw tables of a contract, or add the columns that it gained.

    Raises LandingError when a declared type differs from the type that the table has.
    """
    prepare_ledger(connection)
    columns = ", ".join(f"{quoted(column.name)} {column.sql_type}" for column in contract.columns)
    connection.execute(f"create schema if not exists {quoted(contract.schema_name)}")
    connection.execute(
        f"create table if not exists {current_table(contract)} ({columns}, {_LINEAGE_COLUMNS})"
    )
    connection.execute(
        f"create table if not exists {superseded_table(contract)}"
        f" ({columns}, {_LINEAGE_COLUMNS}, _superseded_at timestamp not null)"
    )
    _check_types(contract, data_columns(connection, contract))
    add_columns(connection, contract, {column.name: column.sql_type for column in contract.columns})


def data_columns(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> dict[str, str]:
    """Name and DuckDB type of the raw table's columns, without those that landing adds."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name = ? and table_name = ?"
        " order by column_index",
        [contract.schema_name, contract.table_name],
    ).fetchall()
    return {name: data_type for name, data_type in rows if name not in RESERVED_COLUMNS}


def add_columns(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, columns: dict[str, str]
) -> None:
    """Add the columns that the two raw tables do not have yet; case does not count."""
    present = {name.lower() for name in data_columns(connection, contract)}
    for name, sql_type in columns.items():
        if name.lower() not in present:
            for table in (current_table(contract), superseded_table(contract)):
                connection.execute(f"alter table {table} add column {quoted(name)} {sql_type}")


def _check_types(contract: TableContract, present: dict[str, str]) -> None:
    types = {name.lower(): sql_type for name, sql_type in present.items()}
    for column in contract.columns:
        old_type = types.get(column.name.lower(), column.sql_type)
        if old_type != column.sql_type:
            raise LandingError(
                f"Column {column.name!r} of {contract.full_name} is declared as"
                f" {column.sql_type.lower()} but has landed as {old_type.lower()}; declare it as"
                f" {old_type.lower()} and cast it in staging, or convert the raw tables first."
            )
