"""Kill a worker of a real Spark cluster in the middle of a refresh: `make chaos-spark`.

Starts a standalone master and two workers on the loopback, refreshes demo data through Dagster on
them, kills one worker with its executors half-way, and compares what is published with DuckDB.
dbt is the driver, or with `METHOD=thrift` a Thrift server on the loopback that dbt talks to.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyspark

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings

from .parity import differences

SCALE = 20_000
AS_OF = date(2026, 9, 16)
SPARK_HOME = Path(pyspark.__file__).parent
HOST = "127.0.0.1"


def main() -> int:
    """Run the trial; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="sales_kpis_chaos_") as name:
        folder = Path(name)
        landing = folder / "landing"
        write_demo_data(landing / "crm", scale=SCALE, as_of=AS_OF, report=lambda message: None)
        on_duckdb = Settings(landing, folder / "duckdb", ("crm",))
        on_spark = Settings(landing, folder / "spark", ("crm",), target="spark")
        print("Refreshing on DuckDB.", flush=True)
        _finish(_start_refresh(on_duckdb, folder, {}))
        method = os.environ.get("METHOD", "session")
        with _cluster(folder, on_spark, method) as (workers, environment):
            print("Refreshing on two workers.", flush=True)
            refresh = _start_refresh(on_spark, folder, environment)
            threading.Thread(
                target=_kill_half_way, args=(folder, on_spark, workers[0]), daemon=True
            ).start()
            _finish(refresh)
            if workers[0].poll() is None:
                print("The refresh was over before a worker could be killed.")
                return 1
        found = list(differences(on_duckdb.published_file, on_spark.published_file))
    print("\n".join(found) or "One worker was killed; every published row agrees with DuckDB.")
    return 1 if found else 0


@contextmanager
def _cluster(
    folder: Path, settings: Settings, method: str
) -> Iterator[tuple[list[subprocess.Popen], dict[str, str]]]:
    """A master and two workers; gives the workers and the environment that finds the cluster."""
    port = _free_port()
    master_url = f"spark://{HOST}:{port}"
    configuration = folder / "conf"
    configuration.mkdir()
    spark_folder = settings.exchange_folder
    (configuration / "spark-defaults.conf").write_text(
        f"""
        spark.master {master_url}
        spark.driver.host {HOST}
        spark.driver.bindAddress {HOST}
        spark.executor.memory 1g
        spark.ui.enabled false
        spark.ui.showConsoleProgress false
        spark.sql.shuffle.partitions 4
        spark.driver.extraJavaOptions \
-Dlog4j2.configurationFile={PROJECT_FOLDER}/orchestration/log4j2.properties \
-Dsales_kpis.spark_folder={spark_folder} -Dderby.stream.error.file={folder}/derby.log
        spark.sql.warehouse.dir {spark_folder}/warehouse
        spark.hadoop.javax.jdo.option.ConnectionURL \
jdbc:derby:;databaseName={spark_folder}/metastore;create=true
        """
    )
    environment = {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_CONF_DIR": str(configuration),
        "SPARK_WORKER_DIR": str(folder / "workers"),
        "SALES_KPIS_SPARK_METHOD": method,
    }
    options = ["--webui-port", "0", "--host", HOST]
    master = _start_daemon(
        "master", folder, environment,
        "spark-class", "org.apache.spark.deploy.master.Master", *options, "--port", str(port),
    )  # fmt: skip
    workers = [
        _start_daemon(
            f"worker_{number}", folder, environment,
            "spark-class", "org.apache.spark.deploy.worker.Worker", *options,
            "--cores", "1", "--memory", "1500m", master_url,
        )
        for number in (1, 2)
    ]  # fmt: skip
    daemons = [*workers, master]
    try:
        _wait_for_log(folder / "master.log", "Registering worker", times=2)
        if method == "thrift":
            server = _start_thrift_server(folder, environment)
            daemons.append(server)
            _wait_for_thrift_server(server, folder, environment)
        yield workers, environment
    finally:
        for process in daemons:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _start_thrift_server(folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """Start Spark's Thrift server on the cluster; `environment` then says where it is."""
    port = _free_port()
    environment |= {"SALES_KPIS_SPARK_HOST": HOST, "SALES_KPIS_SPARK_PORT": str(port)}
    return _start_daemon(
        "thrift_server", folder, environment,
        "spark-submit", "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        "spark-internal", "--hiveconf", f"hive.server2.thrift.bind.host={HOST}",
        "--hiveconf", f"hive.server2.thrift.port={port}",
    )  # fmt: skip


def _wait_for_thrift_server(
    server: subprocess.Popen, folder: Path, environment: dict[str, str]
) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, int(environment["SALES_KPIS_SPARK_PORT"]))) == 0:
                return
        time.sleep(0.5)
    raise SystemExit((folder / "thrift_server.log").read_text())


def _start_daemon(
    name: str, folder: Path, environment: dict[str, str], program: str, *arguments: str
) -> subprocess.Popen:
    """Start a daemon of the cluster in a process group of its own, which its executors share."""
    with (folder / f"{name}.log").open("w") as log:
        return subprocess.Popen(
            [str(SPARK_HOME / "bin" / program), *arguments],
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _start_refresh(
    settings: Settings, folder: Path, environment: dict[str, str]
) -> subprocess.Popen:
    settings.warehouse_folder.mkdir(exist_ok=True)
    with _refresh_log(folder, settings).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.run"],
            cwd=PROJECT_FOLDER,
            env={
                **settings.dbt_environment,
                "SALES_KPIS_LANDING": str(settings.landing_folder),
                "DAGSTER_HOME": str(folder / "dagster"),
                **environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _refresh_log(folder: Path, settings: Settings) -> Path:
    return folder / f"refresh_{settings.target}.log"


def _finish(refresh: subprocess.Popen) -> None:
    if refresh.wait() != 0:
        raise SystemExit(f"The refresh failed with exit code {refresh.returncode}.")


def _kill_half_way(folder: Path, settings: Settings, worker: subprocess.Popen) -> None:
    """Kill a worker and its executors while the KPI tables are being built."""
    _wait_for_log(_refresh_log(folder, settings), "START sql table model kpis.", times=5)
    os.killpg(worker.pid, signal.SIGKILL)
    print("Killed a worker and its executor while the KPI tables were being built.", flush=True)


def _wait_for_log(file: Path, text: str, times: int) -> None:
    while not file.exists() or file.read_text(errors="replace").count(text) < times:
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
