"""A warehouse of a trial's own, with Dagster's daemon and refreshes in processes of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings

SCALE = 4_000
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Trial:
    """A warehouse with its exports, and Dagster's home."""

    folder: Path
    settings: Settings
    environment: dict[str, str]
    instance: dg.DagsterInstance

    def write_exports(self, as_of: date) -> None:
        write_demo_data(
            self.settings.landing_folder / "crm",
            scale=SCALE,
            as_of=as_of,
            report=lambda message: None,
        )

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own, which its children share."""
        with (self.folder / f"{name}.log").open("a") as log:
            return subprocess.Popen(
                command,
                cwd=PROJECT_FOLDER,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """Dagster's daemon as its unit starts it; killed with all its children afterwards."""
        command = [_tool("dagster-daemon"), "run", "-m", "orchestration.definitions"]
        daemon = self.start("daemon", command)
        try:
            yield daemon
        finally:
            kill_group(daemon)

    def start_refresh(self, name: str) -> subprocess.Popen[bytes]:
        """A refresh in a process of its own: `make run`."""
        return self.start(name, [sys.executable, "-m", "orchestration.run"])

    def launch_refresh(self) -> None:
        """Queue a refresh for the daemon."""
        command = [_tool("dagster"), "job", "launch", "-m", "orchestration.definitions"]
        launch = self.start("launch", [*command, "-j", "nightly_refresh"])
        if launch.wait() != 0:
            raise SystemExit(f"The refresh could not be launched: see {self.folder}/launch.log.")

    def runs(self) -> list[dg.DagsterRun]:
        """All refreshes, in the order in which they were asked for."""
        return list(reversed(self.instance.get_runs(dg.RunsFilter(job_name="nightly_refresh"))))

    def wait_for_run(self, number: int) -> str:
        """The id of the refresh with this number, from 0, as soon as it works in its process."""
        wait_for(f"refresh {number} to start", lambda: self._has_started(number))
        return self.runs()[number].run_id

    def wait_for_end(self, run_id: str) -> dg.DagsterRunStatus:
        wait_for(f"run {run_id} to end", lambda: self.instance.get_run_by_id(run_id).is_finished)
        return self.instance.get_run_by_id(run_id).status

    def wait_for_models(self, run_id: str) -> None:
        """Wait until dbt builds models in a run."""
        wait_for(f"run {run_id} to build models", lambda: "core" in self._built_schemas(run_id))

    def kill_run(self, run_id: str) -> None:
        """Kill the process of a run, and nothing else."""
        process = int(self._run_file(run_id).read_text().removeprefix("process "))
        os.kill(process, signal.SIGKILL)

    def start_time(self, run_id: str) -> float:
        """When a run started, in seconds since 1970."""
        return self.instance.get_run_record_by_id(run_id).start_time

    def _built_schemas(self, run_id: str) -> set[str]:
        built = dg.DagsterEventType.ASSET_MATERIALIZATION
        events = self.instance.all_logs(run_id, of_type=built)
        return {event.dagster_event.asset_key.path[0] for event in events}

    def _has_started(self, number: int) -> bool:
        runs = self.runs()
        return len(runs) > number and self._run_file(runs[number].run_id).exists()

    def _run_file(self, run_id: str) -> Path:
        return self.settings.warehouse_folder / "runs" / f"{run_id}.lock"


@contextmanager
def new_trial(
    configuration: str = "dagster.yaml", environment: Mapping[str, str] | None = None
) -> Iterator[Trial]:
    """A trial in a temporary folder, on a configuration of the project's; kept when it fails."""
    folder = Path(tempfile.mkdtemp(prefix="sales_kpis_chaos_"))
    print(f"The trial's files are in {folder}.", flush=True)
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").symlink_to(PROJECT_FOLDER / "orchestration" / configuration)
    settings = read_settings(
        {
            "SALES_KPIS_LANDING": str(folder / "landing"),
            "SALES_KPIS_WAREHOUSE": str(folder / "warehouse"),
        }
    )
    os.environ.update(environment or {})
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield Trial(
            folder,
            settings,
            {
                **settings.dbt_environment,
                "SALES_KPIS_LANDING": str(settings.landing_folder),
                "DAGSTER_HOME": str(home),
            },
            instance,
        )
    shutil.rmtree(folder)


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Wait until something holds. Ends the trial when it takes more than PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited {PATIENCE_SECONDS:.0f} seconds in vain for {what}.")
        time.sleep(0.5)


def expect(holds: bool, what: str) -> None:
    """End the trial when something does not hold."""
    if not holds:
        raise SystemExit(f"Expected {what}.")
    print(f"As expected: {what}.", flush=True)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all its children, as a power cut does."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
