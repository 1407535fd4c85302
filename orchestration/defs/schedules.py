"""The nightly refresh: everything from landing to publishing, in one process, run after run."""

import dagster as dg

from orchestration.lib.settings import read_settings

nightly_refresh = dg.define_asset_job(
    "nightly_refresh",
    selection=dg.AssetSelection.all(),
    # Only one process may write a DuckDB file.
    executor_def=dg.in_process_executor,
    description="Land new files, build and test all models, publish.",
)

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_refresh,
    cron_schedule="0 3 * * *",
    execution_timezone=read_settings().dbt_vars["reporting_timezone"],
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
