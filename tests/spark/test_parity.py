"""The same numbers on Spark, with executors in processes of their own, as on DuckDB."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from tests.conftest import DEMO_AS_OF, DEMO_SCALE, SHARED_DATA, make_settings, refresh

from .parity import differences

TARGET = os.environ.get("SALES_KPIS_TARGET", "spark_local")


def build_twice(folder: Path, landing_folder: Path, source: str) -> tuple[Settings, Settings]:
    """The same raw tables built and published by DuckDB and by Spark."""
    on_duckdb = make_settings(folder, landing_folder, source)
    run = refresh(on_duckdb, folder / "dagster")
    assert run.returncode == 0, run.stdout + run.stderr
    on_spark = replace(on_duckdb, warehouse_folder=folder / "spark_warehouse", target=TARGET)
    on_spark.warehouse_folder.mkdir()
    shutil.copy(on_duckdb.raw_file, on_spark.raw_file)
    run = refresh(on_spark, folder / "dagster")
    assert run.returncode == 0, run.stdout + run.stderr
    return on_duckdb, on_spark


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    folder = tmp_path_factory.mktemp("demo")
    write_demo_data(
        folder / "landing" / "crm",
        scale=DEMO_SCALE,
        as_of=DEMO_AS_OF,
        report=lambda message: None,
    )
    return build_twice(folder, folder / "landing", "crm")


def test_demo_data_gives_the_same_numbers(demo: tuple[Settings, Settings]) -> None:
    on_duckdb, on_spark = demo
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []


def test_maven_gives_the_same_numbers(tmp_path: Path) -> None:
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    on_duckdb, on_spark = build_twice(tmp_path, SHARED_DATA, "maven_crm")
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []


def test_every_dbt_unit_test_passes_on_spark(demo: tuple[Settings, Settings]) -> None:
    _, on_spark = demo
    target = on_spark.warehouse_folder / "unit_tests"
    run = subprocess.run(
        [DBT, "--quiet", "test", "--select", "test_type:unit", "--target-path", str(target)],
        cwd=PROJECT_FOLDER,
        env=on_spark.dbt_environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    results = json.loads((target / "run_results.json").read_text())["results"]
    unit_tests = json.loads((target / "manifest.json").read_text())["unit_tests"]
    assert len(results) == len(unit_tests) > 0


def test_a_difference_names_the_kpi_the_cell_and_both_values(
    demo: tuple[Settings, Settings], tmp_path: Path
) -> None:
    on_duckdb, _ = demo
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
