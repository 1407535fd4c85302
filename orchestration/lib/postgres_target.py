"""Publish into PostgreSQL: the published tables in schemas that are replaced in one transaction.

The rows are committed beside the last publish before the schemas change places, so that a statement
finds them whose view of the database is older than that change. A reader's transaction that has
begun to read keeps what it reads: the new schemas take their places only while nobody reads the old
ones, and who comes meanwhile waits and then reads the new ones.
"""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb

from orchestration.lib.publish_targets import (
    PublishedFile,
    PublishedTable,
    TargetError,
    open_published_file,
)
from orchestration.lib.publishing import PUBLISHED_SCHEMAS
from orchestration.lib.settings import PostgresTarget
from orchestration.lib.sql_text import quoted_name, quoted_text

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection

# The comment by which a schema is known to be ours.
MARK = "Published by sales_kpis; replaced by every publish."
NEW_SUFFIX = "__new"
# Less than the second after which PostgreSQL ends one of two that wait for each other: it is never
# the reader who is ended.
LOCK_TIMEOUT = "500ms"
LOCK_TRIES = 90
SECONDS_BETWEEN_TRIES = 2
_CONNECT_SECONDS = 10


def publish_postgres(
    published_file: Path,
    target: PostgresTarget,
    keys: Mapping[str, tuple[str, ...]],
    report: Callable[[str], None] = lambda message: None,
) -> PublishedFile:
    """Copy the published file into the schemas core, kpis and reporting of a PostgreSQL database.

    With comments, the views on each KPI's newest version, and the primary keys that `keys` has by
    `schema.table`. Schemas that are there and not ours are never touched. Raises TargetError; the
    last publish is then still in place.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise TargetError(
            "SALES_KPIS_PUBLISH_POSTGRES_HOST needs adbc-driver-postgresql: run `make postgres`."
        ) from error
    try:
        with duckdb.connect() as source, dbapi.connect(_address(target)) as connection:
            publication = open_published_file(source, published_file)
            database = _Database(connection)
            _refuse_foreign_schemas(database)
            _make_new_schemas(database)
            for table in publication.tables:
                _copy_table(source, connection, table)
            database.run(_finish_statements(source, publication, keys))
            connection.commit()
            try:
                if target.reader:
                    database.run(_grant_statements(target.reader))
                _replace_schemas(database, report)
                connection.commit()
            except (Error, TargetError):
                connection.rollback()
                _drop_new_schemas(database)
                connection.commit()
                raise
    except Error as error:
        raise TargetError(
            f"The database {target.database} on {target.host} did not get the publish"
            f" ({_reason(error)}); it has what it had. The next publish tries again."
        ) from error
    return publication


class _Database:
    """Statements in the transactions of a publish."""

    def __init__(self, connection: "Connection"):
        self.connection = connection

    def run(self, statements: list[str]) -> None:
        """Run statements at once."""
        # a tag that no text of ours has
        body = "\n".join(f"{statement};" for statement in statements)
        self.execute(f"do $sales_kpis$ begin\n{body}\nend $sales_kpis$")

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return duckdb.from_arrow(cursor.fetch_arrow()).fetchall()


def _address(target: PostgresTarget) -> str:
    user = quote(target.user, safe="")
    if target.password:
        user += f":{quote(target.password, safe='')}"
    return (
        f"postgresql://{user}@{quote(target.host, safe='')}:{target.port}"
        f"/{quote(target.database, safe='')}"
        f"?application_name=sales_kpis&connect_timeout={_CONNECT_SECONDS}"
    )


def _refuse_foreign_schemas(database: _Database) -> None:
    """Nothing is replaced that this project did not make."""
    schemas = ", ".join(map(quoted_text, _all_schemas()))
    foreign = database.rows(
        f"""
        select nspname::text from pg_namespace
        where
            nspname in ({schemas})
            and (
                nspowner <> current_user::regrole
                or obj_description(oid, 'pg_namespace') is distinct from {quoted_text(MARK)}
            )
        union all
        select format('%s.%s', nspname, relname) from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where nspname in ({schemas}) and relowner <> current_user::regrole
        order by 1
        """
    )
    if foreign:
        names = ", ".join(name for (name,) in foreign[:5])
        raise TargetError(
            f"The database already has {names}, which sales_kpis did not make: name a database of"
            " its own, or rename what is there. Nothing was changed."
        )


def _make_new_schemas(database: _Database) -> None:
    _drop_new_schemas(database)
    for schema in PUBLISHED_SCHEMAS:
        new_schema = schema + NEW_SUFFIX
        database.execute(f"create schema {new_schema}")
        database.execute(f"comment on schema {new_schema} is {quoted_text(MARK)}")


def _drop_new_schemas(database: _Database) -> None:
    """Also those of a publish that was killed. Nobody else may use them."""
    new_schemas = ", ".join(schema + NEW_SUFFIX for schema in PUBLISHED_SCHEMAS)
    database.execute(f"drop schema if exists {new_schemas} cascade")


def _all_schemas() -> list[str]:
    return [*PUBLISHED_SCHEMAS, *(schema + NEW_SUFFIX for schema in PUBLISHED_SCHEMAS)]


def _copy_table(
    source: duckdb.DuckDBPyConnection, connection: "Connection", table: PublishedTable
) -> None:
    relation = source.table(f"{table.schema}.{quoted_name(table.name)}")
    with connection.cursor() as cursor:
        copied = cursor.adbc_ingest(
            table.name, relation, mode="create", db_schema_name=table.schema + NEW_SUFFIX
        )
    if copied != len(relation):
        raise TargetError(
            f"{table.full_name} has {copied:,} rows in PostgreSQL, {len(relation):,} in the file."
        )


def _finish_statements(
    source: duckdb.DuckDBPyConnection,
    publication: PublishedFile,
    keys: Mapping[str, tuple[str, ...]],
) -> list[str]:
    """Keys, comments, and the views on each KPI's newest version."""
    statements = []
    for table in publication.tables:
        if table.full_name in keys:
            columns = ", ".join(map(quoted_name, keys[table.full_name]))
            statements.append(
                f"alter table {_new_name(table.schema, table.name)} add primary key ({columns})"
            )
    for schema, name, comment in source.execute(
        "select schema_name, table_name, comment from duckdb_tables()"
        " where database_name = 'published_file' and comment is not null"
    ).fetchall():
        statements.append(f"comment on table {_new_name(schema, name)} is {quoted_text(comment)}")
    for schema, name, column, comment in source.execute(
        """
        select schema_name, table_name, column_name, columns.comment
        from duckdb_columns() as columns
        semi join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = 'published_file' and columns.comment is not null
        """
    ).fetchall():
        statements.append(
            f"comment on column {_new_name(schema, name)}.{quoted_name(column)}"
            f" is {quoted_text(comment)}"
        )
    for schema, name, sql in source.execute(
        "select schema_name, view_name, sql from duckdb_views()"
        " where database_name = 'published_file'"
    ).fetchall():
        newest_version = re.search(r" FROM \w+\.(\w+);$", sql)[1]
        statements.append(
            f"create view {_new_name(schema, name)} as"
            f" select * from {_new_name(schema, newest_version)}"
        )
    return statements


