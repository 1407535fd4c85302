"""No person is in the published file but those whom var `admitted_personal_columns` admits."""

import duckdb
import pytest

from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only, quoted_name
from tests.conventions import personal_columns

# Shorter ones are found in words that are not about them.
SHORTEST_VALUE = 4


def open_files(settings: Settings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    attach_read_only(connection, settings.raw_file, "raw")
    attach_read_only(connection, settings.published_file, "published_file")
    return connection


def collect_values(connection: duckdb.DuckDBPyConnection, table: str, columns: set[str]) -> None:
    """Make a table of what has landed in the raw columns, superseded values included."""
    connection.execute(f"create table memory.{table} (text varchar)")
    for column in columns:
        source_name, table_name, column_name = column.split(".")
        for raw_table in (table_name, f"{table_name}__superseded"):
            connection.execute(
                f"""
                insert into memory.{table}
                select distinct {quoted_name(column_name)}
                from raw.raw_{source_name}.{quoted_name(raw_table)}
                where length({quoted_name(column_name)}) >= {SHORTEST_VALUE}
                """
            )


def columns_with(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The published columns in which one of the values is found, also as a part of a text.

    Keys are many and long: of them only the whole is compared.
    """
    columns = connection.execute(
        """
        select schema_name || '.' || table_name, column_name from duckdb_columns()
        where database_name = 'published_file' and data_type like '%VARCHAR%'
        """
    ).fetchall()
    found = set()
    for published_table, column_name in columns:
        name = quoted_name(column_name)
        matches = (
            f"{name} = text" if column_name.endswith("_id") else f"contains(published.{name}, text)"
        )
        (count,) = connection.execute(
            f"""
            select count(*)
            from (
                select distinct cast({name} as varchar) as {name}
                from published_file.{published_table}
            ) as published
            inner join memory.{table} on {matches}
            """
        ).fetchone()
        if count:
            found.add(f"{published_table}.{column_name}")
    return found


@pytest.mark.parametrize(
    ("warehouse", "admitted_in"),
    [
        ("demo_warehouse", {"core.dim_reps.rep", "core.dim_accounts.account_name"}),
        ("superstore_warehouse", set()),
    ],
)
def test_no_personal_value_that_is_not_admitted_is_published(
    request: pytest.FixtureRequest, warehouse: str, admitted_in: set[str]
) -> None:
    settings: Settings = request.getfixturevalue(warehouse)
    personal = personal_columns(read_manifest(settings))
    admitted = personal & set(settings.dbt_vars["admitted_personal_columns"])
    with open_files(settings) as connection:
        collect_values(connection, "kept_back", personal - admitted)
        collect_values(connection, "admitted", admitted)
        # a contact may have the name of a rep
        connection.execute("delete from memory.kept_back where text in (from memory.admitted)")
        (value_count,) = connection.execute("select count(*) from memory.kept_back").fetchone()

        assert value_count > 100
        assert columns_with(connection, "kept_back") == set()
        assert columns_with(connection, "admitted") >= admitted_in
