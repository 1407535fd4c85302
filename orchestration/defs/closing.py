"""The close of weeks, months and quarters, each after the nightly run that follows its last day."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.resources import WRITES_WAREHOUSE, RefreshLock
from orchestration.lib.closing import CloseError, close_periods
from orchestration.lib.database_files import DatabaseFileError, writing_to
from orchestration.lib.exports import ExportError, export_closes
from orchestration.lib.settings import read_settings
from orchestration.lib.warehouse_folder import WarehouseFolderError, writing_to_folder

settings = read_settings()
_TIME_ZONE = settings.dbt_vars["reporting_timezone"]
_FIRST_MONTHS = sorted(
    (settings.dbt_vars["fiscal_year_start_month"] - 1 + 3 * quarter) % 12 + 1
    for quarter in range(4)
)
_CRON_SCHEDULES = {
    "week": "0 6 * * 1",
    "month": "0 6 1 * *",
    "quarter": f"0 6 1 {','.join(map(str, _FIRST_MONTHS))} *",
}
_JOB_NAMES = {"week": "weekly_close", "month": "monthly_close", "quarter": "quarterly_close"}


def _close_job(grain: str) -> dg.JobDefinition:
    @dg.op(name=f"close_{grain}s")
    def close(context: dg.OpExecutionContext, refresh_lock: RefreshLock) -> None:
        try:
            try:
                closed = close_periods(
                    settings.raw_file,
                    settings.published_file,
                    grain,
                    _TIME_ZONE,
                    datetime.now(UTC).replace(tzinfo=None),
                    context.log.info,
                )
                last = f", up to {closed[-1].period_end_date}" if closed else ""
                context.log.info(f"Closed {len(closed)} {grain}s{last}.")
            finally:
                # also those that were closed before one that could not be
                _export(context, grain)
        except (CloseError, ExportError, DatabaseFileError, WarehouseFolderError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    @dg.job(
        name=_JOB_NAMES[grain],
        executor_def=dg.in_process_executor,
        tags=WRITES_WAREHOUSE,
        description=f"Mark what was reported of each {grain} that has ended, and export it.",
    )
    def job() -> None:
        close()

    return job


def _export(context: dg.OpExecutionContext, grain: str) -> None:
    folder = settings.exports_folder
    with writing_to_folder(folder), writing_to(folder):
        exported = export_closes(
            settings.raw_file, settings.published_file, folder, grain, context.log.info
        )
    for period_folder in exported:
        context.log.info(f"Exported {period_folder}.")


close_jobs = [_close_job(grain) for grain in _CRON_SCHEDULES]
close_schedules = [
    dg.ScheduleDefinition(
        name=job.name,
        job=job,
        cron_schedule=cron_schedule,
        execution_timezone=_TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    for job, cron_schedule in zip(close_jobs, _CRON_SCHEDULES.values(), strict=True)
]
