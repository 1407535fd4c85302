"""Exports of closed periods: the scorecard and the KPI values as CSV, XLSX and Parquet."""

import os
import shutil
import uuid
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestration.lib.landing import open_raw
from orchestration.lib.publishing import write_through
from orchestration.lib.sql_text import attach_read_only, quoted_name, quoted_text

# Files are passed on. The slices by rep, and by team, which some sources name after its manager,
# stay in the published file.
PERSONAL_SLICES = ("rep", "team")
# What makes a spreadsheet read the text of a CSV as a formula: OWASP, CSV injection.
_FORMULA_STARTS = "[=+@\\-\t\r\n＝＋－＠]"
# The first close of a warehouse closes years of periods; nobody asks for a file of each.
MAXIMUM_PERIODS = 12
_MAXIMUM_XLSX_ROWS = 1_048_575
_MAXIMUM_XLSX_CHARACTERS = 32_767
_SHARES = ("attainment", "original_attainment")
_NEVER_FORMATTED = ("numerator", "denominator", "sample_size", "version")

_EXPORTS = {
    "scorecard": "reporting.kpi_scorecard",
    "kpi_values": "reporting.kpi_values",
}


class ExportError(Exception):
    """A period cannot be exported; the sentence says why."""


def export_closes(
    raw_file: Path,
    published_file: Path,
    exports_folder: Path,
    grain: str,
    report: Callable[[str], None] = lambda message: None,
) -> list[Path]:
    """Write the periods of a grain that were closed with what is published now, at most 12.

    Gives the new folders, `<grain>/<period>` below `exports_folder`, newest first; a period that
    has its folder keeps it as it is. A folder appears with all its files or not at all. Personal
    slices are left out. There is nothing to export without a published file. Raises ExportError
    for a period with more rows than a sheet of XLSX holds; `report` and other errors are those of
    open_raw.
    """
    if not published_file.exists():
        return []
    with duckdb.connect() as connection:
        attach_read_only(connection, published_file, "published_file")
        connection.execute("use published_file")
        (publish_id,) = connection.execute(
            "select publish_id from reporting.publication"
        ).fetchone()
        folders = {
            exports_folder / grain / period_name(grain, start): start
            for start in _closed_with(raw_file, publish_id, grain, report)
        }
        new_folders = [folder for folder in folders if not folder.exists()]
        for folder in new_folders:
            _export_period(connection, folder, grain, folders[folder])
    return new_folders


def period_name(grain: str, period_start_date: date) -> str:
    """A period as people type it: 2026-03, 2026-W10, 2026-Q1 (of the calendar year).

    The quarter of a fiscal year that starts within one of the calendar has its first day.
    """
    if grain == "week":
        year, week, _ = period_start_date.isocalendar()
        return f"{year}-W{week:02}"
    if grain == "month":
        return f"{period_start_date:%Y-%m}"
    quarter, month = divmod(period_start_date.month - 1, 3)
    return f"{period_start_date.year}-Q{quarter + 1}" if month == 0 else str(period_start_date)


def _closed_with(
    raw_file: Path, publish_id: str, grain: str, report: Callable[[str], None]
) -> list[date]:
    with open_raw(raw_file, report=report) as connection:
        return [
            start
            for (start,) in connection.execute(
                "select period_start_date from reporting.period_closes"
                " where publish_id = ? and period_grain = ?"
                " order by period_start_date desc limit ?",
                [publish_id, grain, MAXIMUM_PERIODS],
            ).fetchall()
        ]


def _export_period(
    connection: duckdb.DuckDBPyConnection, folder: Path, grain: str, period_start_date: date
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(leftover)
    new_folder = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    new_folder.mkdir()
    try:
        for name, table in _EXPORTS.items():
            rows = _select(connection, table, grain, period_start_date)
            row_count = len(rows)
            if row_count > _MAXIMUM_XLSX_ROWS:
                raise ExportError(
                    f"{folder} is not written: {name} has {row_count:,} rows, a sheet of XLSX holds"
                    f" {_MAXIMUM_XLSX_ROWS:,}; read the published file instead."
                )
            _write_csv(rows, new_folder / f"{name}.csv")
            rows.write_parquet(str(new_folder / f"{name}.parquet"), compression="zstd")
            _write_xlsx(rows, new_folder / f"{name}.xlsx")
        for file in new_folder.iterdir():
            file.chmod(0o444)
            write_through(file)
        os.rename(new_folder, folder)
        write_through(folder.parent)
    finally:
        shutil.rmtree(new_folder, ignore_errors=True)


def _select(
    connection: duckdb.DuckDBPyConnection, table: str, grain: str, period_start_date: date
) -> duckdb.DuckDBPyRelation:
    """The rows of one period, with what the catalogue says of their KPI, in a fixed order."""
    slices = ", ".join(map(quoted_text, PERSONAL_SLICES))
    return connection.sql(
        f"""
        select
            catalog.label_english,
            catalog.label_dutch,
            cells.*,
            catalog.unit,
            catalog.format
        from {table} as cells
        inner join reporting.kpi_catalog as catalog using (kpi, version)
        where
            period_grain = {quoted_text(grain)}
            and period_start_date = date {quoted_text(period_start_date)}
            and dimension not in ({slices})
        order by kpi, version, dimension <> 'total', dimension, dimension_value
        """
    )


def _write_csv(rows: duckdb.DuckDBPyRelation, file: Path) -> None:
    """Text that a spreadsheet would read as a formula gets an apostrophe before it."""
    columns = ", ".join(
        f"regexp_replace({name}, '^({_FORMULA_STARTS})', '''\\1') as {name}"
        if data_type == duckdb.sqltypes.VARCHAR
        else name
        for name, data_type in zip(map(quoted_name, rows.columns), rows.types, strict=True)
    )
    rows.project(columns).write_csv(str(file), header=True)


def _write_xlsx(rows: duckdb.DuckDBPyRelation, file: Path) -> None:
    """One sheet with a header that stays in sight; text is never a formula or a link."""
    cells = rows.fetchall()
    content = BytesIO()
    # what is no number is an error in its cell, and never the end of the export
    with Workbook(content, {"in_memory": True, "nan_inf_to_errors": True}) as workbook:
        formats: dict[str | None, Format] = {None: workbook.add_format()}
        sheet = workbook.add_worksheet(file.stem)
        for column, name in enumerate(rows.columns):
            sheet.write_string(0, column, name, workbook.add_format({"bold": True}))
        for number, row in enumerate(cells, start=1):
            named = dict(zip(rows.columns, row, strict=True))
            for column, (name, value) in enumerate(named.items()):
                number_format = _number_format(name, value, named["format"])
                if number_format not in formats:
                    formats[number_format] = workbook.add_format({"num_format": number_format})
                _write_cell(sheet, number, column, value, formats[number_format])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(cells), len(rows.columns) - 1)
        sheet.set_column(0, len(rows.columns) - 1, 16)
    file.write_bytes(content.getvalue())


def _number_format(column: str, value: Any, kpi_format: str) -> str | None:
    if isinstance(value, date):
        return "yyyy-mm-dd"
    if column in _SHARES:
        return "0.0%"
    if isinstance(value, float) and column not in _NEVER_FORMATTED:
        return kpi_format
    return None


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, cell_format: Format) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value[:_MAXIMUM_XLSX_CHARACTERS], cell_format)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell_format)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, cell_format)
    elif value is not None:
        sheet.write_number(row, column, value, cell_format)
