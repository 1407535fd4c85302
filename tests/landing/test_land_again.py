"""Files that land again after a fix: what was rejected lands, what came later stays."""

from datetime import timedelta

import pytest

import orchestration.land_again as command
from orchestration.lib.contracts import TableContract
from orchestration.lib.landing import FileLanding
from orchestration.lib.landing_again import land_again
from orchestration.lib.landing_files import LandingError
from orchestration.lib.landing_ledger import newest_arrival, present_rejected_share
from orchestration.lib.settings import Settings
from tests.landing.tables import Warehouse, day, deals_contract

COLUMNS = (("deal_id", "string"), ("deal_name", "string"), ("amount", "decimal(18,4)"))
HEADER = "deal_id;deal_name;amount\n"


def deals(mode: str, **options: object) -> TableContract:
    return deals_contract(COLUMNS, mode=mode, delimiter=";", maximum_deleted_share=1, **options)


def mended(contract: TableContract) -> TableContract:
    """The same contract with the decimal comma that its files have."""
    options = {"mode": contract.mode, "cursor": contract.cursor, "decimal_separator": ","}
    return deals_contract(COLUMNS, delimiter=";", maximum_deleted_share=1, **options)


def again(
    warehouse: Warehouse, contract: TableContract, source_file: str | None, on_day: int
) -> list[FileLanding]:
    return land_again(
        warehouse.connection, [contract], warehouse.landing_folder, source_file, day(on_day)
    )


def amounts(warehouse: Warehouse) -> list[tuple[str, str, float]]:
    return warehouse.present("deal_id, deal_name, amount::double")


@pytest.mark.parametrize("mode", ["snapshot", "increment"])
@pytest.mark.parametrize("source_file", [None, "crm/deals.csv"])
def test_rejected_rows_land_after_the_contract_was_mended(
    warehouse: Warehouse, mode: str, source_file: str | None
) -> None:
    contract = deals(mode)
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 1)
    assert amounts(warehouse) == [("1", "one", 1)]

    (landing,) = again(warehouse, mended(contract), source_file, on_day=2)

    assert (landing.status, landing.rejected_count) == ("landed", 0)
    assert (landing.versions.new, landing.versions.unchanged) == (1, 1)
    assert amounts(warehouse) == [("1", "one", 1), ("2", "two", 2.5)]
    assert warehouse.known_at(day(1)) == [("1", "one")]
    assert len(warehouse.rejected()) == 1


def test_the_rejected_share_is_that_of_the_last_landing(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n3;three;3,5\n4;four;?\n", 1)
    again(warehouse, mended(contract), None, on_day=2)
    landing = warehouse.land(mended(contract), on_day=3)

    assert landing.files[0].status == "skipped"
    assert present_rejected_share(warehouse.connection, contract, landing) == 1 / 4


def test_landing_again_is_no_arrival(warehouse: Warehouse) -> None:
    contract = deals("increment", rhythm=timedelta(days=1))
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 1)
    again(warehouse, mended(contract), None, on_day=9)
    (warehouse.landing_folder / "crm" / "deals.csv").unlink()
    landing = warehouse.land(contract, on_day=9)

    assert newest_arrival(warehouse.connection, contract, landing, warehouse.landing_folder) == day(
        1
    )


