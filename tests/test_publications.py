"""What publishing remembers: changed values, closes and restatements, on small build files."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib import publication_log, publishing
from orchestration.lib.closing import CloseError, PeriodClose, close_periods
from orchestration.lib.landing import open_raw
from orchestration.lib.landing_tables import prepare_ledger
from orchestration.lib.publication_basis import Lineage, PublicationBasis
from orchestration.lib.publication_log import (
    PublicationLog,
    RunReport,
    note_landing,
    record_publication,
    start_run,
)
from orchestration.lib.publication_tables import TABLES, create_tables
from orchestration.lib.publishing import Publication, publish
from orchestration.lib.sql_text import attach_read_only

APRIL_FIRST = datetime(2026, 4, 1, 3, 30)
BASIS = PublicationBasis(
    settings={"reporting_timezone": '"UTC"'},
    definitions={"kpi_revenue_v1": "a1", "fct_opportunities": "b1", "kpi_win_rate_v1": "c1"},
    lineages={
        ("revenue", 1): Lineage(
            frozenset({"kpi_revenue_v1", "fct_opportunities"}), frozenset({"crm.opportunities"})
        ),
        ("win_rate", 1): Lineage(frozenset({"kpi_win_rate_v1"}), frozenset({"crm.reps"})),
    },
)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
# KPI, month, slice's value (all: the total), value
Cell = tuple[str, date, str, float | None]


class Warehouse:
    """The three files of a warehouse, with a build of a few cells instead of dbt's."""

    def __init__(self, folder: Path):
        self.raw_file = folder / "raw.duckdb"
        self.build_file = folder / "build.duckdb"
        self.published_file = folder / "published" / "sales_kpis.duckdb"
        with open_raw(self.raw_file) as connection:
            prepare_ledger(connection)
            create_tables(connection)

    def build(self, *cells: Cell, as_of_date: date = date(2026, 3, 31)) -> None:
        self.build_file.unlink(missing_ok=True)
        with duckdb.connect(self.build_file) as connection:
            connection.execute(
                """
                create schema core;
                create schema kpis;
                create schema reporting;
                create table core.periods (
                    period_grain varchar, period_start_date date, period_end_date date,
                    as_of_date date
                );
                create table reporting.kpi_values (
                    kpi varchar, version integer, period_grain varchar, period_start_date date,
                    is_complete boolean, dimension varchar, dimension_value varchar,
                    numerator double, denominator double, kpi_value double
                );
                """
            )
            for month in (MARCH, APRIL):
                connection.execute(
                    "insert into core.periods"
                    " select 'month', $month, last_day($month), $as_of where $month <= $as_of",
                    {"month": month, "as_of": as_of_date},
                )
            for kpi, month, slice_value, value in cells:
                connection.execute(
                    """
                    insert into reporting.kpi_values
                    select
                        $kpi, 1, 'month', $month, last_day($month) <= $as_of,
                        if($slice = '(all)', 'total', 'region'), $slice, $value, null, $value
                    """,
                    {
                        "kpi": kpi,
                        "month": month,
                        "slice": slice_value,
                        "value": value,
                        "as_of": as_of_date,
                    },
                )

    def publish(
        self,
        published_at: datetime,
        basis: PublicationBasis = BASIS,
        run: RunReport | None = None,
    ) -> Publication:
        return publish(
            self.build_file,
            self.published_file,
            published_at,
            log=PublicationLog(self.raw_file, basis, run),
        )

    def land(self, table: str, new: int = 0, changed: int = 0, deleted: int = 0) -> None:
        with open_raw(self.raw_file) as connection:
            connection.execute(
                "insert into landing.files by name select 'x' as landing_id, 'crm' as source_name,"
                " $table as table_name, 'crm/file.csv' as source_file, 'landed' as status,"
                " 0 as row_count, $new as new_count, $changed as changed_count,"
                " 0 as unchanged_count, $deleted as deleted_count, 0 as rejected_count,"
                " timestamp '2026-04-02 03:00:00' as landed_at",
                {"table": table, "new": new, "changed": changed, "deleted": deleted},
            )

    def close_months(self, closed_at: datetime, time_zone: str = "UTC") -> list[PeriodClose]:
        return close_periods(self.raw_file, self.published_file, "month", time_zone, closed_at)

    def read(self, query: str, file: Path | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            attach_read_only(connection, file or self.raw_file, "any_name")
            connection.execute("use any_name")
            return connection.execute(query).fetchall()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


@pytest.fixture
def closed_march(warehouse: Warehouse) -> Warehouse:
    """March was published with 100 of revenue, and closed."""
    warehouse.build(("revenue", MARCH, "(all)", 100.0), ("win_rate", MARCH, "(all)", 0.5))
    warehouse.publish(APRIL_FIRST)
    warehouse.close_months(APRIL_FIRST + timedelta(hours=3))
    return warehouse


def night(number: int) -> datetime:
    return APRIL_FIRST + timedelta(days=number)


def test_the_first_publish_records_every_value(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0), ("revenue", MARCH, "North", None))
    publication = warehouse.publish(APRIL_FIRST)

    assert warehouse.read(
        "select publish_id, published_at, kpi, version, period_grain, period_start_date, dimension,"
        " dimension_value, is_complete, is_gone, numerator, kpi_value"
        " from reporting.kpi_publications order by dimension_value"
    ) == [
        (publication.publish_id, APRIL_FIRST, "revenue", 1, "month", MARCH, "total", "(all)")
        + (True, False, 100.0, 100.0),
        (publication.publish_id, APRIL_FIRST, "revenue", 1, "month", MARCH, "region", "North")
        + (True, False, None, None),
    ]


