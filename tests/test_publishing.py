"""Publishing a small build file: what readers get, and what a failure leaves behind."""

import stat
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.lib import publishing
from orchestration.lib.publishing import Publication, PublishError, publish

PUBLISHED_AT = datetime(2026, 10, 1, 3, 30)


@pytest.fixture
def published_file(tmp_path: Path) -> Path:
    return tmp_path / "published" / "sales_kpis.duckdb"


def build(file: Path, revenue: float, kpi_values: bool = True) -> Path:
    """A build file as dbt leaves it, with one KPI of one month, its pointer view and comments."""
    file.unlink(missing_ok=True)
    with duckdb.connect(file) as connection:
        connection.execute(
            f"""
            create schema staging;
            create schema core;
            create schema kpis;
            create schema reporting;
            create table staging.leads as select 1 as lead_id;
            create table core.periods as
                select 'month' as period_grain, date '2026-09-01' as period_start_date,
                    date '2026-09-30' as as_of_date;
            create table kpis.kpi_revenue_v1 as
                select date '2026-09-01' as period_start_date, {revenue}::double as kpi_value;
            create view kpis.kpi_revenue as select * from {file.stem}.kpis.kpi_revenue_v1;
            create table reporting.kpi_values as select 'revenue' as kpi, {revenue} as kpi_value;
            comment on table kpis.kpi_revenue_v1 is 'What''s won.';
            comment on column kpis.kpi_revenue_v1.kpi_value is 'The KPI itself.';
            """
        )
        if not kpi_values:
            connection.execute("drop table reporting.kpi_values")
    return file


def publish_revenue(tmp_path: Path, published_file: Path, revenue: float) -> Publication:
    return publish(build(tmp_path / "build.duckdb", revenue), published_file, PUBLISHED_AT)


def read_revenue(published_file: Path) -> float:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published_file}' as any_name (read_only)")
        return connection.execute("select kpi_value from any_name.kpis.kpi_revenue").fetchone()[0]


def test_publishes_the_tables_of_the_marts_and_nothing_else(
    tmp_path: Path, published_file: Path
) -> None:
    publication = publish_revenue(tmp_path, published_file, 100)

    with duckdb.connect(published_file, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        revenue = connection.execute("from kpis.kpi_revenue_v1").fetchall()
    assert tables == [
        ("core", "periods"),
        ("kpis", "kpi_revenue_v1"),
        ("reporting", "kpi_values"),
        ("reporting", "publication"),
    ]
    assert revenue == [(date(2026, 9, 1), 100.0)]
    assert (publication.table_count, publication.row_count) == (3, 3)
    assert publication.byte_count == published_file.stat().st_size


def test_the_file_says_which_publish_it_is(tmp_path: Path, published_file: Path) -> None:
    first = publish_revenue(tmp_path, published_file, 100)
    second = publish_revenue(tmp_path, published_file, 200)

    with duckdb.connect(published_file, read_only=True) as connection:
        publications = connection.execute("from reporting.publication").fetchall()
    assert publications == [(second.publish_id, PUBLISHED_AT, date(2026, 9, 30))]
    assert first.publish_id != second.publish_id


def test_comments_of_tables_and_columns_are_published(tmp_path: Path, published_file: Path) -> None:
    publish_revenue(tmp_path, published_file, 100)

    with duckdb.connect(published_file, read_only=True) as connection:
        table_comment = connection.execute(
            "select comment from duckdb_tables() where table_name = 'kpi_revenue_v1'"
        ).fetchone()
        column_comments = connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where table_name = 'kpi_revenue_v1' order by column_index"
        ).fetchall()
    assert table_comment == ("What's won.",)
    assert column_comments == [("period_start_date", None), ("kpi_value", "The KPI itself.")]


def test_views_can_be_read_whatever_a_reader_calls_the_file(
    tmp_path: Path, published_file: Path
) -> None:
    publish_revenue(tmp_path, published_file, 100)
    renamed_file = published_file.rename(tmp_path / "copy of last night.duckdb")

    assert read_revenue(renamed_file) == 100


def test_nobody_can_write_the_published_file(tmp_path: Path, published_file: Path) -> None:
    publish_revenue(tmp_path, published_file, 100)

    assert stat.S_IMODE(published_file.stat().st_mode) == 0o444


