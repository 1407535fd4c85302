"""Names and values from outside that look like SQL, patterns, options or ways out of a folder."""

import os
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.lib.contracts import ColumnContract, TableContract
from orchestration.lib.landing_again import land_again
from orchestration.lib.landing_ledger import landed_rows_by_day, present_rejected_share
from tests.landing.tables import Warehouse, day, names_contract

NAMES = b"deal_id,deal_name\n"
SQL = "'; drop schema landing cascade; --"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("-deals.csv", "-deals.csv"),
        ("--deals=1 -rf.csv", "--deals=1 -rf.csv"),
        ("..deals...csv", "..deals...csv"),
        ("deals\\..\\..\\x.csv", "deals\\..\\..\\x.csv"),
        ("deals*.csv", "deals*.csv"),
        ("~deals$HOME`id`.csv", "~deals$HOME`id`.csv"),
        (f'deals"{SQL}.csv', f'deals"{SQL}.csv'),
        ("deals\nall is well\x1b[2J.csv", "deals\\nall is well\\x1b[2J.csv"),
        (os.fsdecode(b"deals\xff.csv"), "deals\\udcff.csv"),
    ],
)
def test_a_file_lands_whatever_its_name(warehouse: Warehouse, name: str, printed: str) -> None:
    contract = names_contract(files="*deals*", mode="increment")
    warehouse.write("deals1.csv", NAMES + b"1,decoy\n")
    warehouse.land(contract)
    warehouse.write(name, NAMES + b"1,one\n")

    result = warehouse.land(contract, on_day=2)

    assert result.errors == ()
    assert warehouse.present("deal_name, _source_file") == [("one", f"crm/{printed}")]
    assert all(message.isprintable() for message in warehouse.messages)
    (again,) = land_again(
        warehouse.connection, [contract], warehouse.landing_folder, f"crm/{printed}", day(3)
    )
    assert again.versions.unchanged == 1


def test_a_refused_file_cannot_add_a_line_to_the_log(warehouse: Warehouse) -> None:
    warehouse.write("deals\nThe refresh succeeded.csv", b"")

    (sentence,) = warehouse.land(names_contract()).errors

    assert sentence.startswith("crm/deals\\nThe refresh succeeded.csv is empty")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside.csv", "../outside_folder/x.csv"])
def test_a_link_does_not_lead_out_of_the_landing_folder(warehouse: Warehouse, target: str) -> None:
    (warehouse.folder / "outside.csv").write_bytes(NAMES + b"1,secret\n")
    outside_folder = warehouse.folder / "outside_folder"
    outside_folder.mkdir()
    (outside_folder / "x.csv").write_bytes(NAMES + b"1,secret\n")
    (warehouse.landing_folder / "outside_folder").symlink_to(outside_folder)
    (warehouse.landing_folder / "crm" / "deals.csv").symlink_to(target)

    (sentence,) = warehouse.land(names_contract()).errors

    assert "crm/deals.csv is a link that leads out of the landing folder" in sentence
    assert warehouse.present() == []


def test_a_folder_that_is_a_link_does_not_lead_out_of_the_landing_folder(
    warehouse: Warehouse,
) -> None:
    outside_folder = warehouse.folder / "outside_folder"
    outside_folder.mkdir()
    (outside_folder / "deals.csv").write_bytes(NAMES + b"1,secret\n")
    (warehouse.landing_folder / "crm" / "inside").symlink_to(outside_folder)

    (sentence,) = warehouse.land(names_contract(files="*/deals*")).errors

    assert "crm/inside/deals.csv is a link that leads out of the landing folder" in sentence
    assert warehouse.present() == []


def test_a_pipe_is_not_waited_for(warehouse: Warehouse) -> None:
    os.mkfifo(warehouse.landing_folder / "crm" / "deals.csv")

    (sentence,) = warehouse.land(names_contract()).errors

    assert sentence == "crm/deals.csv is no file of data; put a file in its place."


def test_declared_names_may_hold_sql(warehouse: Warehouse) -> None:
    """Every statement of landing, on a table whose source, name, columns and key are hostile."""
    key, text, number = f'key"{SQL}', f"text{SQL}", f'number"){SQL}'
    contract = TableContract(
        source_name="crm",
        table_name=f'deals"{SQL}',
        schema_name=f'raw"{SQL}',
        description=SQL,
        files="deals*",
        mode="snapshot",
        key=(key,),
        columns=(
            ColumnContract(key, "string", "VARCHAR"),
            ColumnContract(text, "string", "VARCHAR"),
            ColumnContract(number, "bigint", "BIGINT"),
        ),
        maximum_deleted_share=1,
    )
    header = ",".join('"' + name.replace('"', '""') + '"' for name in (key, text, number))

    def land(on_day: int, *rows: str) -> None:
        warehouse.write("deals.csv", "\n".join([header, *rows, ""]).encode())
        landing = warehouse.land(contract, on_day)
        assert landing.errors == ()
        present_rejected_share(warehouse.connection, contract, landing)

    land(1, f"1,{SQL},1", f"2,{SQL},2", f"2,{SQL},3")
    land(2, f"1,{SQL} changed,1", f"{SQL},x,{SQL}", f"4,{SQL}")
    land_again(warehouse.connection, [contract], warehouse.landing_folder, None, day(3))
    as_increment = replace(contract, mode="increment", cursor=number)
    warehouse.write("deals_2.csv", f"{header}\n1,older,0\n".encode())
    warehouse.land(as_increment, on_day=4)

    table = '"' + contract.schema_name.replace('"', '""') + '".'
    table += '"' + contract.table_name.replace('"', '""') + '"'
    assert warehouse.rows(f"select #1, #2, #3 from {table} order by all") == [
        ("1", f"{SQL} changed", 1),
        ("2", SQL, 3),
    ]
    assert landed_rows_by_day(warehouse.connection, contract, ZoneInfo("UTC"))
    assert warehouse.rejected()[0] == (3, number, SQL, "not a whole number (bigint)")


def test_the_landing_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / f"[a]*{SQL.replace('/', '')}"
    warehouse = Warehouse(folder)
    warehouse.land_text(names_contract(), "deal_id,deal_name\n1,one\n")

    assert warehouse.present() == [("1", "one")]
    warehouse.connection.close()
