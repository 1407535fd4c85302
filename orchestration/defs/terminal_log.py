"""What a run says in the terminal: its progress and its failures, without Dagster's own events."""

import logging
import sys

import dagster as dg


class _TerminalFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = self.formatTime(record, "%H:%M:%S")
        metadata = record.dagster_meta
        event = metadata.get("dagster_event")
        if event is None:
            return f"{time}  {metadata.get('orig_message', record.getMessage())}"
        return f"{time}  {event.step_key or 'The run'} failed: {error_text(event)}"


def error_text(failure: dg.DagsterEvent) -> str:
    """Why a step failed or the run could not begin: the project's own sentence, or the words of the
    error that came first."""
    error = failure.event_specific_data.error
    while error.cause and error.cls_name != dg.Failure.__name__:
        error = error.cause
    message = error.message.strip()
    if error.cls_name == dg.Failure.__name__:
        # raised by the project itself, with a sentence that needs no name of a class before it
        message = message.partition(": ")[2]
    return message


def _is_for_people(record: logging.LogRecord) -> bool:
    """Whether a person at the terminal wants it: what an asset logs, and why a step failed or the
    run could not begin.

    Messages of level error are Dagster's: the steps that do not run because another one failed.
    """
    metadata = getattr(record, "dagster_meta", None)
    if metadata is None:
        return False
    event = metadata.get("dagster_event")
    if event is None:
        return record.levelno < logging.ERROR
    return event.is_step_failure or event.event_type is dg.DagsterEventType.RESOURCE_INIT_FAILURE


@dg.logger(description="Progress and failures, one line each, to standard error.")
def terminal_logger(init_context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("sales_kpis", level=logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_TerminalFormatter())
    handler.addFilter(_is_for_people)
    logger.addHandler(handler)
    return logger
