"""Every format that can be read, and what becomes of types, columns and hostile names."""

import gzip
import hashlib
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.landing.tables import HEADER, Warehouse, day, deals_contract, names_contract

NAMES = names_contract()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deals.csv", b"deal_id,deal_name\n1,Caf\xc3\xa9\n2,\n"),
        ("deals.csv", b"deal_id;deal_name\n1;Caf\xc3\xa9\n2;\n"),
        ("deals.csv", b"deal_id\tdeal_name\n1\tCaf\xc3\xa9\n2\t\n"),
        ("deals.tsv", b"deal_id\tdeal_name\n1\tCaf\xc3\xa9\n2\t\n"),
        ("deals.TXT", b"deal_id;deal_name\n1;Caf\xc3\xa9\n2;\n"),
        ("deals.csv", b"\xef\xbb\xbfdeal_id,deal_name\n1,Caf\xc3\xa9\n2,\n"),
        ("deals.csv", b'deal_id,deal_name\r\n1,"Caf\xc3\xa9"\r\n2,""\r\n'),
        ("deals.csv", b"deal_id,deal_name\n1,Caf\xc3\xa9\n2,"),
        ("deals.csv", b'"deal_id","deal_name"\n"1","Caf\xc3\xa9"\n"2",""\n'),
        ("deals.csv", b'"deal_id";"deal_name"\n"1";"Caf\xc3\xa9"\n"2";""\n'),
        ("deals.csv", b"\n\nDEAL_NAME, Deal_ID\n\nCaf\xc3\xa9,1\n,2\n\n"),
        ("deals.csv.gz", gzip.compress(b"deal_id,deal_name\n1,Caf\xc3\xa9\n2,\n", mtime=0)),
        ("deals.jsonl", b'{"deal_id":"1","deal_name":"Caf\xc3\xa9"}\n{"deal_id":2}\n'),
        ("deals.ndjson", b'{"deal_id":1,"deal_name":"Caf\\u00e9"}\r\n\r\n{"deal_id":"2"}'),
        (
            "deals.jsonl.gz",
            gzip.compress(b'{"deal_name":"Caf\xc3\xa9","deal_id":1}\n{"deal_id":2}', mtime=0),
        ),
    ],
)
def test_formats_land_the_same_rows(warehouse: Warehouse, name: str, content: bytes) -> None:
    warehouse.write(name, content)
    result = warehouse.land(NAMES)
    assert (result.errors, result.rejected_count) == ((), 0)
    assert warehouse.present() == [("1", "Café"), ("2", None)]


def test_latin_1_lands_when_declared(warehouse: Warehouse) -> None:
    contract = deals_contract(
        (("deal_id", "string"), ("naïef", "string"), ("amount", "bigint")), encoding="latin-1"
    )
    text = "deal_id;naïef;amount\n1;Café;x\n2;é;2\n3;é\n"
    warehouse.write("deals.csv", text.encode("latin-1"))
    warehouse.land(contract)
    assert warehouse.present('deal_id, "naïef", amount') == [("2", "é", 2)]
    assert [row[:3] for row in warehouse.rejected()] == [(2, "amount", "x"), (4, None, None)]


def test_a_declared_delimiter_wins(warehouse: Warehouse) -> None:
    contract = deals_contract((("deal_id", "string"),), delimiter=";")
    warehouse.write("deals.csv", b"deal_id;a,b,c\n1;x,y,z\n")
    warehouse.land(contract)
    assert warehouse.present('deal_id, "a,b,c"') == [("1", "x,y,z")]


def test_quoted_values_hold_anything(warehouse: Warehouse) -> None:
    warehouse.write("deals.csv", b'deal_id,deal_name\n1,"a ""quoted""\nsecond, line"\n2,5" pipe\n')
    warehouse.land(NAMES)
    assert warehouse.present() == [("1", 'a "quoted"\nsecond, line'), ("2", '5" pipe')]


def test_typed_values(warehouse: Warehouse) -> None:
    rows = (
        b"1,x,12,1.5,true,2026-01-31,2026-01-01 10:00:00\n"
        b"2,x,-3,-0.00005,No,2026-01-31 00:00:00,2026-01-01T10:00:00+02:00\n"
        b"3,x,12.0,1e2,1,2026-01-31,2026-01-01T10:00:00.123456Z\n"
        b"4,x, 7 ,.5,F,,2026-01-01T23:30:00-0130\n"
        b"5,x,,,,,2026-01-01\n"
        b"6,x,+1,12.34565,y,2024-02-29,2026-01-01 10:00:00 UTC\n"
    )
    warehouse.write("deals.csv", HEADER + rows)
    result = warehouse.land(deals_contract())
    assert result.rejected_count == 0
    time = "strftime(changed_at, '%d %H:%M:%S.%f')"
    columns = f"deal_id, quantity, amount, is_won, closed_on::varchar, {time}"
    assert warehouse.present(columns) == [
        ("1", 12, Decimal("1.5"), True, "2026-01-31", "01 10:00:00.000000"),
        ("2", -3, Decimal("-0.0001"), False, "2026-01-31", "01 08:00:00.000000"),
        ("3", 12, Decimal("100"), True, "2026-01-31", "01 10:00:00.123456"),
        ("4", 7, Decimal("0.5"), False, None, "02 01:00:00.000000"),
        ("5", None, None, None, None, "01 00:00:00.000000"),
        ("6", 1, Decimal("12.3457"), True, "2024-02-29", "01 10:00:00.000000"),
    ]


