"""What passes between DuckDB and Spark, without Spark."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.spark_exchange import collect_marts, export_raw


@pytest.fixture
def raw_file(tmp_path: Path) -> Path:
    file = tmp_path / "raw.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            """
            create schema raw_crm;
            create schema landing;
            create table raw_crm.reps
                (rep_id varchar, "Née" varchar, _landing_id varchar, _is_deleted boolean);
            create table raw_crm.reps__superseded
                (rep_id varchar, _landing_id varchar, _superseded_at timestamp);
            create table landing.files (landing_id varchar, landed_at timestamp);
            create table landing.rejected_rows (value varchar);
            insert into raw_crm.reps values ('1', 'Ann', 'first', false);
            """
        )
    return file


def test_raw_tables_are_written_with_all_their_columns(raw_file: Path, tmp_path: Path) -> None:
    written = export_raw(raw_file, tmp_path / "spark")

    assert written == ["landing.files", "raw_crm.reps", "raw_crm.reps__superseded"]
    reps = duckdb.sql(f"from '{tmp_path}/spark/raw_crm/reps/data.parquet'")
    assert reps.columns == ["rep_id", "Née", "_landing_id", "_is_deleted"]
    assert reps.fetchall() == [("1", "Ann", "first", False)]


def test_only_what_changed_is_written_again(raw_file: Path, tmp_path: Path) -> None:
    export_raw(raw_file, tmp_path / "spark")
    assert export_raw(raw_file, tmp_path / "spark") == []

    with duckdb.connect(str(raw_file)) as connection:
        # one row for another: the number of rows stays
        connection.execute("update raw_crm.reps set _landing_id = 'second'")
    assert export_raw(raw_file, tmp_path / "spark") == ["raw_crm.reps"]

    with duckdb.connect(str(raw_file)) as connection:
        connection.execute("alter table raw_crm.reps__superseded add column team varchar")
    assert export_raw(raw_file, tmp_path / "spark") == ["raw_crm.reps__superseded"]


def test_nothing_unfinished_stays_in_the_folder(raw_file: Path, tmp_path: Path) -> None:
    export_raw(raw_file, tmp_path / "spark")
    files = {file.name for file in (tmp_path / "spark" / "raw_crm" / "reps").iterdir()}
    assert files == {"data.parquet", "_state.json"}


def manifest() -> dict[str, Any]:
    def column(data_type: str, description: str) -> dict[str, str]:
        return {"data_type": data_type, "description": description}

    return {
        "nodes": {
            "model.kpi": {
                "resource_type": "model",
                "schema": "kpis",
                "name": "kpi_revenue",
                "alias": "kpi_revenue_v1",
                "version": 1,
                "latest_version": 1,
                "description": "Revenue, in the reporting currency.",
                "config": {},
                "constraints": [{"type": "primary_key", "columns": ["dimension"]}],
                "columns": {
                    "dimension": column("string", "The slice's name."),
                    "changed_at": column("timestamp", ""),
                    "kpi_value": column("double", "Its value."),
                },
            },
            "model.staged": {"resource_type": "model", "schema": "staging"},
            "test.kpi": {"resource_type": "test", "schema": "kpis"},
        }
    }


def write_mart(folder: Path, query: str) -> None:
    mart = folder / "kpis" / "kpi_revenue_v1"
    mart.mkdir(parents=True)
    duckdb.sql(f"copy ({query}) to '{mart}/part-0.parquet'")


def test_marts_become_the_build_file(tmp_path: Path) -> None:
    write_mart(
        tmp_path / "marts",
        "select 1.5::decimal(18, 4) as kpi_value, '(all)' as dimension,"
        " '2026-03-01 03:00:00+00'::timestamptz as changed_at",
    )
    build_file = tmp_path / "build.duckdb"

    assert collect_marts(manifest(), tmp_path / "marts", build_file) == 1

    with duckdb.connect(str(build_file), read_only=True) as connection:
        assert connection.execute("from kpis.kpi_revenue").fetchall() == [
            ("(all)", datetime(2026, 3, 1, 3), 1.5)
        ]
        assert connection.execute("select comment from duckdb_tables()").fetchall() == [
            ("Revenue, in the reporting currency.",)
        ]
        columns = connection.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where table_name = 'kpi_revenue_v1' order by column_index"
        ).fetchall()
    assert columns == [
        ("dimension", "VARCHAR", "The slice's name."),
        ("changed_at", "TIMESTAMP", None),
        ("kpi_value", "DOUBLE", "Its value."),
    ]


def test_a_mart_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "marts" / "kpis" / "kpi_revenue_v1").mkdir(parents=True)
    build_file = tmp_path / "build.duckdb"

    collect_marts(manifest(), tmp_path / "marts", build_file)

    with duckdb.connect(str(build_file), read_only=True) as connection:
        assert connection.execute("from kpis.kpi_revenue_v1").fetchall() == []


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    row = "select 1.5 as kpi_value, '(all)' as dimension, null::timestamp as changed_at"
    write_mart(tmp_path / "marts", f"{row} union all {row}")

    with pytest.raises(duckdb.ConstraintException, match=r"duplicate key .\(all\)."):
        collect_marts(manifest(), tmp_path / "marts", tmp_path / "build.duckdb")


def test_a_missing_mart_leaves_the_build_file(tmp_path: Path) -> None:
    build_file = tmp_path / "build.duckdb"
    build_file.write_text("yesterday's")

    with pytest.raises(FileNotFoundError, match="Spark wrote no kpis.kpi_revenue_v1 to "):
        collect_marts(manifest(), tmp_path / "marts", build_file)

    assert build_file.read_text() == "yesterday's"
    assert [file.name for file in tmp_path.iterdir()] == ["build.duckdb"]
