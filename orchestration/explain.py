"""Show the records behind a number: `make explain KPI=… GRAIN=… PERIOD=… SLICE=…`."""

import argparse
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.lib.explaining import (
    ExplainError,
    Record,
    add_up,
    compile_explanations,
    open_published,
    parse_cell,
    read_cell,
    read_records,
)
from orchestration.lib.settings import read_settings


def main() -> int:
    """Print the cell, its records and their sum; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpi", required=True, help="as in win_rate_v2")
    parser.add_argument("--grain", required=True, help="week, month or quarter")
    parser.add_argument("--period", required=True, help="2026-03, 2026-Q1, 2026-W10 or 2026-03-01")
    parser.add_argument("--slice", default="total", help="total, or as in region:Benelux")
    parser.add_argument("--limit", type=int, default=50, help="records to show; 0 shows all")
    arguments = parser.parse_args()
    console = Console()
    settings = read_settings()
    try:
        cell = parse_cell(arguments.kpi, arguments.grain, arguments.period, arguments.slice)
        with open_published(settings.published_file) as connection:
            row = read_cell(connection, cell)
            explanation = compile_explanations(settings, [cell.kpi_table])[cell.kpi_table]
            records = read_records(connection, explanation, cell)
    except ExplainError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    console.print(
        f"kpi_{cell.kpi_table}, {cell.period_grain} {row['period_start_date']} to"
        f" {row['period_end_date']}, {cell.dimension} {cell.dimension_value}:"
        f" {_number(row['kpi_value'])} = {_parts(row)}",
        style="bold",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    console.print(_table(records, arguments.limit, is_median=row["numerator"] is None))
    return 0


def _parts(row: dict[str, Any]) -> str:
    """What the value of a cell is made of."""
    if row["numerator"] is None:
        return "median of the records"
    if row["denominator"] is None:
        return _number(row["numerator"])
    parts = f"{_number(row['numerator'])} / {_number(row['denominator'])}"
    if not row["kpi_value"]:
        return parts
    # a promoter score is a hundred times its ratio
    factor = round(row["kpi_value"] * row["denominator"] / row["numerator"], 6)
    return parts if factor == 1 else f"{factor:g} × {parts}"


def _table(records: list[Record], limit: int, is_median: bool) -> Table:
    shown = records[:limit] if limit else records
    numerator, denominator = add_up(records)
    table = Table(
        caption=(
            f"{len(shown)} of {len(records)} records; LIMIT=0 shows all"
            if len(shown) < len(records)
            else None
        ),
        show_footer=True,
    )
    table.add_column("Record", footer=f"{len(records)} records")
    table.add_column("Date")
    table.add_column(
        "Value" if is_median else "Numerator",
        justify="right",
        footer="" if is_median else _number(numerator),
    )
    table.add_column("Denominator", justify="right", footer=_number(denominator))
    for record in shown:
        table.add_row(
            record.record_id,
            str(record.occurred_date),
            _number(record.numerator),
            _number(record.denominator),
        )
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