def test_only_changed_new_and_gone_values_are_added(warehouse: Warehouse) -> None:
    warehouse.build(
        ("revenue", MARCH, "(all)", 100.0),
        ("revenue", MARCH, "North", 60.0),
        ("revenue", MARCH, "South", None),
    )
    warehouse.publish(night(0))
    warehouse.build(
        ("revenue", MARCH, "(all)", 90.0),
        ("revenue", MARCH, "South", None),
        ("revenue", MARCH, "West", 30.0),
    )
    second = warehouse.publish(night(1))

    assert warehouse.read(
        "select dimension_value, is_gone, kpi_value from reporting.kpi_publications"
        f" where publish_id = '{second.publish_id}' order by dimension_value"
    ) == [("(all)", False, 90.0), ("North", True, None), ("West", False, 30.0)]


def test_publishing_the_same_numbers_again_adds_a_publication_and_no_value(
    closed_march: Warehouse,
) -> None:
    closed_march.publish(night(1))

    assert closed_march.read("select count(*) from reporting.publications") == [(2,)]
    assert closed_march.read("select count(*) from reporting.kpi_publications") == [(2,)]
    assert closed_march.read("from reporting.kpi_restatements") == []


def test_the_last_digits_of_a_double_are_no_change(closed_march: Warehouse) -> None:
    closed_march.build(
        ("revenue", MARCH, "(all)", 100.0 * (1 + 1e-12)), ("win_rate", MARCH, "(all)", 0.5)
    )
    closed_march.publish(night(1))

    assert closed_march.read("select count(*) from reporting.kpi_publications") == [(2,)]


def test_a_value_that_is_gone_is_recorded_once_and_once_more_when_it_is_back(
    warehouse: Warehouse,
) -> None:
    with_north = ("revenue", MARCH, "(all)", 60.0), ("revenue", MARCH, "North", 60.0)
    for number, cells in enumerate([with_north, with_north[:1], with_north[:1], with_north]):
        warehouse.build(*cells)
        warehouse.publish(night(number))

    assert warehouse.read(
        "select published_at, is_gone from reporting.kpi_publications"
        " where dimension_value = 'North' order by published_at"
    ) == [(night(0), False), (night(1), True), (night(3), False)]


