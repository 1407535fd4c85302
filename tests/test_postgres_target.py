"""Publishing into PostgreSQL: what readers find, also while it is replaced, and what is refused.

`make postgres` adds what these tests need; they are skipped without Debian's package postgresql.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib import postgres_target
from orchestration.lib.postgres_target import publish_postgres
from orchestration.lib.publish_targets import TargetError
from orchestration.lib.publishing import publish
from orchestration.lib.settings import PostgresTarget, read_settings
from orchestration.lib.table_keys import table_keys
from tests.chaos.postgres import postgres
from tests.test_publishing import build

PUBLISHED_AT = datetime(2026, 10, 1, 3, 30)
KEYS = {"kpis.kpi_revenue_v1": ("period_start_date",)}
PUBLISHES = 5
READERS = 3
PATIENCE_SECONDS = 60
# What one publish wrote into four relations of two schemas, seen by one query.
ONE_PUBLISH = """
    select
        (select publish_id from reporting.publication),
        (select kpi_value from kpis.kpi_revenue),
        (select kpi_value from kpis.kpi_revenue_v1),
        (select kpi_value from reporting.kpi_values)
"""
NEW_SCHEMAS = "select nspname::text from pg_namespace where nspname like '%__new'"
WAITING = "select count(*) from pg_locks where not granted"


class Server:
    """A PostgreSQL with an owner and a reader, and files to publish."""

    def __init__(self, environment: dict[str, str], folder: Path):
        self.folder = folder
        self.target = PostgresTarget(
            host=environment["SALES_KPIS_POSTGRES_HOST"],
            port=int(environment["SALES_KPIS_POSTGRES_PORT"]),
            database=environment["SALES_KPIS_POSTGRES_DATABASE"],
            user=environment["SALES_KPIS_POSTGRES_USER"],
            password=environment["SALES_KPIS_POSTGRES_PASSWORD"],
            reader="board reader",
        )
        self.reader = PostgresTarget(
            host=self.target.host,
            port=self.target.port,
            database=self.target.database,
            user="board reader",
            password="p@ss/word #1",
        )

    def connect(self, who: PostgresTarget, autocommit: bool = True) -> Any:
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(postgres_target._address(who), autocommit=autocommit)

    def execute(self, statement: str) -> None:
        with self.connect(self.target) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect(self.reader) as connection:
            return read_on(connection, query)

    def copy_out(self, query: str, file: StringIO) -> None:
        """Write what the reader gets to a file, without a statement before `copy`."""
        import psycopg2

        connection = psycopg2.connect(
            host=self.reader.host,
            port=self.reader.port,
            dbname=self.reader.database,
            user=self.reader.user,
            password=self.reader.password,
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.copy_expert(f"copy ({query}) to stdout", file)

    def owner_reads(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect(self.target) as connection:
            return read_on(connection, query)

    def file(self, night: int = 0) -> Path:
        """A published file that differs every night."""
        file = self.folder / f"night_{night}" / "sales_kpis.duckdb"
        if not file.exists():
            built = build(self.folder / "build.duckdb", revenue=100 + night)
            publish(built, file, PUBLISHED_AT + timedelta(days=night))
        return file

    def publish(self, night: int = 0) -> tuple[Any, ...]:
        """Gives what a reader must see from now on."""
        publication = publish_postgres(self.file(night), self.target, KEYS)
        return (publication.publish_id, *[100.0 + night] * 3)


def read_on(connection: Any, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        with duckdb.connect() as memory:
            return memory.from_arrow(cursor.fetch_arrow()).fetchall()


@pytest.fixture(scope="module")
def started_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("adbc_driver_postgresql", reason="needs `make postgres`")
    try:
        running = postgres()
        environment = running.__enter__()
    except SystemExit as missing:
        pytest.skip(str(missing))
    try:
        server = Server(environment, tmp_path_factory.mktemp("postgres"))
        server.execute("""create role "board reader" login password 'p@ss/word #1'""")
        yield server
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def server(started_server: Server) -> Server:
    """The server, with nothing published."""
    started_server.execute("drop schema if exists core, kpis, reporting, boards cascade")
    return started_server


def test_the_reader_finds_the_published_tables_views_comments_and_keys(server: Server) -> None:
    seen = server.publish()

    assert server.read(ONE_PUBLISH) == [seen]
    assert server.read("select * from core.periods") == [
        ("month", datetime(2026, 9, 1).date(), datetime(2026, 9, 30).date())
    ]
    assert server.read(
        "select obj_description('kpis.kpi_revenue_v1'::regclass),"
        " col_description('kpis.kpi_revenue_v1'::regclass, 2)"
    ) == [("What's won.", "The KPI itself.")]
    assert server.read(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
        " where contype = 'p' and connamespace = 'kpis'::regnamespace"
    ) == [("kpis.kpi_revenue_v1", "PRIMARY KEY (period_start_date)")]


@pytest.mark.parametrize(
    "statement",
    ["delete from kpis.kpi_revenue_v1", "create table kpis.mine (id integer)"],
)
def test_the_reader_cannot_write(server: Server, statement: str) -> None:
    server.publish()

    with pytest.raises(Exception, match="permission denied"):
        server.read(statement)


def test_readers_without_pause_see_no_error_and_never_a_mix(server: Server) -> None:
    published = {server.publish()}
    files = [server.file(night) for night in range(1, 1 + PUBLISHES)]
    is_over = threading.Event()
    seen: list[set] = [set() for _ in range(READERS)]
    errors: list[Exception] = []

    def read_without_pause(number: int) -> None:
        try:
            with server.connect(server.reader) as connection:
                while not is_over.is_set():
                    seen[number].update(read_on(connection, ONE_PUBLISH))
        except Exception as error:
            errors.append(error)

    readers = [
        threading.Thread(target=read_without_pause, args=[number]) for number in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for night in range(1, 1 + len(files)):
        published.add(server.publish(night))
    is_over.set()
    for reader in readers:
        reader.join(PATIENCE_SECONDS)

    assert errors == []
    assert all(seen)
    assert set().union(*seen) <= published
    assert len(set().union(*seen)) > 1


def test_a_transaction_goes_on_with_what_it_began_to_read(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_target, "SECONDS_BETWEEN_TRIES", 0.05)
    first = server.publish()
    reported: list[str] = []

    with server.connect(server.reader, autocommit=False) as connection:
        read_on(connection, "select publish_id from reporting.publication")

        def end_reading(message: str) -> None:
            reported.append(message)
            assert read_on(connection, ONE_PUBLISH) == [first]
            connection.rollback()

        publish_postgres(server.file(1), server.target, KEYS, end_reading)

    assert reported == ["Waiting for readers of the last publish to end their transactions."]
    assert server.read("select kpi_value from kpis.kpi_revenue") == [(101.0,)]


def test_a_reader_who_never_ends_fails_the_publish_and_is_not_disturbed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_target, "LOCK_TRIES", 2)
    monkeypatch.setattr(postgres_target, "SECONDS_BETWEEN_TRIES", 0)
    first = server.publish()

    with server.connect(server.reader, autocommit=False) as connection:
        read_on(connection, ONE_PUBLISH)
        with pytest.raises(TargetError, match="look in pg_stat_activity"):
            server.publish(1)
        assert read_on(connection, ONE_PUBLISH) == [first]
    assert server.read(ONE_PUBLISH) == [first]
    assert server.read(NEW_SCHEMAS) == []


def test_a_statement_that_waited_for_the_new_tables_finds_them_filled(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view that `copy`, by which ADBC reads, has of the database is older than its wait."""
    server.publish()
    seen = StringIO()
    waiting = threading.Thread(target=lambda: server.copy_out(ONE_PUBLISH, seen))
    lock = postgres_target._lock

    def lock_and_let_somebody_wait(*arguments: Any) -> None:
        lock(*arguments)
        waiting.start()
        while server.owner_reads(WAITING) == [(0,)]:
            time.sleep(0.05)

    monkeypatch.setattr(postgres_target, "_lock", lock_and_let_somebody_wait)
    second = server.publish(1)
    waiting.join(PATIENCE_SECONDS)

    assert seen.getvalue().split() == [str(value).removesuffix(".0") for value in second]


