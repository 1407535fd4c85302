"""Resources that the assets share."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration.lib.manifest import DBT
from orchestration.lib.refresh_lock import refresh_lock
from orchestration.lib.run_processes import run_file
from orchestration.lib.settings import PROJECT_FOLDER, read_settings
from orchestration.lib.warehouse_folder import WarehouseFolderError

# Runs with this tag leave the queue one after the other: see orchestration/dagster.yaml.
WRITES_WAREHOUSE = {"sales_kpis/writes_warehouse": "true"}


class RefreshLock(dg.ConfigurableResource):
    """Held from a run's first step to its last: the runs of a warehouse follow each other."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RefreshLock"]:
        warehouse_folder = read_settings().warehouse_folder
        try:
            with (
                run_file(warehouse_folder, context.run_id),
                refresh_lock(warehouse_folder, context.log.info, f"Dagster run {context.run_id}"),
            ):
                yield self
        except WarehouseFolderError as error:
            raise dg.Failure(str(error), allow_retries=False) from error


class DbtCommand(DbtCliResource):
    """dbt's command line, without the seconds that dagster-dbt spends before it starts.

    It would run `dbt --version`, which asks a package index for newer releases, and load the
    project a second time for an adapter handle that only its metadata fetchers use. Both are
    private to dagster-dbt: should they be renamed, a refresh is slower and otherwise the same.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: object) -> None:
        return None


resources = {
    "refresh_lock": RefreshLock(),
    "dbt": DbtCommand(
        project_dir=str(PROJECT_FOLDER), profiles_dir=str(PROJECT_FOLDER), dbt_executable=DBT
    ),
}
