"""Keep what each publish said: the values that it changed, and the restatements among them.

The rows of a publish are first written into the new published file, and added to the precious file
once that file is in place. A crash in between loses nothing: the next publish adds them first.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.lib.landing import open_raw
from orchestration.lib.publication_basis import LandedRows, PublicationBasis, reason_for
from orchestration.lib.publication_tables import (
    CELL_COLUMNS,
    SCHEMA,
    TABLES,
    create_tables,
    has_tables,
)
from orchestration.lib.sql_text import attach_read_only

GRAINS = ("week", "month", "quarter")
_CELL = ", ".join(CELL_COLUMNS)
# Sums of doubles may differ in their last digits from run to run; that is no change.
_SAME_NUMBER = (
    "({0} is not distinct from {1}"
    " or coalesce(abs({0} - {1}) <= 1e-9 * greatest(abs({0}), abs({1})), false))"
)


@dataclass(frozen=True)
class RunReport:
    """What a refresh did until it published; counts of checks, and models with their seconds."""

    run_id: str
    passed_check_count: int
    warned_check_count: int
    failed_check_count: int
    slowest_models: str


def start_run(connection: duckdb.DuckDBPyConnection, run_id: str, started_at: datetime) -> None:
    """Note in the precious file, open for writing, that a refresh begins to land."""
    create_tables(connection)
    connection.execute(
        "insert into reporting.refresh_runs (run_id, started_at) values (?, ?)",
        [run_id, started_at],
    )


def note_landing(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    landed_row_count: int,
    rejected_row_count: int,
) -> None:
    """Note what a refresh has landed."""
    connection.execute(
        "update reporting.refresh_runs set landed_row_count = ?, rejected_row_count = ?"
        " where run_id = ?",
        [landed_row_count, rejected_row_count, run_id],
    )


def record_publication(
    raw_file: Path, published_file: Path, report: Callable[[str], None] = lambda message: None
) -> None:
    """Add the rows of the published file's own publish to the precious file, unless they are there.

    There is nothing to add without a published file, or with one of an earlier release. `report`
    and errors are those of open_raw.
    """
    with open_raw(raw_file, report=report) as connection:
        create_tables(connection)
        if not published_file.exists():
            return
        attach_read_only(connection, published_file, "published_file")
        if not has_tables(connection, "published_file"):
            return
        connection.begin()
        is_recorded = connection.execute(
            "select publish_id in (select publish_id from reporting.publications)"
            " from published_file.reporting.publication"
        ).fetchone()[0]
        if not is_recorded:
            own_rows = (
                "where publish_id = (from published_file.reporting.publication select publish_id)"
            )
            for table in ("publications", "kpi_publications", "kpi_restatements"):
                connection.execute(
                    f"insert into {SCHEMA}.{table} from published_file.{SCHEMA}.{table} {own_rows}"
                )
            connection.execute(
                "delete from reporting.refresh_runs where run_id in"
                f" (select run_id from published_file.reporting.refresh_runs {own_rows})"
            )
            connection.execute(
                "insert into reporting.refresh_runs"
                f" from published_file.reporting.refresh_runs {own_rows}"
            )
        connection.commit()


class PublicationLog:
    """Writes the history into a new published file, with what this publish adds to it."""

    def __init__(self, raw_file: Path, basis: PublicationBasis, run: RunReport | None = None):
        self.raw_file = raw_file
        self.basis = basis
        self.run = run

    def record(self, published_file: Path) -> None:
        """Add what the published file has of its own publish to the precious file."""
        record_publication(self.raw_file, published_file)

    def begin(self, connection: duckdb.DuckDBPyConnection, now: datetime) -> datetime:
        """Open the history, and give the moment of the publish.

        That is `now`, or the next moment after the newest publish when the clock has gone back.
        """
        attach_read_only(connection, self.raw_file, "raw")
        (newest,) = connection.execute(
            "select max(published_at) from raw.reporting.publications"
        ).fetchone()
        return max(now, newest + timedelta(microseconds=1)) if newest else now

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write all tables into the database in use, which has reporting.publication already."""
        create_tables(connection)
        for table in TABLES:
            name = f"{SCHEMA}.{table}"
            # DuckDB 1.5 hides what a transaction inserts after it has inserted no row at all.
            if connection.execute(f"select exists (from raw.{name})").fetchone()[0]:
                connection.execute(f"insert into {name} from raw.{name}")
        self._write_publication(connection)
        _write_changes(connection)
        self._write_restatements(connection)
        if self.run:
            self._write_run(connection, self.run)

    def _write_publication(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            """
            insert into reporting.publications
            select
                publish_id, published_at, as_of_date,
                (select count(*) from raw.landing.files), $settings, $definitions
            from reporting.publication
            """,
            {
                "settings": json.dumps(self.basis.settings, ensure_ascii=False),
                "definitions": json.dumps(self.basis.definitions),
            },
        )

    def _write_restatements(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "create or replace temporary table reasons"
            " (kpi varchar, version integer, reason varchar, reason_detail varchar)"
        )
        reasons = self._reasons(connection)
        if reasons:
            connection.executemany("insert into reasons values (?, ?, ?, ?)", reasons)
        connection.execute(_RESTATEMENTS)

    def _reasons(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, str, str]]:
        earlier = connection.execute(
            """
            select settings, definitions, landed_file_count from reporting.publications
            order by published_at desc offset 1 limit 1
            """
        ).fetchone()
        if earlier is None:
            return []
        settings, definitions, landed_file_count = earlier
        landed = [
            LandedRows(*row)
            for row in connection.execute(
                """
                select
                    source_name || '.' || table_name,
                    sum(new_count)::bigint, sum(changed_count)::bigint, sum(deleted_count)::bigint
                from raw.landing.files
                -- the ledger only grows, so that a row's position is its number
                where rowid >= ?
                group by all
                order by all
                """,
                [landed_file_count],
            ).fetchall()
        ]
        return [
            (
                kpi,
                version,
                *reason_for(
                    kpi, version, self.basis, json.loads(settings), json.loads(definitions), landed
                ),
            )
            for kpi, version in self.basis.lineages
        ]

    def _write_run(self, connection: duckdb.DuckDBPyConnection, run: RunReport) -> None:
        connection.execute(
            """
            update reporting.refresh_runs
            set
                publish_id = publication.publish_id,
                published_at = publication.published_at,
                duration_seconds = epoch(publication.published_at - started_at),
                changed_value_count = (
                    select count(*) from reporting.kpi_publications as changes
                    where changes.publish_id = publication.publish_id
                ),
                restatement_count = (
                    select count(*) from reporting.kpi_restatements as restatements
                    where restatements.publish_id = publication.publish_id
                ),
                passed_check_count = $passed_check_count,
                warned_check_count = $warned_check_count,
                failed_check_count = $failed_check_count,
                slowest_models = $slowest_models
            from reporting.publication as publication
            where run_id = $run_id
            """,
            vars(run),
        )