def test_clients_since_duckdb_1_0_can_read_the_file(tmp_path: Path, published_file: Path) -> None:
    publish_revenue(tmp_path, published_file, 100)

    with duckdb.connect(published_file, read_only=True) as connection:
        (tags,) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'sales_kpis'"
        ).fetchone()
    assert tags["storage_version"] == "v1.0.0+"


def test_an_open_reader_keeps_the_old_content_and_a_new_one_sees_the_new(
    tmp_path: Path, published_file: Path
) -> None:
    publish_revenue(tmp_path, published_file, 100)
    with duckdb.connect() as old_reader:
        old_reader.execute(f"attach '{published_file}' as sales_kpis (read_only)")
        publish_revenue(tmp_path, published_file, 200)

        old_revenue = old_reader.execute("select kpi_value from sales_kpis.kpis.kpi_revenue")
        assert old_revenue.fetchone() == (100,)
        assert read_revenue(published_file) == 200


def test_without_kpi_values_nothing_is_published(tmp_path: Path, published_file: Path) -> None:
    build_file = build(tmp_path / "build.duckdb", 200, kpi_values=False)

    with pytest.raises(PublishError, match=r"no reporting\.kpi_values: build the models first"):
        publish(build_file, published_file, PUBLISHED_AT)
    assert list(published_file.parent.iterdir()) == []


def lose_a_row(copy_tables: Callable) -> Callable:
    def copy_tables_but_for_a_row(connection: duckdb.DuckDBPyConnection, report: Callable) -> list:
        tables = copy_tables(connection, report)
        connection.execute("delete from kpis.kpi_revenue_v1")
        return tables

    return copy_tables_but_for_a_row


def fail_after(copy_tables: Callable) -> Callable:
    def copy_tables_and_fail(connection: duckdb.DuckDBPyConnection, report: Callable) -> list:
        copy_tables(connection, report)
        raise OSError("No space left on device")

    return copy_tables_and_fail


@pytest.mark.parametrize(
    ("sabotage", "error", "message"),
    [
        (lose_a_row, PublishError, r'kpis\."kpi_revenue_v1" has 0 rows in the new file, 1 were'),
        (fail_after, OSError, "No space left"),
    ],
)
def test_a_failing_publish_leaves_what_was_published_and_nothing_else(
    tmp_path: Path,
    published_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    sabotage: Callable[[Callable], Callable],
    error: type[Exception],
    message: str,
) -> None:
    publish_revenue(tmp_path, published_file, 100)
    content = published_file.read_bytes()
    monkeypatch.setattr(publishing, "_copy_tables", sabotage(publishing._copy_tables))

    with pytest.raises(error, match=message):
        publish_revenue(tmp_path, published_file, 200)
    assert published_file.read_bytes() == content
    assert list(published_file.parent.iterdir()) == [published_file]


def test_a_failing_rename_leaves_what_was_published_and_nothing_else(
    tmp_path: Path, published_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(f"{target} is in use")

    publish_revenue(tmp_path, published_file, 100)
    content = published_file.read_bytes()
    monkeypatch.setattr(publishing.os, "replace", refuse)

    with pytest.raises(PermissionError, match="is in use"):
        publish_revenue(tmp_path, published_file, 200)
    assert published_file.read_bytes() == content
    assert list(published_file.parent.iterdir()) == [published_file]


def test_what_a_crashed_publish_left_is_removed(tmp_path: Path, published_file: Path) -> None:
    published_file.parent.mkdir()
    (published_file.parent / ".sales_kpis.duckdb.0f1e").write_bytes(b"half a file")
    (published_file.parent / ".sales_kpis.duckdb.0f1e.wal").write_bytes(b"half a log")
    file_of_somebody = published_file.parent / "notes.txt"
    file_of_somebody.write_text("Mine.")

    publish_revenue(tmp_path, published_file, 100)

    assert sorted(published_file.parent.iterdir()) == [file_of_somebody, published_file]


def test_only_large_tables_are_reported(
    tmp_path: Path, published_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_file = build(tmp_path / "build.duckdb", 100)
    with duckdb.connect(build_file) as connection:
        connection.execute("create table core.fct_activities as from range(1_000_001)")
    messages: list[str] = []

    publish(build_file, published_file, PUBLISHED_AT, messages.append)

    assert messages == ["Copying core.fct_activities, 1,000,001 rows (1 of 4)."]
