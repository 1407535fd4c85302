"""When a refresh starts: every night, when files arrived, and again when its process died."""

import json
import time
from dataclasses import asdict

import dagster as dg

from orchestration.defs.landing import contracts
from orchestration.defs.resources import WRITES_WAREHOUSE
from orchestration.lib.new_files import (
    Watch,
    files_since_landing,
    list_files,
    request_refresh,
    watch_files,
)
from orchestration.lib.run_processes import forget_run, has_died
from orchestration.lib.settings import read_settings

settings = read_settings()

nightly_refresh = dg.define_asset_job(
    "nightly_refresh",
    selection=dg.AssetSelection.all(),
    # Only one process may write a DuckDB file.
    executor_def=dg.in_process_executor,
    # A retry lands again what the first run may have left half-way; what has landed is skipped.
    tags={"dagster/retry_strategy": "ALL_STEPS", **WRITES_WAREHOUSE},
    description="Land new files, build and test all models, publish.",
)

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_refresh,
    cron_schedule="0 3 * * *",
    execution_timezone=settings.dbt_vars["reporting_timezone"],
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.sensor(
    job=nightly_refresh,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def new_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a refresh when files have arrived and stayed as they are for a minute."""
    watch = Watch(**json.loads(context.cursor)) if context.cursor else Watch()
    files = list_files(contracts.values(), settings.landing_folder)
    files = files_since_landing(settings.warehouse_folder, files)
    watch, reason = watch_files(files, watch, time.time())
    if reason is None and _refresh_is_under_way(context.instance):
        reason = "Files have arrived; a refresh is queued or running, and may land them."
    if reason is None:
        watch = request_refresh(watch)
    context.update_cursor(json.dumps(asdict(watch)))
    return dg.RunRequest() if reason is None else dg.SkipReason(reason)


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Report runs whose process died as failed: they are retried, and the queue goes on.

    Dagster notices by itself only when the code server outlives the run, as it does not when the
    machine restarts. The run would then stay the one that is running, and no night would follow.
    """
    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
    dead = [
        run
        for run in context.instance.get_runs(started)
        if has_died(settings.warehouse_folder, run.run_id)
    ]
    for run in dead:
        context.instance.report_run_failed(
            run, "The process of this run died: it was killed, or the machine restarted."
        )
        forget_run(settings.warehouse_folder, run.run_id)
    return dg.SkipReason(f"{len(dead)} runs had lost their process.")


def _refresh_is_under_way(instance: dg.DagsterInstance) -> bool:
    unfinished = [
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    refreshes = dg.RunsFilter(job_name=nightly_refresh.name, statuses=unfinished)
    return instance.get_runs_count(refreshes) > 0
