"""What landing does to row versions: new, changed, gone, returned, repeated."""

from datetime import datetime, timedelta

import pytest

import orchestration.lib.landing as landing
from orchestration.lib.landing_tables import prepare_tables
from tests.landing.tables import Warehouse, day, deals_contract, names_contract

SNAPSHOT = names_contract(maximum_deleted_share=1)
INCREMENT = names_contract(mode="increment")
WITH_CURSOR = deals_contract(
    (("deal_id", "string"), ("deal_name", "string"), ("version", "bigint")),
    mode="increment",
    cursor="version",
)
NAMES = "deal_id,deal_name\n"


def superseded(warehouse: Warehouse) -> list[tuple]:
    return warehouse.rows(
        "select deal_id, deal_name, _is_deleted, _landed_at, _superseded_at"
        " from raw_crm.deals__superseded order by all"
    )


def test_landing_twice_changes_nothing(warehouse: Warehouse) -> None:
    first = warehouse.land_text(SNAPSHOT, NAMES + "1,one\n2,two\n")
    before = warehouse.everything()
    second = warehouse.land(SNAPSHOT, on_day=2)
    assert (first.new_count, first.row_count_total) == (2, 2)
    assert [file.status for file in second.files] == ["skipped"]
    assert (second.row_count, second.row_count_total) == (0, 2)
    assert warehouse.everything() == before


def test_a_changed_file_changes_just_its_rows(warehouse: Warehouse) -> None:
    warehouse.land_text(SNAPSHOT, NAMES + "1,one\n2,two\n3,three\n")
    result = warehouse.land_text(SNAPSHOT, NAMES + "1,one\n2,TWO\n3,three\n4,four\n", 2)
    assert (result.new_count, result.changed_count) == (1, 1)
    assert (result.unchanged_count, result.deleted_count) == (2, 0)
    assert warehouse.present("deal_id, deal_name, _landed_at") == [
        ("1", "one", day(1)),
        ("2", "TWO", day(2)),
        ("3", "three", day(1)),
        ("4", "four", day(2)),
    ]
    assert superseded(warehouse) == [("2", "two", False, day(1), day(2))]


def test_a_row_that_is_gone_gets_a_tombstone_and_can_return(warehouse: Warehouse) -> None:
    warehouse.land_text(SNAPSHOT, NAMES + "1,one\n2,two\n")
    gone = warehouse.land_text(SNAPSHOT, NAMES + "1,one\n", 2)
    assert (gone.deleted_count, gone.row_count_total) == (1, 1)
    assert warehouse.rows(
        "select deal_id, deal_name, _landed_at from raw_crm.deals where _is_deleted"
    ) == [("2", "two", day(2))]
    still_gone = warehouse.land_text(SNAPSHOT, NAMES + "1,ONE\n", 3)
    assert (still_gone.deleted_count, still_gone.changed_count) == (0, 1)
    back = warehouse.land_text(SNAPSHOT, NAMES + "1,ONE\n2,two\n", 4)
    assert (back.changed_count, back.unchanged_count) == (1, 1)
    assert warehouse.present() == [("1", "ONE"), ("2", "two")]
    assert superseded(warehouse) == [
        ("1", "one", False, day(1), day(3)),
        ("2", "two", False, day(1), day(2)),
        ("2", "two", True, day(2), day(4)),
    ]


def test_every_past_moment_can_be_seen_again(warehouse: Warehouse) -> None:
    files = [
        "1,one\n2,two\n",
        "1,one\n2,TWO\n",
        "2,TWO\n3,three\n",
        "1,one\n2,two\n3,three\n",
    ]
    expected = []
    for number, rows in enumerate(files, start=1):
        warehouse.land_text(SNAPSHOT, NAMES + rows, number)
        expected.append(warehouse.present())
    assert expected[2] == [("2", "TWO"), ("3", "three")]
    for number, rows in enumerate(expected, start=1):
        assert warehouse.known_at(day(number)) == rows
        assert warehouse.known_at(day(number) + timedelta(hours=23)) == rows
    assert warehouse.known_at(day(1) - timedelta(seconds=1)) == []