def test_a_period_that_has_ended_is_recorded_as_complete(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0), as_of_date=date(2026, 3, 30))
    warehouse.publish(night(-1))
    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    warehouse.publish(night(0))

    assert warehouse.read(
        "select published_at, is_complete from reporting.kpi_publications order by published_at"
    ) == [(night(-1), False), (night(0), True)]


@pytest.mark.parametrize(
    ("landed", "reason", "detail"),
    [
        ({"new": 1}, "late_or_changed_rows", "crm.opportunities: 1 new, 0 changed"),
        ({"changed": 2}, "late_or_changed_rows", "crm.opportunities: 0 new, 2 changed"),
        ({"deleted": 3}, "deleted_rows", "crm.opportunities: 3 deleted"),
        (
            {"new": 1, "deleted": 3},
            "late_or_changed_rows or deleted_rows",
            "crm.opportunities: 1 new, 0 changed; crm.opportunities: 3 deleted",
        ),
    ],
)
def test_rows_that_move_a_closed_month_are_one_restatement_with_their_table(
    closed_march: Warehouse, landed: dict[str, int], reason: str, detail: str
) -> None:
    closed_march.land("reps", new=5)
    closed_march.land("opportunities", **landed)
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    publication = closed_march.publish(night(1))

    restatements = [
        (publication.publish_id, night(1), "revenue", 1, "month", MARCH, "total", "(all)")
        + (100.0, 100.0, 130.0, reason, detail)
    ]
    assert closed_march.read("from reporting.kpi_restatements") == restatements
    assert (
        closed_march.read("from reporting.kpi_restatements", closed_march.published_file)
        == restatements
    )


def test_rows_that_landed_before_the_last_publish_are_no_reason(closed_march: Warehouse) -> None:
    closed_march.land("opportunities", new=1)
    closed_march.publish(night(1))
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    closed_march.publish(night(2))

    assert closed_march.read("select reason, reason_detail from reporting.kpi_restatements") == [
        ("unknown", "")
    ]


@pytest.mark.parametrize(
    ("basis", "reason", "detail"),
    [
        (
            PublicationBasis(
                BASIS.settings,
                {**BASIS.definitions, "fct_opportunities": "b2", "kpi_win_rate_v1": "c2"},
                BASIS.lineages,
            ),
            "changed_definition",
            "fct_opportunities",
        ),
        (
            PublicationBasis(
                {"reporting_timezone": '"Asia/Tokyo"'}, BASIS.definitions, BASIS.lineages
            ),
            "changed_setting",
            'reporting_timezone: "UTC" → "Asia/Tokyo"',
        ),
    ],
)
def test_a_changed_definition_or_setting_is_the_reason(
    closed_march: Warehouse, basis: PublicationBasis, reason: str, detail: str
) -> None:
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    closed_march.publish(night(1), basis)

    assert closed_march.read("select reason, reason_detail from reporting.kpi_restatements") == [
        (reason, detail)
    ]


def test_a_second_restatement_keeps_the_value_as_first_reported(closed_march: Warehouse) -> None:
    for number, value in [(1, 130.0), (2, 120.0), (3, 100.0)]:
        closed_march.build(("revenue", MARCH, "(all)", value), ("win_rate", MARCH, "(all)", 0.5))
        closed_march.publish(night(number))

    assert closed_march.read(
        "select first_reported_value, previous_value, kpi_value from reporting.kpi_restatements"
        " order by restated_at"
    ) == [(100.0, 100.0, 130.0), (100.0, 130.0, 120.0), (100.0, 120.0, 100.0)]


def test_a_slice_that_was_not_there_at_the_close_is_restated_from_nothing(
    closed_march: Warehouse,
) -> None:
    closed_march.build(
        ("revenue", MARCH, "(all)", 100.0),
        ("revenue", MARCH, "North", 100.0),
        ("win_rate", MARCH, "(all)", 0.5),
    )
    closed_march.publish(night(1))

    assert closed_march.read(
        "select dimension_value, first_reported_value, kpi_value from reporting.kpi_restatements"
    ) == [("North", None, 100.0)]


