"""Measure a refresh at several sizes, beside a hand-written script: `make bench`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .comparison import DifferenceError
from .measuring import Measurement, measure
from .processes import StepError

DEFAULT_SCALES = "200000,2000000,20000000"
COLUMNS = (
    "activities",
    "rows",
    "demo data",
    "landing",
    "dbt start",
    "models",
    "tests",
    "publish",
    "whole refresh",
    "peak memory",
    "KPI rows",
    "KPI models",
    "script",
    "ratio",
)
console = Console()


def main() -> int:
    """Measure each scale and print the table; gives the exit code."""
    options = _options()
    measurements: list[Measurement] = []
    _report(f"Load average before the start: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores")
    for scale in options.scales:
        with tempfile.TemporaryDirectory(prefix="sales_kpis_bench_", dir=options.folder) as folder:
            try:
                measurements.append(measure(scale, Path(folder), _report))
            except (StepError, DifferenceError) as error:
                console.print(str(error), style="red", markup=False, highlight=False)
                return 1
        _show(measurements)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--scales",
        type=_scales,
        default=os.environ.get("SCALES") or DEFAULT_SCALES,
        help=f"numbers of activities, also from SCALES; {DEFAULT_SCALES} unless given",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where to work, and to leave nothing; 20 million activities need 20 GB",
    )
    return parser.parse_args()


def _scales(text: str) -> list[int]:
    """Whole numbers, separated by commas or spaces."""
    return [int(scale) for scale in text.replace(",", " ").split()]


def _report(message: str) -> None:
    console.print(message, highlight=False, markup=False)


def _show(measurements: list[Measurement]) -> None:
    """The table for the terminal, and the same in Markdown."""
    rows = [_cells(measurement) for measurement in measurements]
    table = Table(title="Seconds on the clock, unless a unit is given")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " ---: |" * len(COLUMNS))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def _cells(measurement: Measurement) -> list[str]:
    whole_refresh = measurement.whole_refresh
    return [
        f"{measurement.scale:,}",
        f"{measurement.row_count:,} ({measurement.byte_count / 1e6:,.0f} MB)",
        f"{measurement.demo_data.seconds:,.1f}",
        f"{measurement.landing.seconds:,.1f}",
        f"{measurement.dbt_start:,.1f}",
        f"{measurement.dbt_times.models:,.1f}",
        f"{measurement.dbt_times.tests:,.1f}",
        f"{measurement.publish.seconds:,.1f} ({measurement.published_bytes / 1e6:,.0f} MB)",
        f"{whole_refresh.seconds:,.1f}" if whole_refresh else "-",
        f"{measurement.peak_bytes / 2**30:.1f} GiB",
        f"{measurement.kpi_row_count:,}",
        f"{measurement.kpi_models:,.1f}",
        f"{measurement.script:,.1f}",
        f"{measurement.ratio:.2f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