def test_what_a_killed_publish_left_is_no_obstacle(server: Server) -> None:
    first = server.publish()
    server.execute("create schema core__new")
    server.execute(f"comment on schema core__new is '{postgres_target.MARK}'")
    server.execute("create table core__new.periods (id integer)")

    assert server.publish(1) != first
    assert server.read(NEW_SCHEMAS) == []


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["create schema core"], "has core, which sales_kpis did not make"),
        (
            [
                'create schema kpis authorization "board reader"',
                f"comment on schema kpis is '{postgres_target.MARK}'",
            ],
            "has kpis, which sales_kpis did not make",
        ),
    ],
)
def test_a_schema_of_somebody_else_is_left_alone(
    server: Server, statements: list[str], named: str
) -> None:
    for statement in statements:
        server.execute(statement)

    with pytest.raises(TargetError, match=named):
        server.publish()

    assert server.read("select count(*) from pg_namespace where nspname = 'reporting'") == [(0,)]


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (
            ["create schema boards", "create view boards.mine as select * from kpis.kpi_revenue"],
            "view boards.mine depends on view kpis.kpi_revenue",
        ),
        (
            [
                "create table kpis.notes (id integer)",
                'alter table kpis.notes owner to "board reader"',
            ],
            "has kpis.notes, which sales_kpis did not make",
        ),
        (
            ["create function kpis.mine() returns integer return 1"],
            r"function kpis.mine\(\) depends on schema kpis",
        ),
    ],
)
def test_what_others_have_built_on_the_tables_is_never_dropped(
    server: Server, statements: list[str], said: str
) -> None:
    first = server.publish()
    for statement in statements:
        server.execute(statement)

    with pytest.raises(TargetError, match=said):
        server.publish(1)

    assert server.read(ONE_PUBLISH) == [first]


