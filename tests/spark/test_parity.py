"""The same numbers on Spark, with executors in processes of their own, as on DuckDB."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.manifest import DBT
from orchestration.lib.publishing import publish
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.spark_exchange import collect_marts, export_raw
from tests.conftest import DEMO_AS_OF, DEMO_SCALE, SHARED_DATA, make_settings, refresh

from .parity import differences

TARGET = "spark_local"


def build_twice(
    folder: Path, landing_folder: Path, source: str, dbt_command: list[str]
) -> tuple[Settings, Settings, list[dict]]:
    """The same raw tables built and published by DuckDB and by Spark, and dbt's results on Spark.

    One dbt process does all on Spark, whose catalogue ends with it.
    """
    on_duckdb = make_settings(folder, landing_folder, source)
    run = refresh(on_duckdb, folder / "dagster")
    assert run.returncode == 0, run.stdout + run.stderr

    on_spark = replace(on_duckdb, warehouse_folder=folder / "spark", target=TARGET)
    export_raw(on_duckdb.raw_file, on_spark.exchange_folder / "raw")
    dbt = subprocess.run(
        [DBT, *dbt_command, "--target-path", str(on_spark.dbt_target_folder)],
        cwd=PROJECT_FOLDER,
        env=on_spark.dbt_environment,
        capture_output=True,
        text=True,
    )
    assert dbt.returncode == 0, dbt.stdout[-20_000:]
    manifest = json.loads((on_spark.dbt_target_folder / "manifest.json").read_text())
    collect_marts(manifest, on_spark.exchange_folder / "marts", on_spark.build_file)
    publish(on_spark.build_file, on_spark.published_file, datetime(2026, 9, 16))
    results = json.loads((on_spark.dbt_target_folder / "run_results.json").read_text())["results"]
    return on_duckdb, on_spark, results


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings, list[dict]]:
    folder = tmp_path_factory.mktemp("demo")
    write_demo_data(
        folder / "landing" / "crm", scale=DEMO_SCALE, as_of=DEMO_AS_OF, report=lambda message: None
    )
    return build_twice(folder, folder / "landing", "crm", ["build"])


def test_demo_data_gives_the_same_numbers(demo: tuple[Settings, Settings, list[dict]]) -> None:
    on_duckdb, on_spark, _ = demo
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []


def test_every_test_of_dbt_runs_on_spark(demo: tuple[Settings, Settings, list[dict]]) -> None:
    _, on_spark, results = demo
    manifest = json.loads((on_spark.dbt_target_folder / "manifest.json").read_text())
    data_tests = {key for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    assert passed == data_tests | manifest["unit_tests"].keys()


def test_maven_gives_the_same_numbers(tmp_path: Path) -> None:
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    command = ["build", "--resource-type", "model", "--resource-type", "seed"]
    # a moment at which all had landed, so that row versions are looked up on Spark too
    command += ["--vars", json.dumps({"known_at": "2100-01-01 00:00:00"})]
    on_duckdb, on_spark, _ = build_twice(tmp_path, SHARED_DATA, "maven_crm", command)
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []


def test_a_difference_names_the_kpi_the_cell_and_both_values(
    demo: tuple[Settings, Settings, list[dict]], tmp_path: Path
) -> None:
    on_duckdb, _, _ = demo
    changed_file = tmp_path / "changed.duckdb"
    shutil.copy(on_duckdb.published_file, changed_file)
    changed_file.chmod(0o644)
    with duckdb.connect(str(changed_file)) as connection:
        value = connection.execute(
            "update kpis.kpi_revenue_v1 set kpi_value = kpi_value + 1"
            " where period_grain = 'month' and period_start_date = '2026-03-01'"
            " and dimension = 'total' returning kpi_value"
        ).fetchone()[0]
    found = "\n".join(differences(on_duckdb.published_file, changed_file))
    assert "kpis.kpi_revenue_v1, month 2026-03-01 total (all)" in found
    assert f"'kpi_value': {value - 1}" in found and f"'kpi_value': {value}" in found