def test_an_increment_deletes_nothing(warehouse: Warehouse) -> None:
    warehouse.land_text(INCREMENT, NAMES + "1,one\n2,two\n", name="deals_1.csv")
    result = warehouse.land_text(INCREMENT, NAMES + "2,TWO\n3,three\n", 2, name="deals_2.csv")
    assert [file.status for file in result.files] == ["skipped", "landed"]
    assert warehouse.present() == [("1", "one"), ("2", "TWO"), ("3", "three")]
    assert superseded(warehouse) == [("2", "two", False, day(1), day(2))]


def test_a_renamed_copy_of_an_increment_is_skipped(warehouse: Warehouse) -> None:
    warehouse.land_text(INCREMENT, NAMES + "1,one\n", name="deals_1.csv")
    warehouse.land_text(INCREMENT, NAMES + "1,ONE\n", 2, name="deals_2.csv")
    before = warehouse.everything()
    warehouse.land_text(INCREMENT, NAMES + "1,one\n", 3, name="deals_3.csv")
    assert warehouse.everything() == before


def test_a_snapshot_that_goes_back_lands_again(warehouse: Warehouse) -> None:
    for number, name in enumerate(["one", "ONE", "one"], start=1):
        result = warehouse.land_text(SNAPSHOT, NAMES + f"1,{name}\n", number)
        assert result.files[0].status == "landed"
    assert warehouse.present() == [("1", "one")]
    assert superseded(warehouse) == [
        ("1", "ONE", False, day(2), day(3)),
        ("1", "one", False, day(1), day(2)),
    ]


def test_files_land_in_the_order_of_their_names(warehouse: Warehouse) -> None:
    warehouse.write("deals_2.csv", b"deal_id,deal_name\n1,second\n")
    warehouse.write("deals_1.csv", b"deal_id,deal_name\n1,first\n")
    result = warehouse.land(SNAPSHOT)
    assert [file.source_file for file in result.files] == ["crm/deals_1.csv", "crm/deals_2.csv"]
    assert warehouse.present() == [("1", "second")]
    assert warehouse.known_at(day(1)) == [("1", "second")]


def test_an_older_cursor_does_not_replace_a_newer_version(warehouse: Warehouse) -> None:
    header = "deal_id,deal_name,version\n"
    warehouse.land_text(WITH_CURSOR, header + "1,third,3\n2,first,1\n", name="deals_1.csv")
    warehouse.land_text(WITH_CURSOR, header + "1,second,2\n2,second,2\n", 2, "deals_2.csv")
    assert warehouse.present() == [("1", "third"), ("2", "second")]
    assert superseded(warehouse) == [
        ("1", "second", False, day(2), day(2)),
        ("2", "first", False, day(1), day(2)),
    ]
    again = warehouse.land_text(WITH_CURSOR, header + "1,second,2\n3,x,1\n", 3, "deals_3.csv")
    assert (again.new_count, again.changed_count, len(superseded(warehouse))) == (1, 0, 2)


def test_the_last_line_of_a_key_wins(warehouse: Warehouse) -> None:
    result = warehouse.land_text(SNAPSHOT, NAMES + "1,a\n2,x\n1,b\n2,x\n1,c\n1,b\n1,c\n")
    assert (result.row_count, result.new_count, result.rejected_count) == (7, 2, 0)
    assert warehouse.present() == [("1", "c"), ("2", "x")]
    assert superseded(warehouse) == [
        ("1", "a", False, day(1), day(1)),
        ("1", "b", False, day(1), day(1)),
    ]
    assert warehouse.known_at(day(1)) == [("1", "c"), ("2", "x")]


def test_the_highest_cursor_of_a_key_wins(warehouse: Warehouse) -> None:
    rows = "deal_id,deal_name,version\n1,second,2\n1,third,3\n1,first,1\n1,none,\n"
    warehouse.land_text(WITH_CURSOR, rows)
    assert warehouse.present() == [("1", "third")]
    assert len(superseded(warehouse)) == 3


