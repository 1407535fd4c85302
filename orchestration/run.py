"""Refresh the warehouse once, here and now, and show the last complete month: `make run`."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from rich.console import Console

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.manifest import ManifestError, prepare_manifest
from orchestration.lib.scorecard import read_scorecard, scorecard_table
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings
from orchestration.lib.warehouse_folder import WarehouseFolderError

DEMO_AS_OF = date(2026, 9, 30)
console = Console()


def main() -> int:
    """Run `nightly_refresh` in this process; gives the exit code."""
    settings = read_settings()
    prepare_dagster_home()
    try:
        # dbt parses the project in a process of its own, beside all that does not need it
        with ThreadPoolExecutor(max_workers=1) as pool:
            parse = pool.submit(prepare_manifest, settings)
            if settings.sources == ("crm",) and not _has_exports(settings.landing_folder / "crm"):
                console.print("The landing folder is empty: making demo data.", style="bold")
                write_demo_data(
                    settings.landing_folder / "crm", as_of=DEMO_AS_OF, report=console.print
                )
            _load_dagster()
            parse.result()
    except WarehouseFolderError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    except ManifestError as error:
        console.print(f"The dbt project does not parse:\n{error}", style="red", markup=False)
        return 1
    has_published, has_succeeded = _refresh()
    if not has_published:
        console.print("The refresh failed; what was published before is still there.", style="red")
        return 1
    _show_result(settings)
    if not has_succeeded:
        console.print(
            "\nThis was published, but a step after it failed; the next refresh tries it again.",
            style="red",
        )
        return 1
    return 0


def prepare_dagster_home() -> None:
    """Keep the runs where `make dev` finds them, unless DAGSTER_HOME says otherwise.

    A home without configuration gets a link to the project's, so that it moves with the project.
    """
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(PROJECT_FOLDER / ".dagster")))
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if not file.exists():
        # the link of a project that was moved
        file.unlink(missing_ok=True)
        file.symlink_to(PROJECT_FOLDER / "orchestration" / "dagster.yaml")


def _load_dagster() -> None:
    """Load what the refresh needs of Dagster, and make the storage of its first run."""
    import dagster as dg
    import dagster_dbt  # noqa: F401

    with dg.DagsterInstance.get() as instance:
        instance.get_runs_count()


def _has_exports(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() for path in folder.iterdir())


def _refresh() -> tuple[bool, bool]:
    """Whether the run made a published file, and whether all of the run succeeded."""
    # Loading the definitions needs the manifest, which is only there now.
    import dagster as dg

    from orchestration.definitions import definitions
    from orchestration.defs.publish import published_file

    with dg.DagsterInstance.get() as instance:
        job = definitions.resolve_job_def("nightly_refresh")
        result = job.execute_in_process(
            instance=instance, run_config={"loggers": {"console": {}}}, raise_on_error=False
        )
        # A step that is skipped, for want of what it reads, does not fail the run; a target that
        # cannot be reached does, after the file was published.
        has_published = any(
            event.asset_key == published_file.key
            for event in result.get_asset_materialization_events()
        )
        return has_published, result.success


def _show_result(settings: Settings) -> None:
    file = settings.published_file
    console.print()
    console.print(scorecard_table(read_scorecard(file), settings.dbt_vars["reporting_currency"]))
    console.print(
        f"\nOpen the data, read-only and at any time:\n"
        f"  duckdb -readonly {file}\n"
        f"  .venv/bin/python -c \"import duckdb; print(duckdb.connect('{file}', read_only=True)"
        f".sql('from reporting.kpi_values'))\"\n"
        f"  make dev    the runs, assets and checks in Dagster's UI",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


if __name__ == "__main__":
    sys.exit(main())