@pytest.mark.parametrize(
    ("separator", "text", "amount"),
    [
        (",", "1.234.567,89", Decimal("1234567.89")),
        (",", "12,5", Decimal("12.5")),
        (",", "1.234", Decimal("1234")),
        (",", "1.5", None),
        (",", "1,234,5", None),
        (".", "1,234,567.89", Decimal("1234567.89")),
        (".", "12,5", None),
        (None, "1,234.5", None),
        (None, "12,5", None),
    ],
)
def test_decimal_separators(
    warehouse: Warehouse, separator: str | None, text: str, amount: Decimal | None
) -> None:
    contract = deals_contract(
        (("deal_id", "string"), ("amount", "decimal(18,4)")), decimal_separator=separator
    )
    warehouse.write("deals.csv", f"deal_id;amount\n1;{text}\n2;1\n".encode())
    result = warehouse.land(contract)
    landed = dict(warehouse.present("deal_id, amount"))
    assert landed.get("1") == amount
    assert result.rejected_count == (amount is None)


@pytest.mark.parametrize("session_zone", ["UTC", "America/New_York"])
def test_timestamps_do_not_depend_on_the_session(warehouse: Warehouse, session_zone: str) -> None:
    warehouse.connection.execute(f"set TimeZone = '{session_zone}'")
    contract = deals_contract((("deal_id", "string"), ("changed_at", "timestamp")))
    rows = b"1,2026-07-01 10:00:00\n2,2026-07-01 10:00:00+02:00\n"
    warehouse.write("deals.csv", b"deal_id,changed_at\n" + rows)
    warehouse.land(contract)
    assert warehouse.present("changed_at::varchar") == [
        ("2026-07-01 08:00:00",),
        ("2026-07-01 10:00:00",),
    ]


def write_parquet(path: Path, query: str) -> None:
    duckdb.connect().execute(f"copy ({query}) to '{path}' (format parquet)")


def test_parquet(warehouse: Warehouse) -> None:
    path = warehouse.landing_folder / "crm" / "deals.parquet"
    write_parquet(
        path,
        "select 1 as deal_id, 'Café' as deal_name, 12.7::double as quantity,"
        " 1.25::decimal(9,2) as amount, true as is_won, date '2026-01-31' as closed_on,"
        " timestamptz '2026-01-01 10:00:00+02' as changed_at, [1, 2] as tags"
        " union all by name select 2 as deal_id, 12::double as quantity, 'NaN'::double as extra"
        " union all by name select 3 as deal_id, 13::double as quantity,"
        " timestamptz '2026-01-01 10:00:00+02' as changed_at, 1.25::decimal(9,2) as amount",
    )
    result = warehouse.land(deals_contract())
    assert result.row_count == 3
    assert warehouse.rejected() == [
        (1, "quantity", "12.7", "not a whole number (bigint)"),
    ]
    assert warehouse.present("deal_id, quantity, amount, changed_at::varchar, extra") == [
        ("2", 12, None, None, "nan"),
        ("3", 13, Decimal("1.25"), "2026-01-01 08:00:00", None),
    ]


def test_unknown_columns_are_kept_as_text(warehouse: Warehouse) -> None:
    warehouse.write("deals.csv", b"deal_id,deal_name,Score,note\n1,one,007,\n")
    warehouse.land(NAMES)
    before = warehouse.present("deal_id, deal_name, _row_hash, _landed_at")
    warehouse.write("deals.csv", b"note,deal_id,deal_name\nhello,2,two\n,1,one\n")
    result = warehouse.land(NAMES, on_day=2)
    assert (result.new_count, result.changed_count) == (1, 1)
    assert warehouse.present("deal_id, Score, note") == [("1", None, None), ("2", None, "hello")]
    assert warehouse.rows("select Score from raw_crm.deals__superseded") == [("007",)]
    assert before[0][3] == day(1)


