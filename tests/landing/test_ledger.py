"""What the ledger says of a table: whether its next file is late, and how much landed of late."""

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestration.lib.landing_ledger import (
    check_freshness,
    check_volume,
    landed_rows_by_day,
    newest_arrival,
    present_rejected_share,
)
from tests.landing.tables import Warehouse, day, deals_contract, names_contract

DAILY = names_contract(rhythm=timedelta(days=1))
NAMES = "deal_id,deal_name\n"
MONDAY = date(2026, 3, 30)


def write_at(warehouse: Warehouse, name: str, moment: datetime) -> None:
    seconds = moment.replace(tzinfo=UTC).timestamp()
    os.utime(warehouse.landing_folder / "crm" / name, (seconds, seconds))


def test_an_export_that_changes_no_row_has_arrived(warehouse: Warehouse) -> None:
    warehouse.land_text(DAILY, NAMES + "1,one\n", on_day=1)
    write_at(warehouse, "deals.csv", day(3))
    landing = warehouse.land(DAILY, on_day=3)

    assert landing.files[0].status == "skipped"
    assert newest_arrival(warehouse.connection, DAILY, landing, warehouse.landing_folder) == day(3)


def test_an_old_file_arrives_when_it_lands(warehouse: Warehouse) -> None:
    warehouse.write("deals.csv", (NAMES + "1,one\n").encode())
    write_at(warehouse, "deals.csv", day(1))
    landing = warehouse.land(DAILY, on_day=9)

    assert newest_arrival(warehouse.connection, DAILY, landing, warehouse.landing_folder) == day(9)


def test_a_file_that_was_taken_away_has_arrived_when_it_landed(warehouse: Warehouse) -> None:
    warehouse.land_text(DAILY, NAMES + "1,one\n", on_day=2)
    (warehouse.landing_folder / "crm" / "deals.csv").unlink()
    landing = warehouse.land(DAILY, on_day=5)

    assert newest_arrival(warehouse.connection, DAILY, landing, warehouse.landing_folder) == day(2)


def test_a_table_without_any_file_is_not_late(warehouse: Warehouse) -> None:
    landing = warehouse.land(DAILY)
    arrived_at = newest_arrival(warehouse.connection, DAILY, landing, warehouse.landing_folder)

    assert arrived_at is None
    assert check_freshness(DAILY, arrived_at, day(1)).passed


@pytest.mark.parametrize(
    ("age", "is_fresh"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)]
)
def test_a_file_is_late_when_its_rhythm_has_passed(age: timedelta, is_fresh: bool) -> None:
    finding = check_freshness(DAILY, day(3), day(3) + age)

    assert finding.passed is is_fresh
    assert finding.description == (
        "The newest file of crm.deals arrived at 2026-01-03 12:00 UTC, 24 hours ago;"
        " one is due every 24 hours."
    )


def mondays(*row_counts: int) -> dict[date, int]:
    """Rows that landed on the Mondays before MONDAY, the last one first, and a busy Tuesday."""
    weeks = enumerate(row_counts, start=1)
    return {MONDAY - timedelta(days=6): 9_000} | {
        MONDAY - timedelta(weeks=week): row_count for week, row_count in weeks
    }


@pytest.mark.parametrize(
    ("row_count", "is_usual"), [(33, False), (34, True), (100, True), (300, True), (301, False)]
)
def test_the_volume_may_be_a_third_to_three_times_of_the_median(
    row_count: int, is_usual: bool
) -> None:
    finding = check_volume(DAILY, {**mondays(100, 100, 5, 2_000), MONDAY: row_count}, MONDAY)

    assert finding.passed is is_usual
    assert finding.description == (
        f"{row_count} rows of crm.deals landed today (new, changed or deleted);"
        " the median of 4 earlier Mondays is 100."
    )


def test_only_the_last_eight_of_a_weekday_count() -> None:
    grown = mondays(*[900] * 8, *[10] * 20)

    assert check_volume(DAILY, {**grown, MONDAY: 900}, MONDAY).passed
    assert not check_volume(DAILY, {**grown, MONDAY: 10}, MONDAY).passed


def test_a_first_load_does_not_spoil_the_history() -> None:
    history = mondays(100, 110, 90, 100, 1_000_000)

    assert check_volume(DAILY, {**history, MONDAY: 120}, MONDAY).passed


@pytest.mark.parametrize(
    "rows_by_day",
    [
        {**mondays(100, 100, 100), MONDAY: 5_000},
        mondays(100, 100, 100, 100),
        {**mondays(0, 0, 0, 7), MONDAY: 5_000},
    ],
    ids=["too few earlier days", "nothing landed today", "most days changed nothing"],
)
def test_without_something_to_compare_the_volume_passes(rows_by_day: dict[date, int]) -> None:
    assert check_volume(DAILY, rows_by_day, MONDAY).passed


def test_rows_count_on_the_day_of_the_reporting_time_zone(warehouse: Warehouse) -> None:
    contract = names_contract(maximum_deleted_share=1)
    warehouse.land_text(contract, NAMES + "1,one\n2,two\n3,three\n", 1)
    warehouse.land_text(contract, NAMES + "1,ONE\n3,three\n4,four\n", 2)
    warehouse.land_text(contract, "deal_id\n", 3)

    # Landings are at noon UTC, which is two o'clock of the next morning on Kiritimati.
    assert landed_rows_by_day(warehouse.connection, contract, ZoneInfo("Pacific/Kiritimati")) == {
        date(2026, 1, 2): 3,
        date(2026, 1, 3): 3,
    }


def test_of_landings_at_the_same_moment_the_last_one_counts(warehouse: Warehouse) -> None:
    contract = deals_contract((("deal_id", "string"), ("quantity", "bigint")))
    header = "deal_id,quantity\n"
    warehouse.land_text(contract, header + "1,many\n2,2\n", on_day=5)
    # The clock went back: this lands at the moment of the landing before.
    landing = warehouse.land_text(contract, header + "1,1\n2,2\n", on_day=4)

    assert present_rejected_share(warehouse.connection, contract, landing) == 0