def test_a_failure_leaves_the_last_publish_and_no_secret_in_the_message(server: Server) -> None:
    first = server.publish()
    doubled = {"kpis.kpi_revenue_v1": ("no_such_column",)}

    with pytest.raises(TargetError, match="no_such_column") as error:
        publish_postgres(server.file(1), server.target, doubled)

    assert server.target.password not in str(error.value) + repr(server.target)
    assert server.read(ONE_PUBLISH) == [first]
    assert server.read(NEW_SCHEMAS) == []


def test_a_wrong_password_is_not_in_the_message(server: Server) -> None:
    stranger = PostgresTarget(
        server.target.host, server.target.port, "postgres", "somebody", "hunter2:@/?#"
    )

    with pytest.raises(TargetError, match="password authentication failed") as error:
        publish_postgres(server.file(), stranger, KEYS)

    assert "hunter2" not in str(error.value)


def test_without_the_client_the_sentence_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_manager", None)

    with pytest.raises(TargetError, match="run `make postgres`"):
        publish_postgres(tmp_path / "file", PostgresTarget("host", 5432, "kpis", "kpis"), {})


def test_a_key_is_a_constraint_else_what_dbt_finds_unique() -> None:
    tables = {
        "dim_reps": {"schema": "core", "alias": "dim_reps"},
        "kpi_values": {"schema": "reporting", "alias": "kpi_values"},
        "kpi_revenue_v1": {
            "schema": "kpis",
            "alias": "kpi_revenue_v1",
            "constraints": [{"type": "primary_key", "columns": ["dimension"]}],
        },
    }
    tests = {
        "unique_rep": {
            "attached_node": "dim_reps",
            "column_name": "rep_id",
            "test_metadata": {"name": "unique", "kwargs": {}},
        },
        "unique_slice": {
            "attached_node": "kpi_revenue_v1",
            "test_metadata": {"name": "unique_combination", "kwargs": {"columns": ["a", "b"]}},
        },
        "not_null": {
            "attached_node": "dim_reps",
            "column_name": "team",
            "test_metadata": {"name": "not_null", "kwargs": {}},
        },
    }

    keys = table_keys({"nodes": {**tables, **tests}})

    assert keys["core.dim_reps"] == ("rep_id",)
    assert keys["kpis.kpi_revenue_v1"] == ("dimension",)
    assert keys["reporting.refresh_runs"] == ("run_id",)


def test_a_half_described_database_is_an_error() -> None:
    with pytest.raises(ValueError, match="set SALES_KPIS_PUBLISH_POSTGRES_USER too"):
        read_settings(
            {
                "SALES_KPIS_PUBLISH_POSTGRES_HOST": "localhost",
                "SALES_KPIS_PUBLISH_POSTGRES_DATABASE": "kpis",
            }
        )