# The newest row of each cell of KPI versions that still exist; one that is gone stands as gone.
_STANDING_CELLS = f"""
    select
        {_CELL},
        max_by(is_gone, published_at) as is_gone,
        max_by(is_complete, published_at) as is_complete,
        -- a null must win too when it is the newest
        max_by(
            {{'numerator': numerator, 'denominator': denominator, 'kpi_value': kpi_value}},
            published_at
        ) as numbers
    from reporting.kpi_publications
    where (kpi, version) in (select (kpi, version) from reporting.kpi_values)
    group by {_CELL}
"""


def _write_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the values that differ from what stands as published, and the cells that are gone."""
    numbers = ("numerator", "denominator", "kpi_value")
    is_same = " and ".join(
        _SAME_NUMBER.format(f"built.{column}", f"standing.numbers.{column}") for column in numbers
    )
    same_cell = " and ".join(f"built.{column} = standing.{column}" for column in CELL_COLUMNS)
    connection.execute(
        f"""
        create or replace temporary table built as
        select {_CELL}, is_complete, numerator, denominator, kpi_value
        from reporting.kpi_values
        where list_contains($grains, period_grain)
        """,
        {"grains": list(GRAINS)},
    )
    connection.execute(f"create or replace temporary table standing as {_STANDING_CELLS}")
    connection.execute(
        f"""
        insert into reporting.kpi_publications by name
        select
            publication.publish_id, publication.published_at,
            built.*, false as is_gone
        from built
        left join standing on {same_cell}
        cross join reporting.publication as publication
        where
            standing.kpi is null or standing.is_gone
            or built.is_complete is distinct from standing.is_complete
            or not ({is_same})
        union all by name
        select
            publication.publish_id, publication.published_at,
            {", ".join(f"standing.{column}" for column in CELL_COLUMNS)},
            standing.is_complete, true as is_gone
        from standing
        anti join built on {same_cell}
        cross join reporting.publication as publication
        where not standing.is_gone
        """
    )


_SAME_CELL = " and ".join(f"changes.{column} = earlier.{column}" for column in CELL_COLUMNS)
# What was closed before a KPI version was first published counts as reported by that publish.
_RESTATEMENTS = f"""
    insert into reporting.kpi_restatements by name
    with

    first_publishes as (

        select kpi, version, min(published_at) as published_at
        from reporting.kpi_publications
        group by kpi, version

    ),

    changes as (

        select
            kpi_publications.*,
            greatest(closing.published_at, first_publishes.published_at) as reported_at
        from reporting.kpi_publications
        inner join reporting.publication as publication
            on kpi_publications.publish_id = publication.publish_id
        inner join reporting.period_closes
            on
                kpi_publications.period_grain = period_closes.period_grain
                and kpi_publications.period_start_date = period_closes.period_start_date
        inner join reporting.publications as closing
            on period_closes.publish_id = closing.publish_id
        inner join first_publishes
            on
                kpi_publications.kpi = first_publishes.kpi
                and kpi_publications.version = first_publishes.version
                and kpi_publications.published_at > first_publishes.published_at

    ),

    values_before as (

        select
            {", ".join(f"changes.{column}" for column in CELL_COLUMNS)},
            (max_by({{'number': earlier.kpi_value}}, earlier.published_at)).number
                as previous_value,
            (
                max_by({{'number': earlier.kpi_value}}, earlier.published_at)
                    filter (where earlier.published_at <= changes.reported_at)
            ).number as first_reported_value
        from changes
        left join reporting.kpi_publications as earlier
            on {_SAME_CELL} and earlier.published_at < changes.published_at
        group by all

    )

    select
        changes.publish_id,
        changes.published_at as restated_at,
        {", ".join(f"changes.{column}" for column in CELL_COLUMNS)},
        values_before.first_reported_value,
        values_before.previous_value,
        changes.kpi_value,
        reasons.reason,
        reasons.reason_detail
    from changes
    inner join values_before using ({_CELL})
    inner join reasons using (kpi, version)
    where not {_SAME_NUMBER.format("changes.kpi_value", "values_before.previous_value")}
"""
