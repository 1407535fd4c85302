"""What a series of nights does to the published numbers."""

import json
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.sql_text import attach_read_only, quoted_name
from tests.conftest import make_settings, refresh

SCALE = 4_000
FIRST_NIGHT = date(2026, 3, 10)
NEXT_WEEK = date(2026, 3, 17)

# In everything that a refresh could take from its environment and must not write.
PLANTED = "pl4nted-s3cret"
SECRETS = {
    "SALES_KPIS_ALERTS": f"json://user:{PLANTED}@127.0.0.1:1/{PLANTED} slack://{PLANTED}",
    "SALES_KPIS_POSTGRES_PASSWORD": PLANTED,
    "SALES_KPIS_SPARK_USER": PLANTED,
    "PGPASSWORD": PLANTED,
    "AWS_SECRET_ACCESS_KEY": PLANTED,
}

Values = list[tuple]
RawTables = dict[str, list[tuple]]


def write_exports(settings: Settings, as_of: date) -> None:
    write_demo_data(
        settings.landing_folder / "crm", scale=SCALE, as_of=as_of, report=lambda message: None
    )


def read_values(file: Path) -> Values:
    with duckdb.connect() as connection:
        attach_read_only(connection, file, "marts")
        return connection.execute(
            "select * from marts.reporting.kpi_values order by all"
        ).fetchall()


def read_raw_tables(settings: Settings) -> RawTables:
    """Every row of every raw table, superseded versions included."""
    with duckdb.connect() as connection:
        attach_read_only(connection, settings.raw_file, "raw")
        tables = connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'raw' and schema_name = 'raw_crm'"
        ).fetchall()
        return {
            table: connection.execute(f"select * from raw.raw_crm.{table} order by all").fetchall()
            for (table,) in tables
        }


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A first night, the same files again without build and published file, and a week later."""
    folder = tmp_path_factory.mktemp("nights")
    settings = make_settings(folder, folder / "landing", "crm")
    printed = []

    def run_night() -> None:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in SECRETS.items():
                environment.setenv(name, value)
            run = refresh(settings, folder / "dagster")
        assert run.returncode == 0, run.stdout + run.stderr
        printed.append(run.stdout + run.stderr)

    write_exports(settings, FIRST_NIGHT)
    run_night()
    with duckdb.connect() as connection:
        attach_read_only(connection, settings.raw_file, "raw")
        first_landed_at = connection.execute(
            "select max(landed_at) from raw.landing.files"
        ).fetchone()[0]
    result = {
        "folder": folder,
        "printed": printed,
        "settings": settings,
        "first_landed_at": first_landed_at,
        "first_values": read_values(settings.published_file),
        "first_raw_tables": read_raw_tables(settings),
    }
    settings.build_file.unlink()
    settings.published_file.unlink()
    run_night()
    result["repeated_values"] = read_values(settings.published_file)
    result["repeated_raw_tables"] = read_raw_tables(settings)
    write_exports(settings, NEXT_WEEK)
    run_night()
    result["later_values"] = read_values(settings.published_file)
    result["later_raw_tables"] = read_raw_tables(settings)
    return result


def test_landing_the_same_files_twice_changes_no_table(nights: dict) -> None:
    assert nights["first_raw_tables"]["opportunities"]
    assert nights["repeated_raw_tables"] == nights["first_raw_tables"]


def test_build_and_published_file_can_be_made_again(nights: dict) -> None:
    assert nights["first_values"]
    assert nights["repeated_values"] == nights["first_values"]


def test_later_files_add_versions_and_keep_every_row(nights: dict) -> None:
    for table, rows in nights["first_raw_tables"].items():
        if table.endswith("__superseded"):
            continue
        versions = nights["later_raw_tables"]
        kept = {row for row in versions[table]}
        kept |= {row[:-1] for row in versions[f"{table}__superseded"]}
        assert set(rows) <= kept, table


def files_with(text: str, folder: Path) -> set[Path]:
    """The files below a folder that have the text in their bytes or in a value of their tables."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    found = {file for file in files if text.encode() in file.read_bytes()}
    return found | {file for file in files if file.suffix == ".duckdb" and in_values(text, file)}


def in_values(text: str, file: Path) -> bool:
    """Whether a text in a DuckDB file has the text: on disk they are compressed."""
    with duckdb.connect() as connection:
        attach_read_only(connection, file, "searched")
        columns = connection.execute(
            """
            select schema_name, table_name, column_name
            from duckdb_columns()
            semi join duckdb_tables() using (database_name, schema_name, table_name)
            where database_name = 'searched' and data_type like '%VARCHAR%'
            """
        ).fetchall()
        return any(
            connection.execute(
                f"select count(*) from searched.{quoted_name(schema)}.{quoted_name(table)}"
                f" where contains(cast({quoted_name(column)} as varchar), ?)",
                [text],
            ).fetchone()[0]
            for schema, table, column in columns
        )


def test_no_secret_of_the_environment_is_written_or_printed(nights: dict) -> None:
    folder = nights["folder"]

    assert len(list(folder.rglob("*.duckdb"))) == 3
    assert not files_with(PLANTED, folder)
    assert not files_with(PLANTED, PROJECT_FOLDER / "logs")
    assert not any(PLANTED in text for text in nights["printed"])


def test_the_search_for_secrets_finds_what_is_there(nights: dict) -> None:
    warehouse = nights["settings"].warehouse_folder

    assert files_with("Benelux", warehouse) >= set(warehouse.rglob("*.duckdb"))
    assert warehouse / "dbt" / "manifest.json" in files_with("stg_crm__reps", warehouse)


def test_known_at_gives_the_numbers_of_that_night_again(nights: dict) -> None:
    settings = nights["settings"]
    assert nights["later_values"] != nights["first_values"]
    known_at = nights["first_landed_at"].isoformat(sep=" ")
    build = subprocess.run(
        [DBT, "--quiet", "run", "--vars", json.dumps({"known_at": known_at})]
        + ["--target-path", str(settings.warehouse_folder / "known_at")],
        cwd=PROJECT_FOLDER,
        env=settings.dbt_environment,
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stdout
    assert read_values(settings.build_file) == nights["first_values"]
