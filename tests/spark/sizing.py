"""Seconds and memory of the same build on DuckDB and on Spark, by size: `make bench-spark`.

Spark runs as on a cluster, with its compiler and its planner as they come and with two executor
processes on this machine. Landing and publishing are the same on both and are not measured.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.spark_exchange import export_raw
from tests.bench.processes import StepError, run_python

SCALES = "200000 2000000 20000000"
AS_OF = "2026-09-30"
BUILD = [DBT, "build", "--exclude-resource-type", "unit_test"]
SPARK_DEFAULTS = """
    spark.master local-cluster[2,1,5120]
    spark.executor.memory 5g
    spark.driver.memory 3g
    spark.driver.host 127.0.0.1
    spark.driver.bindAddress 127.0.0.1
    spark.sql.shuffle.partitions 16
    spark.sql.catalogImplementation in-memory
    spark.ui.enabled false
    spark.ui.showConsoleProgress false
    spark.driver.extraJavaOptions -Dlog4j2.configurationFile={log_settings}
    spark.sql.warehouse.dir {folder}/warehouse
"""


def main() -> None:
    """Print one row of the sizing table per scale in environment variable SCALES."""
    print("| activities | DuckDB | Spark | export of the raw tables for Spark |\n|---|---|---|---|")
    for scale in map(int, os.environ.get("SCALES", SCALES).split()):
        with tempfile.TemporaryDirectory(prefix="sales_kpis_sizing_") as name:
            print(_row(scale, Path(name)), flush=True)


def _row(scale: int, folder: Path) -> str:
    on_duckdb = Settings(folder / "landing", folder / "duckdb", ("crm",))
    on_spark = replace(on_duckdb, warehouse_folder=folder / "spark", target="spark")
    on_duckdb.warehouse_folder.mkdir()
    on_spark.warehouse_folder.mkdir()
    environment = {**on_duckdb.dbt_environment, "SALES_KPIS_LANDING": str(on_duckdb.landing_folder)}
    for step in (
        ["orchestration.lib.demo_data", "--folder", str(on_duckdb.landing_folder / "crm")]
        + ["--scale", str(scale), "--as-of", AS_OF],
        ["tests.bench.steps", "parse_project"],
        ["tests.bench.steps", "land"],
    ):
        run_python(["-m", *step], environment, folder / "steps.log")
    duckdb_seconds, duckdb_bytes = _measure(
        [*BUILD, "--target-path", str(on_duckdb.dbt_target_folder)], environment, folder
    )

    configuration = folder / "conf"
    configuration.mkdir()
    (configuration / "spark-defaults.conf").write_text(
        SPARK_DEFAULTS.format(
            log_settings=PROJECT_FOLDER / "orchestration" / "log4j2.properties",
            folder=on_spark.exchange_folder,
        )
    )
    started = time.monotonic()
    export_raw(on_duckdb.raw_file, on_spark.exchange_folder / "raw")
    export_seconds = time.monotonic() - started
    spark_seconds, spark_bytes = _measure(
        [*BUILD, "--target-path", str(on_spark.dbt_target_folder)],
        {
            **on_spark.dbt_environment,
            "SPARK_CONF_DIR": str(configuration),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SALES_KPIS_SPARK_METHOD": "session",
        },
        folder,
    )
    return (
        f"| {scale:,} | {duckdb_seconds:,.0f} s, {duckdb_bytes / 2**30:.1f} GiB"
        f" | {spark_seconds:,.0f} s, {spark_bytes / 2**30:.1f} GiB | {export_seconds:,.0f} s |"
    )


def _measure(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> tuple[float, int]:
    """Seconds on the clock and the most resident memory of all processes of the command together.

    Raises StepError when it fails.
    """
    log_file = folder / "dbt.log"
    peak_bytes = 0
    started = time.monotonic()
    with log_file.open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_FOLDER,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = threading.Event()
        threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
        while not ended.wait(0.5):
            peak_bytes = max(peak_bytes, _session_bytes(process.pid))
    if process.returncode != 0:
        raise StepError(log_file.read_text(errors="replace")[-5_000:])
    return time.monotonic() - started, peak_bytes


def _session_bytes(session: int) -> int:
    """Resident memory of all processes of a session, as /proc shows it (Linux)."""
    pages = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name, in brackets, may hold spaces
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == session:
            pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
