"""What the alerts say, and how they are sent.

Every alert names what failed, the last good publish and the first thing to look at. Their receivers
are the URLs of SALES_KPIS_ALERTS, which hold tokens: nothing here prints or passes on a URL.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb
from apprise import Apprise, AppriseAsset, NotifyFormat

from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only, quoted_text

# The checks that alerts know by name; all others that warn are counted in the digest.
REJECTED_ROWS = "rejected_rows"
STALE_SOURCE_CHECKS = ("freshness",)
ANOMALY_CHECKS = ("volume", "kpi_watch")

MAXIMUM_ITEMS = 10
MAXIMUM_ERROR_LINES = 15
MAXIMUM_LINE_LENGTH = 300
# What dagster-dbt writes before the errors that it found in dbt's output.
_DBT_ERRORS = "Errors parsed from dbt logs:"
_CREDENTIALS = re.compile(r"(\w://)[^\s/@]+@")

# What an error is known by, and what to look at first.
_HINTS = (
    (r"raw\.duckdb cannot be opened", "{raw}: never delete it, restore its newest copy."),
    (r"lock on file|still open in", "the process that the message names: end it, run again."),
    (r"No space left|disk is full", "the free space of {warehouse}: df -h {warehouse}"),
    (r"Out of Memory|MemoryError", "the free memory, free -h, and the setting SALES_KPIS_MEMORY."),
    (r"Permission denied|[Rr]ead-only", "the rights of {warehouse}: ls -la {warehouse}"),
    (r"No such file|does not exist", "whether the file or table that the message names is there."),
    (r"build\.duckdb", "{build}: it can be deleted; the next refresh makes it anew."),
)

# They write host names, and at debug level whole URLs with their tokens.
for _name in ("apprise", "urllib3.connectionpool"):
    logging.getLogger(_name).disabled = True
_ASSET = AppriseAsset(
    app_id="sales_kpis",
    app_desc="sales_kpis",
    storage_mode="memory",
    # no pictures from elsewhere
    image_url_mask="",
    image_url_logo="",
    allow_templates=False,
    default_service_retry=1,
)


class Message(NamedTuple):
    """An alert as its receivers get it: plain text."""

    title: str
    body: str


@dataclass(frozen=True)
class Check:
    """An asset check that did not pass: `asset` as in `crm.leads`; `said` has a line per finding.

    What a check says when it warns is a sentence that names what it is about.
    """

    asset: str
    name: str
    said: str


@dataclass(frozen=True)
class Step:
    """A step that failed, with its error; of a crashed run one that had not ended, without."""

    name: str
    error: str = ""


@dataclass(frozen=True)
class FailedRun:
    """A run that failed, or crashed when `crash` says how.

    `has_published` tells a run that failed after it had published; `is_retried` one that Dagster
    starts once more by itself.
    """

    run_id: str
    job_name: str
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    crash: str = ""
    has_published: bool = False
    is_retried: bool = False


def failure_message(run: FailedRun, last_publish: str, settings: Settings) -> Message:
    """The alert of a run that failed or crashed, or whose publish its checks blocked."""
    steps = ", ".join(step.name for step in run.steps)
    if run.checks and not run.has_published:
        title = f"Publish blocked: {format_count(len(run.checks), 'check')} failed in {steps}"
    elif run.crash:
        title = f"{run.job_name} crashed" + (f" at {steps}" if steps else "")
    else:
        title = f"{run.job_name} failed at {steps}"
    lines = [
        "This run had published before it failed: readers have its numbers."
        if run.has_published
        else "Nothing was published: the numbers of the last good publish stand.",
        last_publish,
        "",
        f"What failed: {run.crash or steps}",
        *_items(
            f"{check.asset}: {check.name}: {line}"
            for check in run.checks
            for line in check.said.splitlines()
        ),
        # The checks say it all, unless one could not be made.
        *(_error_lines(run.steps) if not run.checks else []),
        "",
        f"Look first at {_first_look(run, settings)}",
        *(["Dagster starts it once more by itself."] if run.is_retried else []),
        f"Run: {run.run_id} ({run.job_name})",
    ]
    return Message(title, "\n".join(lines))


def warning_messages(
    run_id: str, checks: Iterable[Check], last_publish: str, settings: Settings
) -> list[Message]:
    """At most two alerts for the checks of a run that warned: stale sources and anomalies."""
    checks = list(checks)
    messages = []
    stale = [check for check in checks if check.name in STALE_SOURCE_CHECKS]
    if stale:
        look = (
            f"whether the exports of these tables arrive below {settings.landing_folder};"
            " what arrives later lands with the next refresh."
        )
        messages.append(_warning_message("Stale source", run_id, stale, last_publish, look))
    anomalies = [check for check in checks if check.name in ANOMALY_CHECKS]
    if anomalies:
        look = _anomaly_look(anomalies[0], settings)
        messages.append(_warning_message("Anomaly", run_id, anomalies, last_publish, look))
    return messages


def _warning_message(
    kind: str, run_id: str, checks: Sequence[Check], last_publish: str, look: str
) -> Message:
    assets = list(dict.fromkeys(check.asset for check in checks))
    more = f" and {len(assets) - 3} more" if len(assets) > 3 else ""
    lines = [
        *_items(line for check in checks for line in check.said.splitlines()),
        "",
        last_publish,
        f"Look first at {look}",
        f"Run: {run_id}",
    ]
    return Message(f"{kind}: {', '.join(assets[:3])}{more}", "\n".join(lines))


def last_publish_line(published_file: Path, now: datetime, time_zone: ZoneInfo) -> str:
    """A sentence on the last good publish, from the published file; never raises for the file."""
    if not published_file.exists():
        return "Last good publish: none, nothing has been published yet."
    try:
        with duckdb.connect() as connection:
            attach_read_only(connection, published_file, "published_file")
            publication = connection.execute(
                "select published_at, as_of_date, publish_id"
                " from published_file.reporting.publication"
            ).fetchone()
    except duckdb.Error:
        return f"Last good publish: unknown, {published_file} cannot be read."
    return f"Last good publish: {format_publish(*publication, now, time_zone)}."


def send(urls: Sequence[str], title: str, body: str) -> list[str]:
    """Send a message to every receiver, each by itself.

    Gives a sentence for each receiver that did not take it, which names its place and its kind,
    never its URL. Does not raise.
    """
    problems = []
    for number, url in enumerate(urls, start=1):
        receiver = Apprise.instantiate(url, asset=_ASSET)
        if receiver is None:
            problems.append(
                f"Alert not sent: receiver {number} of SALES_KPIS_ALERTS is no URL that Apprise"
                " can read."
            )
            continue
        apprise = Apprise(asset=_ASSET)
        apprise.add(receiver)
        if not apprise.notify(title=title, body=body, body_format=NotifyFormat.TEXT):
            problems.append(
                f"Alert not sent: receiver {number} of SALES_KPIS_ALERTS ({receiver.service_name})"
                " did not take it."
            )
    return problems


def format_publish(
    published_at: datetime, as_of_date: date, publish_id: str, now: datetime, time_zone: ZoneInfo
) -> str:
    """A publish as the messages name it; `published_at` is UTC without zone, `now` has a zone."""
    return (
        f"{_format_moment(published_at, time_zone)}, {_format_age(published_at, now)} ago,"
        f" numbers up to {format_date(as_of_date)} (publish {publish_id})"
    )


def format_count(number: int, noun: str) -> str:
    """A number of things, as in `1 row` and `2 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _format_moment(moment: datetime, time_zone: ZoneInfo) -> str:
    """A UTC time without zone, on the clock of the time zone."""
    local = moment.replace(tzinfo=UTC).astimezone(time_zone)
    return f"{format_date(local)} {local:%H:%M %Z}"


def format_date(day: date) -> str:
    """A date, or the date of a time, as in `22 November 2026`."""
    return f"{day.day} {day:%B %Y}"


def _format_age(moment: datetime, now: datetime) -> str:
    """How long before `now` (with zone) a UTC time without zone was, in its largest unit."""
    hours = (now - moment.replace(tzinfo=UTC)).total_seconds() / 3600
    if hours < 1:
        return format_count(max(0, int(hours * 60)), "minute")
    return format_count(int(hours), "hour") if hours < 48 else format_count(int(hours / 24), "day")


def _items(texts: Iterable[str]) -> list[str]:
    """The texts as a list, one line each; of many the first ones."""
    lines = [f"- {_shortened(text.strip())}" for text in texts]
    more = [f"- and {len(lines) - MAXIMUM_ITEMS} more"] if len(lines) > MAXIMUM_ITEMS else []
    return lines[:MAXIMUM_ITEMS] + more


def _error_lines(steps: Iterable[Step]) -> list[str]:
    """The first lines of what the steps' errors say, without what dagster-dbt writes around it."""
    lines = []
    for step in steps:
        error = step.error.rpartition(_DBT_ERRORS)[2]
        lines += [_shortened(line.rstrip()) for line in error.splitlines() if line.strip()]
    more = ["… (the rest is in the run's log)"] if len(lines) > MAXIMUM_ERROR_LINES else []
    return lines[:MAXIMUM_ERROR_LINES] + more


def _shortened(line: str) -> str:
    line = _CREDENTIALS.sub(r"\1***@", line)
    return line if len(line) <= MAXIMUM_LINE_LENGTH else line[:MAXIMUM_LINE_LENGTH] + "…"


def _first_look(run: FailedRun, settings: Settings) -> str:
    """The first thing to look at, as the end of a sentence."""
    if run.checks:
        return _check_look(run.checks[0], settings)
    errors = "\n".join(step.error for step in run.steps)
    for pattern, hint in _HINTS:
        if re.search(pattern, errors):
            return hint.format(
                warehouse=settings.warehouse_folder,
                raw=settings.raw_file,
                build=settings.build_file,
            )
    if run.crash:
        return (
            "the machine: was it restarted, was the process killed for want of memory?\n"
            "journalctl --since -2h | grep -i -E 'killed|out of memory|boot'"
        )
    return "the log of the step in Dagster's UI."


def _check_look(check: Check, settings: Settings) -> str:
    if check.name != REJECTED_ROWS:
        return (
            "the rows that the test found:\n"
            f"DBT_PROFILES_DIR=. .venv/bin/dbt show --select {check.name} --limit 20"
        )
    if "were rejected" in check.said:
        return "the rejected rows, their columns and reasons:\n" + _query(
            settings.raw_file, "landing.rejected_rows", check.asset, "rejected_at"
        )
    return (
        f"the file that the message names, below {settings.landing_folder}: once a correct one has"
        " its name, the next refresh lands it."
    )


def _anomaly_look(check: Check, settings: Settings) -> str:
    if check.name == "volume":
        return "what landed of this table on the last days:\n" + _query(
            settings.raw_file, "landing.files", check.asset, "landed_at"
        )
    return (
        "the records behind the value:\nmake explain KPI=<kpi>_v<version> GRAIN=<grain>"
        " PERIOD=<first day of the period>"
    )


def _query(raw_file: Path, table: str, asset: str, moment: str) -> str:
    source_name, _, table_name = asset.partition(".")
    return (
        f'duckdb -readonly {raw_file} "from {table} where source_name = {quoted_text(source_name)}'
        f' and table_name = {quoted_text(table_name)} order by {moment} desc limit 20"'
    )
