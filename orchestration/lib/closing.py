"""Close weeks, months and quarters: mark which publish was the reported state of a period."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from orchestration.lib.landing import open_raw
from orchestration.lib.publication_log import record_publication
from orchestration.lib.publication_tables import create_tables
from orchestration.lib.sql_text import attach_read_only


class CloseError(Exception):
    """There is no publish since the end of the newest period; the sentence says what to do."""


@dataclass(frozen=True)
class PeriodClose:
    """A period that was closed now; both dates are inclusive."""

    period_start_date: date
    period_end_date: date


def close_periods(
    raw_file: Path,
    published_file: Path,
    grain: str,
    time_zone: str,
    closed_at: datetime,
    report: Callable[[str], None] = lambda message: None,
) -> list[PeriodClose]:
    """Close all periods of a grain that had ended when the published file was made.

    A period ends with its last day in `time_zone`, whatever the as-of date: what was published
    after it is what was reported. `closed_at` is UTC. A period that is closed stays so, with the
    publish that it was closed with. Raises CloseError when there is no published file, or when a
    period has ended since it was made, after closing those before; `report` and other errors are
    those of open_raw.
    """
    if not published_file.exists():
        raise CloseError(f"There is nothing to close: {published_file} does not exist yet.")
    record_publication(raw_file, published_file, report)
    with open_raw(raw_file, report=report) as connection:
        create_tables(connection)
        attach_read_only(connection, published_file, "published_file")
        connection.execute("set timezone = ?", [time_zone])
        connection.execute(
            """
            create temporary table open_periods as
            select
                periods.period_start_date,
                periods.period_end_date,
                publication.*,
                (publication.published_at at time zone 'UTC')::date > periods.period_end_date
                    as is_reported,
                ($closed_at at time zone 'UTC')::date > periods.period_end_date as is_over
            from published_file.core.periods as periods
            cross join published_file.reporting.publication as publication
            anti join (from reporting.period_closes where period_grain = $grain) as period_closes
                on periods.period_start_date = period_closes.period_start_date
            where periods.period_grain = $grain
            """,
            {"grain": grain, "closed_at": closed_at},
        )
        closed = connection.execute(
            """
            insert into reporting.period_closes by name
            select
                ? as period_grain, period_start_date, period_end_date, publish_id, as_of_date,
                ?::timestamp as closed_at
            from open_periods
            where is_reported
            order by period_start_date
            returning period_start_date, period_end_date
            """,
            [grain, closed_at],
        ).fetchall()
        overdue = connection.execute(
            """
            select period_start_date, period_end_date, published_at from open_periods
            where is_over and not is_reported
            order by period_start_date
            limit 1
            """
        ).fetchone()
    if overdue:
        start, end, published_at = overdue
        raise CloseError(
            f"The {grain} from {start} to {end} cannot be closed: the last publish, at"
            f" {published_at:%Y-%m-%d %H:%M} UTC, was before its end. Run the refresh, then this"
            " close again."
        )
    return [PeriodClose(*row) for row in closed]
