"""Bad files: each gives one clear sentence and lands nothing, or lands all but its bad rows."""

import gzip
import os
from pathlib import Path

import pytest

import orchestration.lib.landing as landing
from orchestration.lib.landing_files import LandingFile, fingerprint
from tests.landing.tables import HEADER, Warehouse, day, deals_contract, names_contract

GOOD = b"good,x,1,1,true,2026-01-31,2026-01-01 10:00:00\n"
NUMBER = "not a number (decimal(18,4))"
WHOLE_NUMBER = "not a whole number (bigint)"
DATE = "not a date (YYYY-MM-DD)"
TIMESTAMP = "not a timestamp (YYYY-MM-DD HH:MM:SS, UTC or with an offset)"
BOOLEAN = "not true or false"
KEY = "the key is missing"
QUOTE = "a quote is not closed, or text follows a closing quote"

# Name of the file, its content, what the sentence must say.
REFUSED_FILES = {
    "no bytes": ("deals.csv", b"", "is empty"),
    "blank lines only": ("deals.csv", b"\n  \r\n\n", "is empty"),
    "byte order mark only": ("deals.csv", b"\xef\xbb\xbf", "is empty"),
    "empty gzip": ("deals.csv.gz", gzip.compress(b""), "is empty"),
    "empty JSON": ("deals.jsonl", b"\n\n", "is empty"),
    "one declared column missing": (
        "deals.csv",
        HEADER.replace(b",amount", b",amont"),
        "misses the declared column 'amount'; add them to the export, empty if need be."
        " Is 'amont' meant to be 'amount'?",
    ),
    "several declared columns missing": (
        "deals.csv",
        b"deal_id,amount\n1,2\n",
        "misses the declared columns 'deal_name', 'quantity', 'is_won', 'closed_on', 'changed_at'",
    ),
    "data without header": ("deals.csv", GOOD, "has none of the declared columns in its first"),
    "declared column missing in JSON": (
        "deals.jsonl",
        b'{"deal_id":1,"deal_name":"x"}\n',
        "misses the declared columns 'quantity', 'amount'",
    ),
    "column twice": (
        "deals.csv",
        HEADER.replace(b"\n", b",Amount\n"),
        "more than one column named 'Amount', 'amount'",
    ),
    "column twice in JSON": (
        "deals.jsonl",
        b'{"deal_id":1}\n{"Deal_ID":2}\n',
        "more than one column named 'Deal_ID', 'deal_id'",
    ),
    "column without name": (
        "deals.csv",
        HEADER.replace(b"\n", b",\n"),
        "has no name for column 8 in its header",
    ),
    "column of landing": (
        "deals.csv",
        HEADER.replace(b"\n", b",_Landed_At\n"),
        "has the column '_Landed_At', a name that landing uses itself",
    ),
    "column named rowid": ("deals.csv", HEADER.replace(b"\n", b",rowid\n"), "the column 'rowid'"),
    "header with text after a quote": (
        "deals.csv",
        b'deal_id,"deal_name"s,quantity\n1,x,2\n',
        "has a header in line 1 that cannot be read",
    ),
    "header with open quote": (
        "deals.csv",
        b'deal_id,"deal_name\n1,x\n',
        "has a header in line 2 that cannot be read",
    ),
    "UTF-16": ("deals.csv", HEADER.decode().encode("utf-16"), "is in UTF-16 (line 1)"),
    "Latin-1 header": (
        "deals.csv",
        b"caf\xe9," + HEADER + b"x," + GOOD,
        "is in another encoding (line 1), but utf-8 is declared",
    ),
    "gzip cut short": (
        "deals.csv.gz",
        gzip.compress(HEADER + os.urandom(5_000).hex().encode())[:-2_000],
        "is not a whole gzip file",
    ),
    "gzip with a broken body": (
        "deals.csv.gz",
        gzip.compress(HEADER + GOOD)[:-8] + b"\x00" * 8,
        "is not a whole gzip file",
    ),
    "text named gzip": ("deals.csv.gz", HEADER + GOOD, "is not a whole gzip file"),
    "text named Parquet": ("deals.parquet", HEADER + GOOD, "is not a Parquet file"),
    "Parquet cut short": ("deals.parquet", b"PAR1" + b"\x00" * 100, "is not a Parquet file"),
    "not supported ending": ("deals.xlsx", b"PK", "has no supported ending"),
    "mixed line endings": (
        "deals.csv",
        HEADER.replace(b"\n", b"\r\n") + GOOD + GOOD.replace(b"\n", b"\r\n"),
        "mixes line endings",
    ),
    "carriage returns only": (
        "deals.csv",
        (HEADER + GOOD).replace(b"\n", b"\r"),
        "ends its lines with carriage returns only",
    ),
    "everything rejected": (
        "deals.csv",
        HEADER + GOOD.replace(b"2026-01-31", b"31-01-2026") * 3,
        "has no row that can land; the first problem is: not a date (YYYY-MM-DD)"
        " (column 'closed_on', value '31-01-2026')",
    ),
    "every line broken": (
        "deals.csv",
        HEADER + b"1,2\n1,3\n",
        "has no row that can land; the first problem is: too few columns, only 2",
    ),
    "no JSON object": ("deals.jsonl", b"[1, 2]\n3\n", "has no line that is a JSON object"),
    "no JSON at all": ("deals.jsonl", HEADER + GOOD, "has no line that is a JSON object"),
    "would delete everything": ("deals.csv", HEADER, "would delete 3 of the 3 rows"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_refused_file_gives_one_sentence_and_lands_nothing(
    warehouse: Warehouse, case: str
) -> None:
    name, content, message = REFUSED_FILES[case]
    warehouse.write("deals.csv", HEADER + GOOD + GOOD.replace(b"good", b"2", 1) + b"3,,,,,,\n")
    warehouse.land(deals_contract())
    rows, rejected = warehouse.present("*"), warehouse.rejected()
    assert len(rows) == 3
    path = warehouse.write(name, content)
    result = warehouse.land(deals_contract(), on_day=2)
    (sentence,) = result.errors
    assert message in sentence
    assert sentence.startswith(f"crm/{path.name} ")
    assert "\n" not in sentence
    assert warehouse.present("*") == rows
    assert warehouse.rejected() == rejected
    assert warehouse.rows(
        "select source_file, row_count from landing.files"
        " where status = 'failed' and error_message = $sentence and landed_at = $landed_at",
        {"sentence": sentence, "landed_at": day(2)},
    ) == [(f"crm/{path.name}", 0)]


def refuse(text: str, column: str, reason: str, value: str | None = None) -> tuple[bytes, list]:
    """A file with a good row and one with `text` in `column`."""
    names = HEADER.decode().strip().split(",")
    cells = GOOD.decode().strip().split(",")
    cells[0] = "bad"
    cells[names.index(column)] = text
    content = HEADER + GOOD + ",".join(cells).encode() + b"\n"
    return content, [(3, column, text if value is None else value, reason)]


# Content of the file, and the rejected rows: line, column, value, reason.
REJECTED_ROWS = {
    "text for a number": refuse("twelve", "amount", NUMBER),
    "fraction for a whole number": refuse("12.7", "quantity", WHOLE_NUMBER),
    "scientific whole number": refuse("1e3", "quantity", WHOLE_NUMBER),
    "hexadecimal number": refuse("0x1F", "quantity", WHOLE_NUMBER),
    "number with underscore": refuse("1_000", "quantity", WHOLE_NUMBER),
    "too large whole number": refuse("9223372036854775808", "quantity", WHOLE_NUMBER),
    "thousands separator": refuse('"1,000.5"', "amount", NUMBER, "1,000.5"),
    "decimal comma": refuse('"12,5"', "amount", NUMBER, "12,5"),
    "currency sign": refuse("\u20ac12", "amount", NUMBER),
    "not a number": refuse("NaN", "amount", NUMBER),
    "infinity": refuse("-inf", "amount", NUMBER),
    "too large decimal": refuse("123456789012345", "amount", NUMBER),
    "day before month": refuse("31/01/2026", "closed_on", DATE),
    "day that does not exist": refuse("2026-02-30", "closed_on", DATE),
    "time on a date": refuse("2026-01-31 10:00:00", "closed_on", DATE),
    "epoch for a date": refuse("epoch", "closed_on", DATE),
    "zero date": refuse("0000-00-00", "closed_on", DATE),
    "hour that does not exist": refuse("2026-01-01 25:00:00", "changed_at", TIMESTAMP),
    "time zone by name": refuse("2026-01-01 10:00:00 Europe/Paris", "changed_at", TIMESTAMP),
    "number for a timestamp": refuse("1767261600", "changed_at", TIMESTAMP),
    "infinite timestamp": refuse("infinity", "changed_at", TIMESTAMP),
    "word for a boolean": refuse("maybe", "is_won", BOOLEAN),
    "number for a boolean": refuse("2", "is_won", BOOLEAN),
    "line feed in a bad value": refuse('"a\nb"', "quantity", WHOLE_NUMBER, "a\nb"),
    "no key": (HEADER + GOOD + b",x,,,,,\n", [(3, "deal_id", None, KEY)]),
    "blank key": (HEADER + GOOD + b'"  ",x,,,,,\n', [(3, "deal_id", "  ", KEY)]),
    "only delimiters": (HEADER + GOOD + b",,,,,,\n", [(3, "deal_id", None, KEY)]),
    "several bad cells": (
        HEADER + GOOD + b",x,a,b,true,,\n",
        [
            (3, "amount", "b", NUMBER),
            (3, "deal_id", None, KEY),
            (3, "quantity", "a", WHOLE_NUMBER),
        ],
    ),
    "too few columns": (HEADER + b"1,2,3\n" + GOOD, [(2, None, None, "too few columns, only 3")]),
    "too many columns": (
        HEADER + b"1,x,1,1,true,,,extra\n" + GOOD,
        [(2, None, None, "too many columns, 8 at least")],
    ),
    "quote that does not close": (
        HEADER + GOOD + b'1,"open,1,1,true,,\n2,x,1,1,true,,\n',
        [(3, None, None, QUOTE)],
    ),
    "text after a quote": (
        HEADER + b'1,"x"y,1,1,true,,\n' + GOOD,
        [(2, None, None, QUOTE)],
    ),
    "byte that is not UTF-8": (
        HEADER + b"1,caf\xe9,1,1,true,,\n" + GOOD,
        [(2, None, None, "not valid utf-8")],
    ),
    "bad rows around blank lines": (
        b"\n" + HEADER + b"\n1,,a,,,,\n\n\n2,,b,,,,\n3,4\n\n4,,c,,,,\n" + GOOD + b"\n",
        [
            (4, "quantity", "a", WHOLE_NUMBER),
            (7, "quantity", "b", WHOLE_NUMBER),
            (8, None, None, "too few columns, only 2"),
            (10, "quantity", "c", WHOLE_NUMBER),
        ],
    ),
    "bad rows after values with blank lines": (
        HEADER + b'1,"a\n\nb",1,,,,\n\n2,,b,,,,\n3,"c\n\n\nd"\n4,,c,,,,\n' + GOOD,
        [
            (6, "quantity", "b", WHOLE_NUMBER),
            (7, None, None, "too few columns, only 2"),
            (11, "quantity", "c", WHOLE_NUMBER),
        ],
    ),
    "header of two lines, Windows line endings": (
        HEADER.replace(b"\n", b',"a\nb"\n').replace(b"\n", b"\r\n")
        + b"1,,a,,,,,\r\n\r\n2,,b,,,,,\r\n3,3\r\n4,,1,,,,,\r\n",
        [
            (3, "quantity", "a", WHOLE_NUMBER),
            (5, "quantity", "b", WHOLE_NUMBER),
            (6, None, None, "too few columns, only 2"),
        ],
    ),
}


@pytest.mark.parametrize("case", REJECTED_ROWS)
@pytest.mark.parametrize("is_compressed", [False, True])
def test_rejected_rows_are_kept_and_the_others_land(
    warehouse: Warehouse, case: str, is_compressed: bool
) -> None:
    content, expected = REJECTED_ROWS[case]
    if is_compressed:
        warehouse.write("deals.csv.gz", gzip.compress(content))
    else:
        warehouse.write("deals.csv", content)
    result = warehouse.land(deals_contract())
    assert result.errors == ()
    assert warehouse.rejected() == expected
    assert len(warehouse.present()) == result.row_count - result.rejected_count > 0


JSON_ROWS = b'{"deal_id": "1", "deal_name": "x", "quantity": 1}\n'
REJECTED_JSON = {
    "broken line": (b'{"deal_id": "2"\n', [(2, None, None, "not valid JSON")]),
    "array": (b'["2"]\n', [(2, None, None, "not a JSON object")]),
    "two objects on a line": (
        b'{"deal_id":2} {"deal_id":3}\n',
        [(2, None, None, "not valid JSON")],
    ),
    "no key": (b'\n{"deal_name": "x"}\n', [(3, "deal_id", None, KEY)]),
    "null key": (b'{"deal_id": null}\n', [(2, "deal_id", None, KEY)]),
    "fraction": (b'{"deal_id":2,"quantity":1.5}\n', [(2, "quantity", "1.5", WHOLE_NUMBER)]),
    "nested value": (
        b'{"deal_id":2,"quantity":{"a":1}}\n',
        [(2, "quantity", '{"a":1}', WHOLE_NUMBER)],
    ),
    "not UTF-8": (b'\r\n{"deal_id":"\xff"}\n', [(3, None, None, "not valid utf-8")]),
}


@pytest.mark.parametrize("case", REJECTED_JSON)
def test_rejected_lines_of_json(warehouse: Warehouse, case: str) -> None:
    lines, expected = REJECTED_JSON[case]
    columns = (("deal_id", "string"), ("deal_name", "string"), ("quantity", "bigint"))
    warehouse.write("deals.jsonl", JSON_ROWS + lines + JSON_ROWS.replace(b'"1"', b'"9"'))
    result = warehouse.land(deals_contract(columns))
    assert (result.errors, result.rejected_count) == ((), 1)
    assert warehouse.rejected() == expected
    assert [row[0] for row in warehouse.present()] == ["1", "9"]


def test_a_rejected_row_is_kept_whole_and_lands_when_it_is_mended(warehouse: Warehouse) -> None:
    columns = (("deal_id", "string"), ("deal_name", "string"), ("quantity", "bigint"))
    contract = deals_contract(columns)
    header = "deal_id,deal_name,quantity\n"
    first = warehouse.land_text(contract, header + '1,x,1\n2,"a, b",many\n3,y\n')
    assert (first.row_count, first.rejected_count, first.rejected_share) == (3, 2, 2 / 3)
    assert warehouse.rows(
        "select source_file, row_text, landing_id = ?, rejected_at from landing.rejected_rows"
        " order by line_number",
        [first.files[0].landing_id],
    ) == [
        ("crm/deals.csv", '{"deal_id":"2","deal_name":"a, b","quantity":"many"}', True, day(1)),
        ("crm/deals.csv", "3,y", True, day(1)),
    ]
    mended = warehouse.land_text(contract, header + '1,x,1\n2,"a, b",2\n3,y,3\n', 2)
    assert (mended.new_count, mended.rejected_count) == (2, 0)
    assert len(warehouse.rejected()) == 2


def test_lines_that_an_open_quote_swallows_count_as_rejected(warehouse: Warehouse) -> None:
    result = warehouse.land_text(names_contract(), 'deal_id,deal_name\n1,x\n2,"y\n3,z\n4,z\n')
    assert (result.row_count, result.rejected_count) == (4, 3)
    assert len(warehouse.rejected()) == 1


def test_an_absent_file_is_named(warehouse: Warehouse) -> None:
    link = warehouse.landing_folder / "crm" / "deals.csv"
    link.symlink_to(link.with_name("absent.csv"))
    (sentence,) = warehouse.land(deals_contract()).errors
    assert "crm/deals.csv cannot be read (No such file or directory)" in sentence


def test_a_file_without_permission_is_named(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.write("deals.csv", HEADER + GOOD)
    original = Path.open

    def refuse_deals(path: Path, *arguments: object, **options: object) -> object:
        if path.name == "deals.csv":
            raise PermissionError(13, "Permission denied")
        return original(path, *arguments, **options)

    # A test may run as a user who may read everything, so the refusal is played.
    monkeypatch.setattr(Path, "open", refuse_deals)
    (sentence,) = warehouse.land(deals_contract()).errors
    assert "crm/deals.csv cannot be read (Permission denied)" in sentence


def test_a_link_out_of_the_landing_folder_is_refused(warehouse: Warehouse) -> None:
    outside = warehouse.folder / "outside.csv"
    outside.write_bytes(HEADER + GOOD)
    (warehouse.landing_folder / "crm" / "deals.csv").symlink_to(outside)
    (sentence,) = warehouse.land(deals_contract()).errors
    assert "crm/deals.csv is a link that leads out of the landing folder" in sentence


def test_a_file_that_changes_while_it_is_read_is_refused(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = warehouse.write("deals.csv", HEADER + GOOD)

    def fingerprint_and_append(file: LandingFile) -> object:
        result = fingerprint(file)
        path.write_bytes(HEADER + GOOD + GOOD.replace(b"good", b"late", 1))
        return result

    monkeypatch.setattr(landing, "fingerprint", fingerprint_and_append)
    (sentence,) = warehouse.land(deals_contract()).errors
    assert "crm/deals.csv changed while it was read" in sentence
    assert warehouse.present() == []
    monkeypatch.undo()
    assert warehouse.land(deals_contract(), on_day=2).row_count_total == 2


def test_other_files_go_on_after_a_bad_one(warehouse: Warehouse) -> None:
    warehouse.write("deals_1.csv", b"")
    warehouse.write("deals_2.csv", HEADER + GOOD)
    warehouse.write("deals_3.csv", b"deal_id\n1\n")
    result = warehouse.land(deals_contract())
    assert [file.status for file in result.files] == ["failed", "landed", "failed"]
    assert (len(result.errors), result.row_count_total) == (2, 1)
    assert any("landed crm/deals_2.csv, 1 rows" in message for message in warehouse.messages)


def test_a_failed_file_is_tried_again(warehouse: Warehouse) -> None:
    warehouse.write("deals.csv", b"deal_id\n1\n")
    assert warehouse.land(deals_contract()).errors
    assert warehouse.land(deals_contract(), on_day=2).errors
    assert warehouse.rows("select count(*) from landing.files where status = 'failed'") == [(2,)]
