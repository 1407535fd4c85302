"""What a series of nights does to the published numbers."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.closing import close_periods
from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.sql_text import attach_read_only
from tests.conftest import make_settings, refresh

SCALE = 4_000
FIRST_NIGHT = date(2026, 3, 10)
NEXT_WEEK = date(2026, 3, 17)
FEBRUARY = date(2026, 2, 1)

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
    return read(file, "from reporting.kpi_values order by all")


def read(file: Path, query: str) -> Values:
    with duckdb.connect() as connection:
        attach_read_only(connection, file, "marts")
        connection.execute("use marts")
        return connection.execute(query).fetchall()


def deals_won_in_february(file: Path) -> float:
    return read(
        file,
        "select kpi_value from reporting.kpi_values where kpi = 'deals_won' and is_latest"
        f" and period_grain = 'month' and period_start_date = '{FEBRUARY}' and dimension = 'total'",
    )[0][0]


def add_a_late_deal(settings: Settings) -> None:
    """A deal that was won in February, and comes with the exports of March."""
    folder = settings.landing_folder / "crm"
    (account,) = [
        line.split(",")[0]
        for line in (folder / f"accounts_{NEXT_WEEK}.csv").read_text().splitlines()[1:2]
    ]
    with (folder / f"opportunities_{NEXT_WEEK}.csv").open("a") as file:
        file.write(
            f"OPPORTUNITY-LATE,Late,{account},,,,,,New business,Negotiation,won,100.00,EUR,100.00,"
            "2026-02-02 09:00:00,2026-02-10 09:00:00\n"
        )


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
    result["closed"] = close_periods(
        settings.raw_file,
        settings.published_file,
        "month",
        "UTC",
        datetime.now(UTC).replace(tzinfo=None),
    )
    result["deals_won_at_close"] = deals_won_in_february(settings.published_file)
    result["repeated_raw_tables"] = read_raw_tables(settings)
    write_exports(settings, NEXT_WEEK)
    add_a_late_deal(settings)
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
    found = set()
    for file in folder.rglob("*"):
        if file.is_file() and text.encode() in file.read_bytes():
            found.add(file)
        if file.suffix == ".duckdb" and text in read_everything(file):
            found.add(file)
    return found


def read_everything(file: Path) -> str:
    """All values of a DuckDB file as one text: on disk they are compressed."""
    with duckdb.connect() as connection:
        attach_read_only(connection, file, "searched")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = 'searched' and not internal"
        ).fetchall()
        return "".join(
            connection.execute(
                "select coalesce(string_agg(cast(everything as varchar), ''), '')"
                f' from searched."{schema}"."{table}" as everything'
            ).fetchone()[0]
            for schema, table in tables
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


def test_a_rebuild_gives_the_numbers_of_that_night_again_in_a_file_of_its_own(
    nights: dict, tmp_path: Path
) -> None:
    settings = nights["settings"]
    assert nights["later_values"] != nights["first_values"]
    side_file = tmp_path / "side.duckdb"
    files = (settings.raw_file, settings.build_file, settings.published_file)
    before = [file.read_bytes() for file in files]
    with duckdb.connect() as reader:
        attach_read_only(reader, settings.published_file, "published")
        rebuild = subprocess.run(
            [sys.executable, "-m", "orchestration.rebuild"]
            + ["--known-at", nights["first_landed_at"].isoformat(), "--file", str(side_file)],
            cwd=PROJECT_FOLDER,
            env=settings.dbt_environment,
            capture_output=True,
            text=True,
        )

    assert rebuild.returncode == 0, rebuild.stdout + rebuild.stderr
    assert read_values(side_file) == nights["first_values"]
    assert [file.read_bytes() for file in files] == before
    assert not (settings.warehouse_folder / "rebuild").exists()


def test_publishing_the_same_numbers_again_adds_no_row_to_the_history(nights: dict) -> None:
    first, repeated, later = read(
        nights["settings"].raw_file,
        "select changed_value_count from reporting.refresh_runs order by started_at",
    )
    assert first[0] > 0
    assert repeated[0] == 0
    assert later[0] > 0


def test_a_late_deal_restates_its_closed_month_once_with_the_table_as_reason(nights: dict) -> None:
    settings = nights["settings"]
    restatements = read(
        settings.published_file,
        "select first_reported_value, kpi_value, reason, reason_detail"
        " from reporting.kpi_restatements where kpi = 'deals_won' and period_grain = 'month'"
        f" and period_start_date = '{FEBRUARY}' and dimension = 'total'",
    )

    assert FEBRUARY in [period.period_start_date for period in nights["closed"]]
    now = deals_won_in_february(settings.published_file)
    assert now >= nights["deals_won_at_close"] + 1
    ((first_reported_value, value, reason, detail),) = restatements
    assert (first_reported_value, value) == (nights["deals_won_at_close"], now)
    assert "late_or_changed_rows" in reason
    assert "crm.opportunities: " in detail
    assert "crm.survey_responses" not in detail


def test_every_run_is_reported_with_its_rows_checks_and_slowest_models(nights: dict) -> None:
    runs = read(
        nights["settings"].published_file,
        "select landed_row_count, passed_check_count, failed_check_count, slowest_models"
        " from reporting.refresh_runs order by started_at",
    )

    assert [landed > 0 for landed, *_ in runs] == [True, False, True]
    for _, passed, failed, slowest_models in runs:
        assert passed > 0
        assert failed == 0
        assert slowest_models.count(" s") == 5