def _new_name(schema: str, name: str) -> str:
    return f"{schema}{NEW_SUFFIX}.{quoted_name(name)}"


def _grant_statements(reader: str) -> list[str]:
    schemas = ", ".join(schema + NEW_SUFFIX for schema in PUBLISHED_SCHEMAS)
    return [
        f"grant usage on schema {schemas} to {quoted_name(reader)}",
        f"grant select on all tables in schema {schemas} to {quoted_name(reader)}",
    ]


def _replace_schemas(database: _Database, report: Callable[[str], None]) -> None:
    """Put the new schemas in the place of the old ones, which nobody must be reading."""
    schemas = ", ".join(map(quoted_text, PUBLISHED_SCHEMAS))
    old = database.rows(
        f"""
        select nspname::text, relname::text, relkind = 'v' from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where nspname in ({schemas}) and relkind in ('r', 'v')
        order by 3, 1, 2
        """
    )
    statements = []
    if old:
        tables = [f"{schema}.{quoted_name(name)}" for schema, name, is_view in old if not is_view]
        views = [f"{schema}.{quoted_name(name)}" for schema, name, is_view in old if is_view]
        _lock(database, tables + views, report)
        if views:
            statements.append(f"drop view {', '.join(views)}")
        # not `cascade`: what others have built on them is not ours to drop
        statements.append(f"drop table {', '.join(tables)}")
        statements += [f"drop schema {schema}" for schema in PUBLISHED_SCHEMAS]
    statements += [
        f"alter schema {schema}{NEW_SUFFIX} rename to {schema}" for schema in PUBLISHED_SCHEMAS
    ]
    database.run(statements)


def _lock(database: _Database, names: list[str], report: Callable[[str], None]) -> None:
    """Wait until no transaction reads any of them; between two tries readers go on."""
    database.execute(f"set local lock_timeout = {quoted_text(LOCK_TIMEOUT)}")
    # a statement that fails would end the transaction; what fails in a block of its own does not
    try_to_lock = f"""
        do $sales_kpis$ begin
            lock table {", ".join(names)} in access exclusive mode;
            set local sales_kpis.is_locked = 'yes';
        exception when lock_not_available then
            set local sales_kpis.is_locked = 'no';
        end $sales_kpis$
    """
    for number in range(LOCK_TRIES):
        database.execute(try_to_lock)
        if database.rows("select current_setting('sales_kpis.is_locked')") == [("yes",)]:
            return
        if number == 0:
            report("Waiting for readers of the last publish to end their transactions.")
        time.sleep(SECONDS_BETWEEN_TRIES)
    raise TargetError(
        "Readers kept the tables of the last publish open for"
        f" {LOCK_TRIES * SECONDS_BETWEEN_TRIES} seconds: look in pg_stat_activity for who is idle"
        " in a transaction. The next publish tries again."
    )


def _reason(error: Exception) -> str:
    """What the server says, without the statements before it."""
    text = str(error).rpartition("ERROR: ")[2]
    return " ".join(text.split())[:300]