def test_a_running_month_is_never_restated(closed_march: Warehouse) -> None:
    for number, value in [(1, 10.0), (2, 20.0)]:
        closed_march.build(
            ("revenue", MARCH, "(all)", 100.0),
            ("revenue", APRIL, "(all)", value),
            ("win_rate", MARCH, "(all)", 0.5),
            as_of_date=date(2026, 4, number),
        )
        closed_march.publish(night(number))

    assert closed_march.read("from reporting.kpi_restatements") == []


def test_a_kpi_that_is_new_restates_nothing_until_it_moves(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    warehouse.publish(night(0))
    warehouse.close_months(night(0) + timedelta(hours=3))
    for number, win_rate in [(1, 0.5), (2, 0.4)]:
        warehouse.build(("revenue", MARCH, "(all)", 100.0), ("win_rate", MARCH, "(all)", win_rate))
        warehouse.publish(night(number))

    assert warehouse.read(
        "select restated_at, kpi, first_reported_value, kpi_value from reporting.kpi_restatements"
    ) == [(night(2), "win_rate", 0.5, 0.4)]


def test_a_kpi_that_is_taken_away_is_neither_gone_nor_restated(closed_march: Warehouse) -> None:
    closed_march.build(("revenue", MARCH, "(all)", 100.0))
    closed_march.publish(night(1))

    assert closed_march.read("select count(*) from reporting.kpi_publications") == [(2,)]
    assert closed_march.read("from reporting.kpi_restatements") == []


def test_a_month_is_closed_once_with_the_publish_after_its_end(closed_march: Warehouse) -> None:
    closed_march.publish(night(1))

    assert closed_march.close_months(night(1) + timedelta(hours=3)) == []
    assert closed_march.read(
        "select period_grain, period_start_date, period_end_date, as_of_date, closed_at,"
        " (select published_at from reporting.publications where publish_id = c.publish_id)"
        " from reporting.period_closes as c"
    ) == [
        ("month", MARCH, date(2026, 3, 31), date(2026, 3, 31))
        + (APRIL_FIRST + timedelta(hours=3), APRIL_FIRST)
    ]


def test_a_month_that_ended_after_the_last_publish_is_not_closed(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0), as_of_date=date(2026, 3, 30))
    warehouse.publish(datetime(2026, 3, 31, 3, 30))

    with pytest.raises(
        CloseError,
        match="month from 2026-03-01 to 2026-03-31 cannot be closed: the last publish, at"
        " 2026-03-31 03:30 UTC",
    ):
        warehouse.close_months(APRIL_FIRST)
    assert warehouse.read("from reporting.period_closes") == []


@pytest.mark.parametrize(
    ("time_zone", "is_closed"), [("Europe/Amsterdam", True), ("America/New_York", False)]
)
def test_a_month_ends_in_the_reporting_time_zone(
    warehouse: Warehouse, time_zone: str, is_closed: bool
) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    # 00:30 on 1 April in Amsterdam, still 31 March in New York
    warehouse.publish(datetime(2026, 3, 31, 22, 30))

    closed = warehouse.close_months(datetime(2026, 3, 31, 22, 40), time_zone)
    assert closed == ([PeriodClose(MARCH, date(2026, 3, 31))] if is_closed else [])


def test_without_a_published_file_there_is_nothing_to_close(warehouse: Warehouse) -> None:
    with pytest.raises(CloseError, match="nothing to close"):
        warehouse.close_months(APRIL_FIRST)


def test_the_published_file_has_the_whole_history_with_comments(closed_march: Warehouse) -> None:
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    closed_march.publish(night(1))

    for table in TABLES:
        rows = closed_march.read(f"from reporting.{table} order by all")
        assert rows == closed_march.read(
            f"from reporting.{table} order by all", closed_march.published_file
        )
    assert closed_march.read(
        "select count(*) from duckdb_tables()"
        " where table_name in ('kpi_publications', 'kpi_restatements') and comment is not null",
        closed_march.published_file,
    ) == [(2,)]