def test_an_added_column_leaves_unchanged_rows_alone(warehouse: Warehouse) -> None:
    warehouse.write("deals.csv", b"deal_id,deal_name\n1,one\n2,two\n")
    warehouse.land(NAMES)
    wider = deals_contract((("deal_id", "string"), ("deal_name", "string"), ("amount", "bigint")))
    warehouse.write("deals.csv", b"deal_id,amount,deal_name\n1,,one\n2,5,two\n")
    result = warehouse.land(wider, on_day=2)
    assert (result.unchanged_count, result.changed_count) == (1, 1)
    assert warehouse.present("deal_id, amount, _landed_at") == [
        ("1", None, day(1)),
        ("2", 5, day(2)),
    ]


def test_a_changed_type_is_named_and_nothing_lands(warehouse: Warehouse) -> None:
    warehouse.land_text(NAMES, "deal_id,deal_name\n1,one\n")
    before = warehouse.everything()
    changed = deals_contract((("deal_id", "string"), ("deal_name", "bigint")))
    result = warehouse.land_text(changed, "deal_id,deal_name\n1,2\n", 2)
    assert (
        "'deal_name' of crm.deals is declared as bigint but has landed as varchar"
        in (result.errors[0])
    )
    assert warehouse.everything() == before


@pytest.mark.parametrize(
    "name",
    [
        "deals'; drop table x; --.csv",
        'deals".csv',
        "deals[1]*.csv",
        "deals {a,b}?.csv",
        "dealsé.csv",
    ],
)
def test_hostile_file_names(warehouse: Warehouse, name: str) -> None:
    warehouse.write("deals1.csv", b"deal_id,deal_name\n1,decoy\n")
    warehouse.land(NAMES)
    warehouse.write(name, b"deal_id,deal_name\n1,one\n")
    warehouse.land(NAMES, on_day=2)
    assert warehouse.present("deal_id, deal_name, _source_file") == [("1", "one", f"crm/{name}")]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_hostile_column_names_and_values(warehouse: Warehouse, ending: str) -> None:
    columns = ["a'b", 'a"b', "a;drop table deals", "select", "é{}[]?", "a=b", "value_0", "line"]
    texts = ["'; drop table x; --", '"', "\x1f", "{}", "%s", "é", "\\", "$1"]
    source = duckdb.connect()
    pairs = ", ".join(f"""? as "{column.replace('"', '""')}" """ for column in columns)
    source.execute(
        f"create table rows as select '1' as deal_id, 'one' as deal_name, {pairs}", texts
    )
    path = warehouse.landing_folder / "crm" / f"deals.{ending}"
    options = {"csv": "header", "jsonl": "format json", "parquet": "format parquet"}[ending]
    source.execute(f"copy rows to '{path}' ({options})")
    result = warehouse.land(NAMES)
    assert (result.errors, result.rejected_count) == ((), 0)
    quoted = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    assert warehouse.present(quoted) == [tuple(texts)]


def test_values_cannot_pass_for_other_values(warehouse: Warehouse) -> None:
    contract = deals_contract((("deal_id", "string"), ("a", "string"), ("b", "string")))
    warehouse.land_text(contract, "deal_id,a,b\n1,x,\n2,1\x1fb=y,\n")
    result = warehouse.land_text(contract, "deal_id,a,b\n1,,x\n2,1,y\n", 2)
    assert result.changed_count == 2


def test_the_row_hash_does_not_move(warehouse: Warehouse) -> None:
    """Written down so that another DuckDB version that hashes differently is noticed."""
    warehouse.write("deals.csv", HEADER + b"1,x,12,1.5,yes,2026-01-31,2026-01-01T10:00:00Z\n")
    warehouse.land(deals_contract())
    text = "\x1f".join(
        [
            "amount=1.5000",
            "changed_at=2026-01-01 10:00:00",
            "closed_on=2026-01-31",
            "deal_id=1",
            "deal_name=x",
            "is_won=true",
            "quantity=12",
        ]
    )
    assert warehouse.present("_row_hash") == [(hashlib.md5(text.encode()).hexdigest(),)]


def test_line_numbers_in_a_file_read_by_several_threads(warehouse: Warehouse) -> None:
    """Rows keep the order of the file, and lines are right after quotes and blank lines."""
    lines = [f'{number},"some text\nin two lines",{number}' for number in range(300_000)]
    lines[200_000] = '200000,"some text\nin two lines",many'
    lines[250_000] = "250000,too,many,columns"
    lines[299_990] = "299990,text,7.5"
    contract = deals_contract(
        (("deal_id", "string"), ("deal_name", "string"), ("quantity", "bigint"))
    )
    warehouse.land_text(contract, "deal_id,deal_name,quantity\n\n" + "\n".join(lines))
    # The header, a blank line, and two lines for each row before, one for the short row 250,000.
    assert [row[:3] for row in warehouse.rejected()] == [
        (400_003, "quantity", "many"),
        (500_003, None, None),
        (599_982, "quantity", "7.5"),
    ]