def test_what_a_later_increment_brought_stays(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;old;1\n2;old;2,5\n3;old;3,5\n", 1, "deals_1.csv")
    # Both land on one night: of the same moment, the second file is the later one.
    warehouse.write("deals_2.csv", (HEADER + "1;new;10\n2;new;20\n").encode())
    warehouse.land(contract, on_day=2)

    (landing,) = again(warehouse, mended(contract), "crm/deals_1.csv", on_day=3)

    assert amounts(warehouse) == [("1", "new", 10), ("2", "new", 20), ("3", "old", 3.5)]
    assert (landing.versions.new, landing.versions.overtaken) == (1, 2)
    assert warehouse.rows(
        "select deal_id, deal_name, _landed_at, _superseded_at from raw_crm.deals__superseded"
        " order by all"
    ) == [("1", "old", day(1), day(2)), ("2", "old", day(3), day(3))]


def test_of_two_files_of_one_night_the_second_stays(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.write("deals_1.csv", (HEADER + "1;old;1,5\n2;old;2\n").encode())
    warehouse.write("deals_2.csv", (HEADER + "1;new;10\n").encode())
    warehouse.land(contract)

    again(warehouse, mended(contract), "crm/deals_1.csv", on_day=2)

    assert amounts(warehouse) == [("1", "new", 10), ("2", "old", 2)]


def test_a_file_can_land_again_as_often_as_its_contract_changes(warehouse: Warehouse) -> None:
    contract = deals("increment")
    point = deals_contract(
        COLUMNS, mode="increment", delimiter=";", decimal_separator=".", maximum_deleted_share=1
    )
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,500\n", 1)
    again(warehouse, point, "crm/deals.csv", on_day=2)
    assert amounts(warehouse) == [("1", "one", 1), ("2", "two", 2_500)]

    # A thousands separator it was not: the row of the second landing is its own and gives way.
    again(warehouse, mended(contract), "crm/deals.csv", on_day=3)

    assert amounts(warehouse) == [("1", "one", 1), ("2", "two", 2.5)]


def test_a_cursor_tells_what_is_newer_before_the_order_of_landing_does(
    warehouse: Warehouse,
) -> None:
    contract = deals("increment", cursor="deal_name")
    warehouse.land_text(contract, HEADER + "0;b;0\n1;b;1,5\n2;b;2,5\n3;b;3,5\n", 1, "deals_1.csv")
    warehouse.land_text(contract, HEADER + "1;a;10\n2;b;20\n3;c;30\n", 2, "deals_2.csv")

    again(warehouse, mended(contract), "crm/deals_1.csv", on_day=3)

    assert amounts(warehouse) == [("0", "b", 0), ("1", "b", 1.5), ("2", "b", 20), ("3", "c", 30)]


def test_an_older_snapshot_cannot_land_again(warehouse: Warehouse) -> None:
    contract = deals("snapshot")
    warehouse.land_text(contract, HEADER + "1;old;1\n2;old;2,5\n", 1, "deals_1.csv")
    warehouse.land_text(contract, HEADER + "1;new;1\n2;new;3,5\n", 2, "deals_2.csv")
    before = warehouse.everything()

    with pytest.raises(LandingError, match="crm/deals_2.csv has landed after it"):
        again(warehouse, mended(contract), "crm/deals_1.csv", on_day=3)
    assert warehouse.everything() == before

    (landing,) = again(warehouse, mended(contract), None, on_day=3)
    assert landing.source_file == "crm/deals_2.csv"
    assert amounts(warehouse) == [("1", "new", 1), ("2", "new", 3.5)]


def test_a_snapshot_deletes_when_the_line_that_held_it_back_lands(warehouse: Warehouse) -> None:
    contract = deals("snapshot")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2\n", 1)
    # A line that is not UTF-8 may hold any key.
    warehouse.write("deals.csv", (HEADER + "1;one;1\n3;thr\xe9e;3\n").encode("latin-1"))
    warehouse.land(contract, on_day=2)
    assert warehouse.present() == [("1", "one"), ("2", "two")]
    latin = deals("snapshot", encoding="latin-1")

    (landing,) = again(warehouse, latin, None, on_day=3)

    assert (landing.versions.new, landing.versions.deleted, landing.rejected_count) == (1, 1, 0)
    assert warehouse.present() == [("1", "one"), ("3", "thr\xe9e")]


def test_a_renamed_copy_of_an_increment_lands_again_like_the_first(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 1, "deals_1.csv")
    folder = warehouse.landing_folder / "crm"
    (folder / "deals_1.csv").rename(folder / "deals_2.csv")
    warehouse.land(contract, on_day=2)

    (landing,) = again(warehouse, mended(contract), "crm/deals_2.csv", on_day=3)

    assert (landing.versions.new, landing.versions.unchanged) == (1, 1)


def test_a_corrected_file_lands_by_itself(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 1)
    warehouse.write("deals.csv", (HEADER + "1;one;1\n2;two;2.5\n").encode())

    with pytest.raises(LandingError, match="has not landed as it is now; the next refresh lands"):
        again(warehouse, contract, "crm/deals.csv", on_day=2)
    assert again(warehouse, contract, None, on_day=2) == []

    assert warehouse.land(contract, on_day=2).new_count == 1
    assert amounts(warehouse) == [("1", "one", 1), ("2", "two", 2.5)]


def test_with_a_clock_that_went_back_the_last_landing_is_the_newest(warehouse: Warehouse) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 5)

    again(warehouse, mended(contract), None, on_day=3)

    assert warehouse.rows("select max(landed_at), count(*) from landing.files") == [(day(5), 2)]
    assert len(warehouse.known_at(day(5))) == 2


@pytest.mark.parametrize(
    "name",
    [
        "crm/absent.csv",
        "deals.csv",
        "../landing/crm/deals.csv",
        "crm/../crm/deals.csv",
        "crm/*",
        "",
    ],
)
def test_only_the_name_of_a_file_of_a_table_will_do(warehouse: Warehouse, name: str) -> None:
    contract = deals("snapshot")
    warehouse.land_text(contract, HEADER + "1;one;1\n", 1)

    with pytest.raises(LandingError, match="is no file of a table"):
        again(warehouse, contract, name, on_day=2)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        ([], 0, "1 files landed again, 0 rows are still rejected; the next refresh publishes"),
        (["--file=crm/deals.csv"], 0, "crm.deals: landed crm/deals.csv, 2 rows (1 new"),
        (["--file=crm/absent.csv"], 1, "crm/absent.csv is no file of a table in "),
    ],
)
def test_the_command_says_what_became_of_it(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    exit_code: int,
    sentence: str,
) -> None:
    contract = deals("increment")
    warehouse.land_text(contract, HEADER + "1;one;1\n2;two;2,5\n", 1)
    settings = Settings(warehouse.landing_folder, warehouse.folder / "warehouse", ("crm",))
    monkeypatch.setattr(command, "read_settings", lambda: settings)
    monkeypatch.setattr(command, "read_manifest", lambda settings: {})
    monkeypatch.setattr(command, "read_contracts", lambda manifest: [mended(contract)])
    monkeypatch.setattr("sys.argv", ["land_again", *arguments])

    assert command.main() == exit_code
    assert sentence in capsys.readouterr().out
