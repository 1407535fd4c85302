"""What Dagster loads, and what a refresh that fails leaves behind."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from tests.conftest import make_settings, refresh

RAW_TABLES = {
    "crm/accounts",
    "crm/activities",
    "crm/campaigns",
    "crm/commercial_costs",
    "crm/contacts",
    "crm/exchange_rates",
    "crm/leads",
    "crm/market_revenue",
    "crm/opportunities",
    "crm/opportunity_lines",
    "crm/opportunity_stages",
    "crm/products",
    "crm/reps",
    "crm/subscriptions",
    "crm/survey_responses",
    "crm/targets",
}
LEDGER = "landing/files"
PUBLISHED = "published/sales_kpis"
NIGHTS = 270


@pytest.fixture(scope="module")
def loaded(demo_warehouse: Settings) -> dict[str, Any]:
    """What Dagster loads for the demo company: see describe_definitions.py."""
    description = subprocess.run(
        [sys.executable, "-m", "tests.describe_definitions"],
        cwd=PROJECT_FOLDER,
        env={
            **os.environ,
            "SALES_KPIS_LANDING": str(demo_warehouse.landing_folder),
            "SALES_KPIS_WAREHOUSE": str(demo_warehouse.warehouse_folder),
            "SALES_KPIS_SOURCES": ",".join(demo_warehouse.sources),
        },
        capture_output=True,
        text=True,
    )
    assert description.returncode == 0, description.stderr
    return json.loads(description.stdout)


@pytest.fixture(scope="module")
def manifest(demo_warehouse: Settings) -> dict[str, Any]:
    return read_manifest(demo_warehouse)


def ancestors(assets: dict[str, Any], key: str) -> set[str]:
    found: set[str] = set()
    waiting = [key]
    while waiting:
        for parent in assets[waiting.pop()]["parents"]:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_every_raw_table_is_an_asset(loaded: dict[str, Any]) -> None:
    raw_assets = {key for key, asset in loaded["assets"].items() if asset["group"] == "raw"}

    assert raw_assets == RAW_TABLES | {LEDGER}


def test_every_model_is_an_asset_under_its_schema_and_table(
    loaded: dict[str, Any], manifest: dict[str, Any]
) -> None:
    relations = {
        f"{node['schema']}/{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }

    assert loaded["assets"].keys() == relations | RAW_TABLES | {LEDGER, PUBLISHED}


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("crm/leads", "raw"),
        ("landing/files", "raw"),
        ("staging/stg_crm__leads", "staging"),
        ("staging/stg_landing__files", "staging"),
        ("intermediate/int_crm__leads", "intermediate"),
        ("core/fct_leads", "core"),
        ("kpis/kpi_win_rate_v2", "kpis"),
        ("kpis/kpi_revenue_v1", "kpis"),
        ("reporting/kpi_values", "reporting"),
        ("reporting/kpi_catalog", "reporting"),
        ("published/sales_kpis", "published"),
    ],
)
def test_the_group_of_an_asset_is_its_layer(loaded: dict[str, Any], key: str, group: str) -> None:
    assert loaded["assets"][key]["group"] == group


def test_there_are_no_other_groups(loaded: dict[str, Any]) -> None:
    groups = {asset["group"] for asset in loaded["assets"].values()}

    assert groups == {
        "raw",
        "staging",
        "intermediate",
        "core",
        "kpis",
        "reporting",
        "published",
    }


def test_every_table_has_the_owner_that_answers_for_it(loaded: dict[str, Any]) -> None:
    assets = loaded["assets"]

    assert assets["kpis/kpi_win_rate_v2"]["owners"] == ["team:Sales"]
    assert assets["kpis/kpi_churn_rate_v1"]["owners"] == ["team:Customer success"]
    assert assets["reporting/kpi_catalog"]["owners"] == ["team:Data"]
    assert all(asset["owners"] for asset in assets.values() if asset["group"] != "raw")


def test_columns_say_what_they_mean_and_what_they_are_made_from(loaded: dict[str, Any]) -> None:
    columns = loaded["assets"]["kpis/kpi_win_rate_v2"]["columns"]

    assert columns["numerator"] == (
        "Additive part above the line. From `fct_opportunities.is_won`."
    )
    many = loaded["assets"]["reporting/kpi_values"]["columns"]["kpi_value"]
    assert re.search(r" From \d+ columns of \d+ tables\.$", many)


def test_tables_have_the_row_count_of_the_last_publish(demo_warehouse: Settings) -> None:
    with duckdb.connect(demo_warehouse.published_file, read_only=True) as connection:
        (row_count,) = connection.execute("select count(*) from core.fct_opportunities").fetchone()

    home = demo_warehouse.warehouse_folder.parent / "dagster"
    with dg.DagsterInstance.from_config(str(home)) as instance:
        key = dg.AssetKey(["core", "fct_opportunities"])
        (observation,) = instance.fetch_observations(key, limit=2).records

    metadata = observation.asset_observation.metadata
    assert metadata["dagster/row_count"].value == row_count > 0


def test_lineage_runs_from_a_raw_table_to_the_published_file(loaded: dict[str, Any]) -> None:
    assets = loaded["assets"]

    assert assets["staging/stg_crm__opportunities"]["parents"] == ["crm/opportunities"]
    assert "staging/stg_crm__opportunities" in ancestors(assets, "core/fct_opportunities")
    assert "core/fct_opportunities" in assets["kpis/kpi_win_rate_v2"]["parents"]
    assert "kpis/kpi_win_rate_v2" in assets["reporting/kpi_values"]["parents"]
    assert "reporting/kpi_values" in assets[PUBLISHED]["parents"]
    assert ancestors(assets, PUBLISHED) >= RAW_TABLES | {LEDGER}


def test_every_published_table_is_a_parent_of_the_file(loaded: dict[str, Any]) -> None:
    marts = {
        key
        for key, asset in loaded["assets"].items()
        if asset["group"] in ("core", "kpis", "reporting")
    }

    assert set(loaded["assets"][PUBLISHED]["parents"]) == marts


def test_every_data_test_is_an_asset_check(
    loaded: dict[str, Any], manifest: dict[str, Any]
) -> None:
    data_tests = {
        node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"
    }
    # Every table of this source declares a rhythm.
    landing_checks = {
        (key, name) for key in RAW_TABLES for name in ("rejected_rows", "freshness", "volume")
    }
    own_checks = landing_checks | {(PUBLISHED, "kpi_watch")}
    checks = {tuple(check) for check in loaded["checks"]}

    assert len(data_tests) > 60
    assert {name for key, name in checks - own_checks} == data_tests
    assert own_checks <= checks
    assert all(key in loaded["assets"] for key, name in checks)


def test_the_job_refreshes_and_checks_everything_in_one_process(loaded: dict[str, Any]) -> None:
    assert loaded["job"]["assets"] == sorted(loaded["assets"])
    assert loaded["job"]["checks"] == len(loaded["checks"])
    assert loaded["job"]["is_in_process"]


def test_the_schedule_runs_nightly_in_the_reporting_time_zone(
    loaded: dict[str, Any], demo_warehouse: Settings
) -> None:
    assert loaded["schedule"] == {
        "job": "nightly_refresh",
        "cron": "0 3 * * *",
        "time_zone": demo_warehouse.dbt_vars["reporting_timezone"],
        "is_running": True,
    }


@pytest.mark.parametrize(
    ("time_zone", "first_day"),
    [
        # both changes of the clock lie in the days from here
        ("Europe/Amsterdam", date(2026, 3, 20)),
        ("America/New_York", date(2026, 3, 1)),
        ("Australia/Sydney", date(2026, 3, 28)),
    ],
)
def test_a_refresh_starts_once_each_night_at_three_when_the_clock_changes_too(
    loaded: dict[str, Any], time_zone: str, first_day: date
) -> None:
    midnight = datetime.combine(first_day, time(), ZoneInfo(time_zone))
    nights = list(
        islice(
            schedule_execution_time_iterator(
                midnight.timestamp(), loaded["schedule"]["cron"], time_zone, ascending=True
            ),
            NIGHTS,
        )
    )

    assert len({night.utcoffset() for night in nights}) == 2
    assert nights[0].utcoffset() == nights[-1].utcoffset()
    assert [night.replace(tzinfo=None) for night in nights] == [
        datetime.combine(first_day + timedelta(days=number), time(3)) for number in range(NIGHTS)
    ]


def test_sensors_start_a_refresh_on_new_files_and_report_dead_runs(loaded: dict[str, Any]) -> None:
    sensors = loaded["sensors"]

    assert sensors["new_files"] == {"jobs": ["nightly_refresh"], "seconds": 30, "is_running": True}
    assert sensors["dead_runs"] == {"jobs": [], "seconds": 30, "is_running": True}


def test_refresh_and_closes_write_the_warehouse_and_the_digest_does_not(
    loaded: dict[str, Any],
) -> None:
    assert loaded["writing_jobs"] == [
        "monthly_close",
        "nightly_refresh",
        "quarterly_close",
        "weekly_close",
    ]


def test_alerts_and_digest_run_from_the_start(
    loaded: dict[str, Any], demo_warehouse: Settings
) -> None:
    for sensor in ("failure_alert", "warning_alert"):
        assert loaded["sensors"][sensor]["is_running"]
    assert loaded["digest_schedule"] == {
        "job": "daily_digest",
        "cron": "0 7 * * *",
        "time_zone": demo_warehouse.dbt_vars["reporting_timezone"],
        "is_running": True,
    }


@pytest.fixture
def demo_copy(demo_warehouse: Settings, tmp_path: Path) -> Settings:
    """Landing and warehouse of the demo company, to spoil."""
    settings = make_settings(tmp_path, tmp_path / "landing", "crm")
    shutil.copytree(demo_warehouse.landing_folder, settings.landing_folder)
    shutil.copytree(demo_warehouse.warehouse_folder, settings.warehouse_folder)
    return settings


def next_export(settings: Settings, table: str) -> tuple[Path, list[str]]:
    """Where the next night's export of a table goes, and the lines of the last one."""
    folder = settings.landing_folder / "crm"
    (last_export,) = folder.glob(f"{table}_20*.csv")
    return folder / f"{table}_2026-09-17.csv", last_export.read_text().splitlines()