def test_a_publish_that_was_killed_before_it_was_recorded_is_recorded_by_the_next_one(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_killed(raw_file: Path, published_file: Path) -> None:
        if published_file.exists():
            raise KeyboardInterrupt

    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    with monkeypatch.context() as patch:
        patch.setattr(publication_log, "record_publication", be_killed)
        with pytest.raises(KeyboardInterrupt):
            warehouse.publish(night(0))
    assert warehouse.read("from reporting.publications") == []
    warehouse.build(("revenue", MARCH, "(all)", 110.0))
    warehouse.publish(night(1))

    assert warehouse.read(
        "select published_at, kpi_value from reporting.kpi_publications order by published_at"
    ) == [(night(0), 100.0), (night(1), 110.0)]


def test_a_publish_that_failed_before_its_file_was_in_place_is_not_recorded(
    closed_march: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(f"{target} is in use")

    closed_march.build(("revenue", MARCH, "(all)", 130.0))
    with monkeypatch.context() as patch:
        patch.setattr(publishing.os, "replace", refuse)
        with pytest.raises(PermissionError):
            closed_march.publish(night(1))
    record_publication(closed_march.raw_file, closed_march.published_file)

    assert closed_march.read("select count(*) from reporting.publications") == [(1,)]
    assert closed_march.read("from reporting.kpi_restatements") == []


def test_a_later_publish_has_a_later_moment_though_the_clock_went_back(
    closed_march: Warehouse,
) -> None:
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    publication = closed_march.publish(APRIL_FIRST - timedelta(days=400))

    assert publication.published_at == APRIL_FIRST + timedelta(microseconds=1)
    assert closed_march.read(
        "select first_reported_value, kpi_value from reporting.kpi_restatements"
    ) == [(100.0, 130.0)]


def test_a_file_of_an_earlier_release_is_replaced(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    publish(warehouse.build_file, warehouse.published_file, night(0))

    warehouse.publish(night(1))

    assert warehouse.read("select published_at from reporting.publications") == [(night(1),)]


def test_a_run_is_reported_with_what_it_did(closed_march: Warehouse) -> None:
    with open_raw(closed_march.raw_file) as connection:
        start_run(connection, "failed run", night(1))
        note_landing(connection, "failed run", 7, 1)
        start_run(connection, "good run", night(2))
        note_landing(connection, "good run", 3, 0)
    closed_march.build(("revenue", MARCH, "(all)", 130.0), ("win_rate", MARCH, "(all)", 0.5))
    publication = closed_march.publish(
        night(2) + timedelta(seconds=90),
        run=RunReport("good run", 80, 2, 0, "kpi_revenue_v1 0.2 s"),
    )

    assert closed_march.read("from reporting.refresh_runs order by started_at") == [
        ("failed run", night(1), 7, 1) + (None,) * 9,
        ("good run", night(2), 3, 0, publication.publish_id, night(2) + timedelta(seconds=90))
        + (90.0, 1, 1, 80, 2, 0, "kpi_revenue_v1 0.2 s"),
    ]


def test_a_first_publish_of_many_values_counts_them_all(warehouse: Warehouse) -> None:
    warehouse.build(("revenue", MARCH, "(all)", 100.0))
    with duckdb.connect(warehouse.build_file) as connection:
        connection.execute(
            """
            insert into reporting.kpi_values by name
            select
                'revenue' as kpi, 1 as version, 'month' as period_grain,
                period_start_date, true as is_complete, 'rep' as dimension,
                'Rep ' || number as dimension_value, 1 as kpi_value
            from reporting.kpi_values, range(299999) as reps (number)
            """
        )
    with open_raw(warehouse.raw_file) as connection:
        start_run(connection, "first run", APRIL_FIRST)
    warehouse.publish(APRIL_FIRST, run=RunReport("first run", 1, 0, 0, ""))

    assert warehouse.read("select changed_value_count from reporting.refresh_runs") == [(300_000,)]
    assert warehouse.read("select count(*) from reporting.kpi_publications") == [(300_000,)]
