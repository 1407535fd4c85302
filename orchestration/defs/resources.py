"""Resources that the assets share."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.lib.manifest import DBT
from orchestration.lib.refresh_lock import refresh_lock
from orchestration.lib.settings import PROJECT_FOLDER, read_settings


class RefreshLock(dg.ConfigurableResource):
    """Held from a run's first step to its last: the runs of a warehouse follow each other."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RefreshLock"]:
        run_id = context.run_id or "a run"
        with refresh_lock(
            read_settings().warehouse_folder, context.log.info, f"Dagster run {run_id}"
        ):
            yield self


resources = {
    "refresh_lock": RefreshLock(),
    "dbt": DbtCliResource(
        project_dir=str(PROJECT_FOLDER), profiles_dir=str(PROJECT_FOLDER), dbt_executable=DBT
    ),
}
