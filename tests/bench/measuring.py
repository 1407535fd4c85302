"""One scale measured: every step of a refresh in a process of its own, and the script beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib.manifest import DBT
from orchestration.lib.settings import Settings

from .comparison import check_equal
from .dbt_times import DbtTimes, read_times
from .processes import Run, run_measured, run_python
from .steps import script_file

SCRIPT = "script"
COMPILED_MODELS = "compiled models"
AS_OF = "2026-09-30"
# A whole refresh is its steps and some seconds of Dagster, whatever the scale: measured where it
# does not take long.
LARGEST_WHOLE_REFRESH = 2_000_000


@dataclass(frozen=True)
class Measurement:
    """What one scale took. Times are seconds on the clock; `kpi_models` is the time from the first
    KPI model's start to the end of kpi_values when they run by themselves, without dbt's start,
    `kpi_statements` that of the same models' compiled SQL without dbt, and `script` that from the
    script's first statement to its last.
    `whole_refresh` lands, builds and publishes everything once more, with the project parsed
    before; it is None where it was not measured.
    """

    scale: int
    row_count: int
    byte_count: int
    kpi_row_count: int
    published_bytes: int
    demo_data: Run
    landing: Run
    dbt: Run
    dbt_times: DbtTimes
    publish: Run
    kpi_models: float
    kpi_statements: float
    script: float
    whole_refresh: Run | None

    @property
    def dbt_start(self) -> float:
        """Seconds that dbt takes to start, parse and end: all outside its nodes."""
        return self.dbt.seconds - self.dbt_times.nodes

    @property
    def peak_bytes(self) -> int:
        """Resident memory of the largest process of the refresh."""
        return max(run.peak_bytes for run in (self.landing, self.dbt, self.publish))


def measure(scale: int, folder: Path, report: Callable[[str], None]) -> Measurement:
    """Refresh a new warehouse from demo data with so many activities, in an empty folder.

    Raises StepError when a step fails and DifferenceError when the script gives other numbers than
    the models.
    """
    settings = _settings(folder, "warehouse")
    environment = _environment(folder, settings)
    crm_folder = settings.landing_folder / "crm"
    scale_name = f"{scale:,} activities"

    def step(name: str, arguments: list[str], program: str | None = None) -> Run:
        report(f"{scale_name}: {name}")
        log_file = _log_file(folder, name)
        if program:
            run = run_measured([program, *arguments], environment, log_file)
        else:
            run = run_python(["-m", *arguments], environment, log_file)
        report(
            f"{scale_name}: {name} took {run.seconds:,.1f} s"
            f" ({run.processor_seconds:,.1f} s of processor time)"
            f" and {run.peak_bytes / 2**20:,.0f} MiB"
        )
        return run

    def dbt(name: str, arguments: list[str], target_folder: Path) -> tuple[Run, DbtTimes]:
        run = step(name, [*arguments, "--target-path", str(target_folder)], DBT)
        return run, read_times(target_folder)

    demo_data = step(
        "demo data",
        ["orchestration.lib.demo_data", "--folder", str(crm_folder)]
        + ["--scale", str(scale), "--as-of", AS_OF],
    )
    step("first parse", ["tests.bench.steps", "parse_project"])
    landing = step("landing", ["tests.bench.steps", "land"])
    dbt_run, dbt_times = dbt(
        "dbt", ["build", "--exclude-resource-type", "unit_test"], settings.dbt_target_folder
    )
    publish = step("publish", ["tests.bench.steps", "publish_marts"])
    _, kpi_times = dbt(
        "KPI models",
        ["run", "--select", "path:models/marts/kpis", "kpi_values"],
        folder / "kpi_models",
    )
    step(COMPILED_MODELS, ["tests.bench.steps", "run_compiled_models"])
    step(SCRIPT, ["tests.bench.steps", "run_script"])
    report(f"{scale_name}: comparing the numbers of the script and the models")
    kpi_row_count = check_equal(script_file(settings), settings.build_file)
    whole_refresh = None
    if scale <= LARGEST_WHOLE_REFRESH:
        environment = _environment(folder, _settings(folder, "second_warehouse"))
        step("second parse", ["tests.bench.steps", "parse_project"])
        whole_refresh = step("whole refresh", ["orchestration.run"])
    return Measurement(
        scale=scale,
        row_count=_landed_row_count(settings),
        byte_count=sum(file.stat().st_size for file in crm_folder.iterdir()),
        kpi_row_count=kpi_row_count,
        published_bytes=settings.published_file.stat().st_size,
        demo_data=demo_data,
        landing=landing,
        dbt=dbt_run,
        dbt_times=dbt_times,
        publish=publish,
        kpi_models=kpi_times.nodes,
        kpi_statements=float(_log_file(folder, COMPILED_MODELS).read_text()),
        script=float(_log_file(folder, SCRIPT).read_text()),
        whole_refresh=whole_refresh,
    )


def _log_file(folder: Path, step_name: str) -> Path:
    return folder / f"{step_name.replace(' ', '_')}.log"


def _settings(folder: Path, warehouse: str) -> Settings:
    return Settings(
        landing_folder=folder / "landing", warehouse_folder=folder / warehouse, sources=("crm",)
    )


def _environment(folder: Path, settings: Settings) -> dict[str, str]:
    """The environment of a warehouse of the benchmark, whatever the user's own is."""
    return {
        **settings.dbt_environment,
        "SALES_KPIS_LANDING": str(settings.landing_folder),
        "DAGSTER_HOME": str(folder / "dagster"),
        "DBT_LOG_PATH": str(folder / "dbt_log"),
    }


def _landed_row_count(settings: Settings) -> int:
    with duckdb.connect(str(settings.raw_file), read_only=True) as connection:
        return connection.execute("select sum(row_count) from landing.files").fetchone()[0]
