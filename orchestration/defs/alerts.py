"""Alerts: a message when a run fails, when its checks warn, and every morning the digest."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import duckdb

from orchestration.defs.terminal_log import error_text
from orchestration.lib.alerts import (
    Check,
    FailedRun,
    Message,
    Step,
    failure_message,
    format_count,
    last_publish_line,
    send,
    warning_messages,
)
from orchestration.lib.digest import digest_message, read_digest, unread_digest_message
from orchestration.lib.settings import read_settings

PUBLISHED_KEY = dg.AssetKey(["published", "sales_kpis"])
# What Dagster tags a failed run with when it starts it once more by itself.
WILL_RETRY_TAG = "dagster/will_retry"
NO_RECEIVER = "SALES_KPIS_ALERTS names no receiver."
INTERVAL_SECONDS = 30

settings = read_settings()


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=INTERVAL_SECONDS
)
def failure_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a run that failed, crashed, or was kept from publishing by its checks.

    What it warned of is told too when it failed after it had published, as when a copy of the
    publish does not arrive.
    """
    if not settings.alert_urls:
        return dg.SkipReason(NO_RECEIVER)
    _send(failure_message(_failed_run(context), _last_publish_line(), settings), context.log)
    if _has_published(context):
        for message in _warnings(context):
            _send(message, context.log)
    return None


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=INTERVAL_SECONDS,
)
def warning_alert(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
    """Tell of stale sources and anomalies that the checks of a run warned of.

    A run that should have published and ended well without is told of like one that failed.
    """
    if not settings.alert_urls:
        return dg.SkipReason(NO_RECEIVER)
    run = context.dagster_run
    messages = _warnings(context)
    if _should_publish(context) and not _has_published(context):
        unpublished = FailedRun(run.run_id, run.job_name, crash="it ended without publishing")
        messages.append(failure_message(unpublished, _last_publish_line(), settings))
    for message in messages:
        _send(message, context.log)
    return None


@dg.op
def send_digest(context: dg.OpExecutionContext) -> None:
    """Read the published file, and send what it says; the run's log has it too."""
    now = datetime.now(UTC)
    try:
        message = digest_message(read_digest(settings.published_file, now), now, settings)
    except duckdb.Error:
        message = unread_digest_message(_last_publish_line(), now, settings)
    context.log.info("\n\n".join(message))
    _send(message, context.log)


@dg.job(executor_def=dg.in_process_executor)
def daily_digest() -> None:
    """Send the digest; reads nothing but the published file."""
    send_digest()


@dg.schedule(
    name="daily_digest",
    job=daily_digest,
    cron_schedule="0 7 * * *",
    execution_timezone=settings.dbt_vars["reporting_timezone"],
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_digest_schedule() -> dg.RunRequest | dg.SkipReason:
    """Every morning, where there is somebody to send it to."""
    return dg.RunRequest() if settings.alert_urls else dg.SkipReason(NO_RECEIVER)


def _send(message: Message, log: logging.Logger) -> None:
    """Send to all receivers; one that is down is a warning, no failure."""
    for problem in send(settings.alert_urls, *message):
        log.warning(problem)


def _last_publish_line() -> str:
    return last_publish_line(
        settings.published_file, datetime.now(UTC), settings.reporting_time_zone
    )


def _failed_run(context: dg.RunFailureSensorContext) -> FailedRun:
    run = context.dagster_run
    steps = tuple(
        Step(event.step_key, error_text(event)) for event in context.get_step_failure_events()
    )
    return FailedRun(
        run_id=run.run_id,
        job_name=run.job_name,
        steps=steps or tuple(_unfinished_steps(context)),
        checks=tuple(_checks(context, dg.AssetCheckSeverity.ERROR)),
        crash="" if steps else context.failure_event.message or "the run ended without a word",
        should_publish=_should_publish(context),
        has_published=_has_published(context),
        is_retried=run.tags.get(WILL_RETRY_TAG) == "true",
    )


def _warnings(context: dg.RunStatusSensorContext) -> list[Message]:
    checks = _checks(context, dg.AssetCheckSeverity.WARN)
    return warning_messages(context.dagster_run.run_id, checks, _last_publish_line(), settings)


def _unfinished_steps(context: dg.RunStatusSensorContext) -> Iterator[Step]:
    """The steps that a crash interrupted."""
    ended = {event.step_key for event in _events(context, dg.DagsterEventType.STEP_SUCCESS)}
    for event in _events(context, dg.DagsterEventType.STEP_START):
        if event.step_key not in ended:
            yield Step(event.step_key)


def _checks(context: dg.RunStatusSensorContext, severity: dg.AssetCheckSeverity) -> Iterator[Check]:
    """The checks of the run that did not pass, of one severity."""
    for event in _events(context, dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        check = event.asset_check_evaluation_data
        if check.passed or check.severity != severity:
            continue
        row_count = check.metadata.get("dagster_dbt/failed_row_count")
        found = (
            "could not be made"
            if row_count is None
            else f"found {format_count(row_count.value, 'row')}"
        )
        yield Check(".".join(check.asset_key.path), check.check_name, check.description or found)


def _should_publish(context: dg.RunStatusSensorContext) -> bool:
    planned = _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    return any(event.asset_key == PUBLISHED_KEY for event in planned)


def _has_published(context: dg.RunStatusSensorContext) -> bool:
    made = _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION)
    return any(event.asset_key == PUBLISHED_KEY for event in made)


def _events(
    context: dg.RunStatusSensorContext, event_type: dg.DagsterEventType
) -> Iterator[dg.DagsterEvent]:
    records = context.instance.get_records_for_run(
        run_id=context.dagster_run.run_id, of_type=event_type
    ).records
    for record in records:
        yield record.event_log_entry.dagster_event
