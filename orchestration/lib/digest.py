"""The daily digest: what the published file says of the last night and the last complete month."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.lib.alerts import (
    MAXIMUM_ITEMS,
    Message,
    format_date,
    format_publish,
)
from orchestration.lib.scorecard import ScorecardRow, format_value, read_scorecard
from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only

# A publish of the last night is younger than this when the digest is sent.
LONGEST_NIGHT = timedelta(hours=24)

_RUNS = """
select
    count(*),
    sum(landed_row_count),
    sum(rejected_row_count),
    sum(changed_value_count),
    sum(restatement_count),
    sum(passed_check_count + warned_check_count + failed_check_count),
    sum(warned_check_count),
    sum(failed_check_count)

from reporting.refresh_runs
where started_at > $since
"""

_RESTATEMENTS = """
select
    catalog.label_english,
    count(*)

from reporting.kpi_restatements as restatements
inner join reporting.kpi_catalog as catalog
    on
        restatements.kpi = catalog.kpi
        and restatements.version = catalog.version
where restatements.restated_at > $since
group by catalog.label_english
order by count(*) desc, catalog.label_english
"""


@dataclass(frozen=True)
class Runs:
    """What the refreshes of the last day did, together."""

    run_count: int
    landed_row_count: int
    rejected_row_count: int
    changed_value_count: int
    restatement_count: int
    check_count: int
    warned_check_count: int
    failed_check_count: int


@dataclass(frozen=True)
class Digest:
    """What a published file says at a moment; `runs` is None where it has no record of refreshes.

    `published_at` is UTC without zone; `restatements` are KPIs with the number of their restated
    values; `off_track` the KPIs that missed their target in the last complete month.
    """

    publish_id: str
    published_at: datetime
    as_of_date: date
    runs: Runs | None
    restatements: tuple[tuple[str, int], ...]
    month: str
    off_track: tuple[ScorecardRow, ...]


def read_digest(published_file: Path, now: datetime) -> Digest:
    """Read the digest of the day before `now` (with zone). Raises duckdb.Error without the file."""
    since = (now - LONGEST_NIGHT).astimezone(UTC).replace(tzinfo=None)
    with duckdb.connect() as connection:
        attach_read_only(connection, published_file, "sales_kpis")
        connection.execute("use sales_kpis")
        publish_id, published_at, as_of_date = connection.execute(
            "select publish_id, published_at, as_of_date from reporting.publication"
        ).fetchone()
        tables = {
            table
            for (table,) in connection.execute(
                "select table_name from duckdb_tables()"
                " where database_name = 'sales_kpis' and schema_name = 'reporting'"
            ).fetchall()
        }
        runs, restatements = None, []
        if "refresh_runs" in tables:
            counts = connection.execute(_RUNS, {"since": since}).fetchone()
            runs = Runs(*(int(count or 0) for count in counts))
        if "kpi_restatements" in tables:
            restatements = connection.execute(_RESTATEMENTS, {"since": since}).fetchall()
    scorecard = read_scorecard(published_file)
    return Digest(
        publish_id=publish_id,
        published_at=published_at,
        as_of_date=as_of_date,
        runs=runs,
        restatements=tuple(restatements),
        month=scorecard[0].month if scorecard else "",
        off_track=tuple(row for row in scorecard if row.status == "off_track"),
    )


def digest_message(digest: Digest, now: datetime, settings: Settings) -> Message:
    """The digest in words; it says plainly when nothing was published since yesterday."""
    zone = settings.reporting_time_zone
    publish = format_publish(digest.published_at, digest.as_of_date, digest.publish_id, now, zone)
    if now - digest.published_at.replace(tzinfo=UTC) > LONGEST_NIGHT:
        summary = "nothing published since yesterday"
        first_line = (
            f"NOTHING WAS PUBLISHED SINCE YESTERDAY. Last good publish: {publish}."
            "\nLook first at the newest runs of nightly_refresh in Dagster's UI."
        )
    else:
        summary = f"published, {len(digest.off_track)} off track"
        first_line = f"Published: {publish}."
    today = format_date(now.astimezone(zone))
    lines = [first_line, *_run_lines(digest), "", *_off_track_lines(digest, settings)]
    return Message(f"Sales KPIs, {today}: {summary}", "\n".join(lines))


def unread_digest_message(problem: str, now: datetime, settings: Settings) -> Message:
    """The digest of a day without a published file that can be read."""
    today = format_date(now.astimezone(settings.reporting_time_zone))
    return Message(
        f"Sales KPIs, {today}: nothing to read",
        f"{problem}\nLook first at the newest runs of nightly_refresh in Dagster's UI.",
    )


def _run_lines(digest: Digest) -> list[str]:
    runs = digest.runs
    if runs is None:
        return []
    restated = ", ".join(
        f"{label} {count:,}" for label, count in digest.restatements[:MAXIMUM_ITEMS]
    )
    return [
        "",
        f"Refreshes of the last 24 hours: {runs.run_count}",
        f"Rows landed: {runs.landed_row_count:,}",
        f"Rows rejected: {runs.rejected_row_count:,}"
        + (" (landing.rejected_rows of raw.duckdb)" if runs.rejected_row_count else ""),
        f"Values changed: {runs.changed_value_count:,}",
        f"Values of closed periods restated: {runs.restatement_count:,}"
        + (f" ({restated}; reporting.kpi_restatements)" if restated else ""),
        f"Checks: {runs.check_count:,}, of which {runs.warned_check_count:,} warned and"
        f" {runs.failed_check_count:,} failed",
    ]


def _off_track_lines(digest: Digest, settings: Settings) -> list[str]:
    if not digest.month:
        return ["No month is complete yet."]
    if not digest.off_track:
        return [f"{digest.month}: no KPI with a target is off track."]
    currency = settings.dbt_vars["reporting_currency"]
    rows = digest.off_track
    more = [f"- and {len(rows) - MAXIMUM_ITEMS} more"] if len(rows) > MAXIMUM_ITEMS else []
    return [
        f"Off track in {digest.month}:",
        *(
            f"- {row.label}: {format_value(row.value, row.unit, currency)}"
            # a target of nothing has no attainment
            + ("" if row.attainment is None else f", {row.attainment:.0%} of target")
            for row in rows[:MAXIMUM_ITEMS]
        ),
        *more,
    ]
