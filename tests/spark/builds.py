"""The same raw tables built by DuckDB and by Spark."""

import json
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.manifest import DBT
from orchestration.lib.publishing import publish
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.spark_exchange import collect_marts, export_raw
from tests.conftest import DEMO_AS_OF, DEMO_SCALE, make_settings, refresh

TARGET = "spark_local"


def write_demo_exports(landing_folder: Path) -> None:
    """The exports of the small demo company."""
    write_demo_data(
        landing_folder / "crm", scale=DEMO_SCALE, as_of=DEMO_AS_OF, report=lambda message: None
    )


def build_twice(
    folder: Path, landing_folder: Path, sources: str, dbt_command: list[str]
) -> tuple[Settings, Settings, list[dict]]:
    """The same raw tables built and published by DuckDB and by Spark, and dbt's results on Spark.

    One dbt process does all on Spark, whose catalogue ends with it.
    """
    on_duckdb = make_settings(folder, landing_folder, sources)
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