def test_a_file_without_a_column_fails_the_refresh_and_leaves_what_was_published(
    demo_copy: Settings, tmp_path: Path
) -> None:
    published = demo_copy.published_file.read_bytes()
    file, lines = next_export(demo_copy, "products")
    file.write_text("\n".join([lines[0].replace("list_price", "price"), *lines[1:]]))

    run = refresh(demo_copy, tmp_path / "dagster")

    assert run.returncode == 1
    assert (
        "raw_tables failed: Files that could not land:\n"
        "crm/products_2026-09-17.csv misses the declared column 'list_price'"
    ) in run.stderr
    assert "dbt_models" not in run.stderr
    assert "Traceback" not in run.stderr + run.stdout
    assert "The refresh failed; what was published before is still there." in run.stdout
    assert demo_copy.published_file.read_bytes() == published


def test_a_law_that_does_not_hold_fails_the_refresh_and_leaves_what_was_published(
    demo_copy: Settings, tmp_path: Path
) -> None:
    published = demo_copy.published_file.read_bytes()
    file, lines = next_export(demo_copy, "opportunities")
    position = next(number for number, line in enumerate(lines) if ",lost," in line)
    without_close_date = lines[position].rpartition(",")[0] + ","
    file.write_text("\n".join([*lines[:position], without_close_date, *lines[position + 1 :]]))

    run = refresh(demo_copy, tmp_path / "dagster")

    assert run.returncode == 1
    assert "assert_closed_opportunities_have_a_close_date" in run.stderr
    assert demo_copy.published_file.read_bytes() == published
