"""What the ledger of landing says of a table: its rejected rows, its rhythm and its volume."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing import TableLanding

MAXIMUM_EARLIER_DAYS = 8
MINIMUM_EARLIER_DAYS = 4
# How many times more or less than usual may land before somebody is told.
VOLUME_FACTOR = 3


@dataclass(frozen=True)
class Finding:
    """What a check found, with a sentence for whoever is on call."""

    passed: bool
    description: str


def present_rejected_share(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, landing: TableLanding
) -> float:
    """The largest share of rejected rows among the files that count now, as a fraction.

    A file counts with its newest landing, also when that was on an earlier night: a bad file stays
    bad until it is replaced or taken away. Of the files of a snapshot table only the last counts.
    """
    present_files = [file.source_file for file in landing.files]
    if contract.mode == "snapshot":
        present_files = present_files[-1:]
    return connection.execute(
        """
        select coalesce(max(rejected_count / nullif(row_count, 0)), 0)
        from (
            select
                rejected_count,
                row_count,
                row_number() over (
                    partition by source_file order by landed_at desc, rowid desc
                ) as recency
            from landing.files
            where
                status = 'landed'
                and source_name = $source_name
                and table_name = $table_name
                and list_contains($present_files, source_file)
        )
        where recency = 1
        """,
        {
            "source_name": contract.source_name,
            "table_name": contract.table_name,
            "present_files": present_files,
        },
    ).fetchone()[0]


def newest_arrival(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    landing: TableLanding,
    landing_folder: Path,
) -> datetime | None:
    """When (UTC) the newest file of a table was written or landed, whichever is later.

    An export that changed no row has arrived as well, so its landing alone would not do; a content
    that was landed again has not. None when there never was a file.
    """
    (newest_landing,) = connection.execute(
        """
        select max(first_landed_at)
        from (
            select min(landed_at) as first_landed_at
            from landing.files
            where status = 'landed' and source_name = ? and table_name = ?
            group by source_file, content_checksum
        )
        """,
        [contract.source_name, contract.table_name],
    ).fetchone()
    arrivals = [_written_at(landing_folder / file.source_file) for file in landing.files]
    return max(filter(None, [newest_landing, *arrivals]), default=None)


def check_freshness(contract: TableContract, arrived_at: datetime | None, now: datetime) -> Finding:
    """Whether the table's newest file is younger than its declared rhythm; times are UTC.

    Passes for a table that never had a file: kpi_readiness tells what nobody brings.
    """
    if arrived_at is None:
        return Finding(True, "No file has arrived yet.")
    is_late = now - arrived_at > contract.rhythm
    return Finding(
        not is_late,
        f"The newest file of {contract.full_name} arrived at {arrived_at:%Y-%m-%d %H:%M} UTC,"
        f" {_duration(now - arrived_at)} ago; one is due every {_duration(contract.rhythm)}.",
    )


def landed_rows_by_day(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, time_zone: ZoneInfo
) -> dict[date, int]:
    """Rows that were new, changed or deleted, by the day in the time zone on which files landed."""
    landings = connection.execute(
        "select landed_at, new_count + changed_count + deleted_count from landing.files"
        " where status = 'landed' and source_name = ? and table_name = ?",
        [contract.source_name, contract.table_name],
    ).fetchall()
    rows: dict[date, int] = {}
    for landed_at, row_count in landings:
        day = landed_at.replace(tzinfo=UTC).astimezone(time_zone).date()
        rows[day] = rows.get(day, 0) + row_count
    return rows


def check_volume(contract: TableContract, rows_by_day: dict[date, int], today: date) -> Finding:
    """Whether about as many rows landed today as on the same weekday of earlier weeks.

    Passes when nothing has landed today, which is for the rhythm to tell, and when there are too
    few earlier days to compare with or on most of them no row changed.
    """
    earlier_days = sorted(
        day for day in rows_by_day if day < today and day.weekday() == today.weekday()
    )[-MAXIMUM_EARLIER_DAYS:]
    if today not in rows_by_day:
        return Finding(True, "No file has landed today.")
    row_count = rows_by_day[today]
    if len(earlier_days) < MINIMUM_EARLIER_DAYS:
        return Finding(
            True,
            f"{row_count:,} rows of {contract.full_name} landed today, with"
            f" {len(earlier_days)} earlier {today:%A}s too few to compare with.",
        )
    usual = median(rows_by_day[day] for day in earlier_days)
    return Finding(
        usual == 0 or usual / VOLUME_FACTOR <= row_count <= usual * VOLUME_FACTOR,
        f"{row_count:,} rows of {contract.full_name} landed today (new, changed or deleted); the"
        f" median of {len(earlier_days)} earlier {today:%A}s is {usual:,.0f}.",
    )


def _written_at(file: Path) -> datetime | None:
    """When a file was last written, UTC; None when it is gone."""
    try:
        modified = file.stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(modified, UTC).replace(tzinfo=None)


def _duration(duration: timedelta) -> str:
    hours = duration / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours > 48 else f"{hours:.0f} hours"