def test_a_key_can_have_two_columns(warehouse: Warehouse) -> None:
    contract = names_contract(key=("deal_id", "deal_name"))
    warehouse.land_text(contract, NAMES + "1,a\n1,b\n")
    result = warehouse.land_text(contract, NAMES + "1,b\n1,c\n", 2)
    assert (result.new_count, result.deleted_count, result.unchanged_count) == (1, 1, 1)
    assert warehouse.present() == [("1", "b"), ("1", "c")]


def test_a_snapshot_may_not_delete_too_much(warehouse: Warehouse) -> None:
    contract = names_contract(maximum_deleted_share=0.5)
    warehouse.land_text(contract, NAMES + "1,a\n2,b\n3,c\n4,d\n")
    before = warehouse.present("*")
    refused = warehouse.land_text(contract, NAMES + "1,A\n", 2)
    assert "would delete 3 of the 4 rows of crm.deals" in refused.errors[0]
    assert warehouse.present("*") == before
    header_only = warehouse.land_text(contract, NAMES, 3)
    assert "would delete 4 of the 4 rows" in header_only.errors[0]
    allowed = warehouse.land_text(contract, NAMES + "1,a\n2,b\n", 4)
    assert (allowed.deleted_count, allowed.errors) == (2, ())


def test_a_header_alone_lands_into_an_empty_table(warehouse: Warehouse) -> None:
    result = warehouse.land_text(SNAPSHOT, NAMES)
    assert (result.files[0].status, result.row_count, result.rejected_share) == ("landed", 0, 0)


def test_rejected_rows_are_not_deleted_by_a_snapshot(warehouse: Warehouse) -> None:
    contract = deals_contract((("deal_id", "string"), ("deal_name", "bigint")))
    warehouse.land_text(contract, NAMES + "1,1\n2,2\n3,3\n")
    bad_cell = warehouse.land_text(contract, NAMES + "1,1\n2,two\n", 2)
    assert (bad_cell.deleted_count, bad_cell.rejected_count) == (1, 1)
    assert warehouse.present() == [("1", 1), ("2", 2)]
    broken_line = warehouse.land_text(contract, NAMES + "1,1\n2,2,2\n", 3)
    assert (broken_line.deleted_count, broken_line.rejected_count) == (0, 1)
    assert warehouse.present() == [("1", 1), ("2", 2)]


def test_an_exception_in_the_middle_leaves_everything_as_it_was(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.land_text(SNAPSHOT, NAMES + "1,one\n2,two\n")
    before = warehouse.everything()

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(landing, "check_unchanged", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        warehouse.land_text(SNAPSHOT, "deal_id,deal_name,note\n1,ONE,new\n3,three,new\n", 2)
    assert warehouse.everything() == before
    monkeypatch.undo()
    assert warehouse.land(SNAPSHOT, on_day=3).errors == ()
    assert warehouse.present() == [("1", "ONE"), ("3", "three")]


def test_a_clock_that_went_back_does_not_turn_history_round(warehouse: Warehouse) -> None:
    warehouse.land_text(SNAPSHOT, NAMES + "1,one\n", 5)
    warehouse.land_text(SNAPSHOT, NAMES + "1,ONE\n", 3)
    assert warehouse.known_at(day(5)) == [("1", "ONE")]
    assert warehouse.rows("select max(_superseded_at) from raw_crm.deals__superseded") == [
        (day(5),)
    ]


def test_a_time_with_a_zone_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        landing.land_table(
            warehouse.connection,
            SNAPSHOT,
            warehouse.landing_folder,
            datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        )


def test_tables_exist_without_a_file(warehouse: Warehouse) -> None:
    prepare_tables(warehouse.connection, SNAPSHOT)
    assert warehouse.present() == []
    assert superseded(warehouse) == []
    result = warehouse.land(SNAPSHOT)
    assert (result.files, result.errors, result.row_count_total) == ((), (), 0)
