"""Exports of closed periods: what is in them, what spreadsheets make of it, what a crash leaves."""

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from orchestration.defs import closing
from orchestration.defs.resources import RefreshLock
from orchestration.lib import exports
from orchestration.lib.exports import ExportError, export_closes, period_name
from orchestration.lib.landing import open_raw
from orchestration.lib.publication_tables import create_tables

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
HOSTILE_SLICES = [
    '=HYPERLINK("http://example.com","look")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "http://example.com",
    'harmless, "quoted"\nand long',
]
FILES = {
    f"{table}.{suffix}"
    for table in ("scorecard", "kpi_values")
    for suffix in ("csv", "xlsx", "parquet")
}
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Warehouse:
    """A raw file with closes, and a published file with one KPI of February and March."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.raw_file = folder / "raw.duckdb"
        self.published_file = folder / "published.duckdb"
        self.exports_folder = folder / "exports"
        with open_raw(self.raw_file) as connection:
            create_tables(connection)
        with duckdb.connect(self.published_file) as connection:
            connection.execute(
                """
                create schema reporting;
                create table reporting.publication as
                    select
                        'this' as publish_id, timestamp '2026-04-01 03:30:00' as published_at,
                        date '2026-03-31' as as_of_date;
                create schema core;
                create table core.periods as
                    select 'month' as period_grain, first_day as period_start_date,
                        last_day(first_day) as period_end_date
                    from (values (date '2026-02-01'), (date '2026-03-01'), (date '2026-04-01'))
                        as months (first_day);
                create table reporting.kpi_catalog as
                    select
                        'win_rate' as kpi, 1 as version, 'Win rate' as label_english,
                        'Scoringskans' as label_dutch, 'fraction' as unit, '0.0%' as format;
                create table reporting.kpi_values (
                    kpi varchar, version integer, period_grain varchar, period_start_date date,
                    is_complete boolean, dimension varchar, dimension_value varchar,
                    numerator double, kpi_value double
                );
                create table reporting.kpi_scorecard (
                    kpi varchar, version integer, period_grain varchar, period_start_date date,
                    dimension varchar, dimension_value varchar, kpi_value double,
                    attainment double
                );
                """
            )
            for month in (FEBRUARY, MARCH):
                self._add(connection, month, "total", "(all)")
            for slice_value in HOSTILE_SLICES:
                self._add(connection, MARCH, "campaign", slice_value)
            self._add(connection, MARCH, "rep", "Ann Example")
            self._add(connection, MARCH, "team", "Team of Ben Example")

    @staticmethod
    def _add(
        connection: duckdb.DuckDBPyConnection, month: date, dimension: str, slice_value: str
    ) -> None:
        connection.execute(
            "insert into reporting.kpi_values"
            " values ('win_rate', 1, 'month', ?, true, ?, ?, -3, 0.25)",
            [month, dimension, slice_value],
        )
        connection.execute(
            "insert into reporting.kpi_scorecard"
            " values ('win_rate', 1, 'month', ?, ?, ?, 0.25, 1.5)",
            [month, dimension, slice_value],
        )

    def close(self, month: date, publish_id: str = "this", grain: str = "month") -> None:
        with open_raw(self.raw_file) as connection:
            connection.execute(
                "insert into reporting.period_closes values (?, ?, ?, ?, ?, ?)",
                [grain, month, month, publish_id, month, datetime(2026, 4, 1)],
            )

    def export(self) -> list[str]:
        folders = export_closes(self.raw_file, self.published_file, self.exports_folder, "month")
        return [str(folder.relative_to(self.exports_folder)) for folder in folders]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


@pytest.fixture(scope="module")
def closed_march(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """March, closed and exported."""
    warehouse = Warehouse(tmp_path_factory.mktemp("exports"))
    warehouse.close(MARCH)
    assert warehouse.export() == ["month/2026-03"]
    return warehouse


@pytest.fixture
def march(closed_march: Warehouse) -> Path:
    """The folder of the export."""
    return closed_march.exports_folder / "month" / "2026-03"


def read_sheet(file: Path) -> Iterator[dict[str, tuple[str, str, str]]]:
    """Per row the cells by column: kind, text and number format, from the XML itself."""
    with zipfile.ZipFile(file) as archive:
        sheet, strings, styles = (
            ElementTree.fromstring(archive.read(f"xl/{name}.xml"))
            for name in ("worksheets/sheet1", "sharedStrings", "styles")
        )
    assert not list(sheet.iter(f"{_SHEET}f")), "a formula"
    assert not list(sheet.iter(f"{_SHEET}hyperlink")), "a link"
    texts = ["".join(item.itertext()) for item in strings]
    own_formats = {
        item.get("numFmtId"): item.get("formatCode") for item in styles.iter(f"{_SHEET}numFmt")
    }
    formats = [
        own_formats.get(item.get("numFmtId"), item.get("numFmtId"))
        for item in styles.find(f"{_SHEET}cellXfs")
    ]
    names: list[str] = []
    for row in sheet.iter(f"{_SHEET}row"):
        cells = []
        for cell in row:
            kind, text = cell.get("t", "n"), cell.findtext(f"{_SHEET}v") or ""
            if kind == "s":
                # how the format writes control characters
                text = re.sub(
                    "_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), texts[int(text)]
                )
            cells.append((kind, text, formats[int(cell.get("s", "0"))]))
        names = names or [text for _, text, _ in cells]
        yield dict(zip(names, cells, strict=True))


def test_a_closed_period_is_exported_once_in_three_formats(
    closed_march: Warehouse, march: Path
) -> None:
    assert {file.name for file in march.iterdir()} == FILES
    assert closed_march.export() == []
    assert [file.name for file in march.parent.iterdir()] == ["2026-03"]


def test_a_period_that_was_closed_with_another_publish_is_not_exported(
    warehouse: Warehouse,
) -> None:
    warehouse.close(FEBRUARY, publish_id="earlier")
    warehouse.close(MARCH, grain="week")

    assert warehouse.export() == []


def test_a_close_of_many_periods_exports_the_last_ones(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAXIMUM_PERIODS", 2)
    for month in (date(2025, 12, 1), FEBRUARY, MARCH):
        warehouse.close(month)

    assert warehouse.export() == ["month/2026-03", "month/2026-02"]


def test_nothing_is_exported_where_nothing_was_published(warehouse: Warehouse) -> None:
    warehouse.published_file.unlink()

    assert warehouse.export() == []


@pytest.mark.parametrize("table", ["scorecard", "kpi_values"])
def test_no_format_has_a_person(march: Path, table: str) -> None:
    with (march / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        slices = {row["dimension"] for row in csv.DictReader(stream)}
    sheet_slices = {row["dimension"][1] for row in list(read_sheet(march / f"{table}.xlsx"))[1:]}
    parquet_slices = duckdb.execute(
        f"select distinct dimension from '{march / table}.parquet'"
    ).fetchall()

    assert slices == sheet_slices == {name for (name,) in parquet_slices} == {"total", "campaign"}


def test_text_in_a_workbook_is_text_and_numbers_are_numbers(march: Path) -> None:
    header, *rows = read_sheet(march / "scorecard.xlsx")

    assert all(kind == "s" for kind, _, _ in header.values())
    assert [row["dimension_value"][1] for row in rows] == ["(all)", *sorted(HOSTILE_SLICES)]
    for row in rows:
        assert row["dimension_value"][0] == "s"
        assert row["kpi_value"] == ("n", "0.25", "0.0%")
        assert row["attainment"] == ("n", "1.5", "0.0%")
        # days since the start of 1900, as spreadsheets count them
        assert row["period_start_date"] == ("n", "46082", "yyyy-mm-dd")


def test_the_header_of_a_workbook_stays_in_sight(march: Path) -> None:
    with zipfile.ZipFile(march / "scorecard.xlsx") as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))

    (pane,) = sheet.iter(f"{_SHEET}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")


def test_text_that_would_be_a_formula_has_an_apostrophe_in_a_csv(march: Path) -> None:
    with (march / "kpi_values.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["dimension"] == "campaign"]

    assert {row["dimension_value"] for row in rows} == {
        text if text.startswith(("http", "harmless")) else f"'{text}" for text in HOSTILE_SLICES
    }
    assert {row["numerator"] for row in rows} == {"-3.0"}


def test_parquet_has_the_values_as_they_are(march: Path) -> None:
    values = duckdb.execute(
        f"select dimension_value from '{march / 'kpi_values.parquet'}' where dimension = 'campaign'"
    ).fetchall()

    assert {value for (value,) in values} == set(HOSTILE_SLICES)


def test_a_failure_leaves_no_half_folder_and_the_next_close_exports(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.close(MARCH)
    killed = warehouse.exports_folder / "month" / ".2026-03.killed"
    killed.mkdir(parents=True)
    with monkeypatch.context() as for_a_while:
        for_a_while.setattr(exports, "_MAXIMUM_XLSX_ROWS", 3)
        with pytest.raises(
            ExportError, match="month/2026-03 is not written: scorecard has 10 rows"
        ):
            warehouse.export()
    assert list(killed.parent.iterdir()) == []

    assert warehouse.export() == ["month/2026-03"]


def test_the_close_exports_what_it_closed_also_when_a_later_period_must_wait(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALES_KPIS_WAREHOUSE", str(warehouse.folder))
    monkeypatch.setattr(closing, "settings", warehouse)
    (job,) = [job for job in closing.close_jobs if job.name == "monthly_close"]

    result = job.execute_in_process(resources={"refresh_lock": RefreshLock()}, raise_on_error=False)

    assert not result.success
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert "2026-04-01 to 2026-04-30 cannot be closed" in str(failure.step_failure_data.error)
    folders = {folder.name for folder in (warehouse.exports_folder / "month").iterdir()}
    assert folders == {"2026-02", "2026-03"}


@pytest.mark.parametrize(
    ("grain", "start", "name"),
    [
        ("week", date(2025, 12, 29), "2026-W01"),
        ("month", date(2026, 9, 1), "2026-09"),
        ("quarter", date(2026, 10, 1), "2026-Q4"),
        ("quarter", date(2026, 2, 1), "2026-02-01"),
    ],
)
def test_periods_are_named_as_people_type_them(grain: str, start: date, name: str) -> None:
    assert period_name(grain, start) == name
