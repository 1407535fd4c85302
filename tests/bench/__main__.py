"""Measure a refresh at several sizes, beside a hand-written script: `make bench`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from .comparison import DifferenceError
from .measuring import Measurement, measure
from .processes import StepError

DEFAULT_SCALES = "200000,2000000,20000000"
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
    columns = [_cells(measurement) for measurement in measurements]
    heading, *lines = [[name, *(column[name] for column in columns)] for name in columns[0]]
    table = Table(heading[0], *(Column(scale, justify="right") for scale in heading[1:]))
    for line in lines:
        table.add_row(*line)
    console.print(table)
    print(f"| {' | '.join(heading)} |")
    print(f"| --- |{' ---: |' * len(measurements)}")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def _cells(measurement: Measurement) -> dict[str, str]:
    """What the table says of one scale, from top to bottom."""
    times = measurement.dbt_times
    whole_refresh = measurement.whole_refresh
    return {
        "Activities": f"{measurement.scale:,}",
        "Rows landed": f"{measurement.row_count:,}",
        "Export files": f"{measurement.byte_count / 1e6:,.0f} MB",
        "Making the demo data": f"{measurement.demo_data.seconds:,.1f} s",
        "Landing": f"{measurement.landing.seconds:,.1f} s",
        "dbt: start and parse": f"{measurement.dbt_start:,.1f} s",
        "dbt: models": f"{times.models:,.1f} s",
        "dbt: tests": f"{times.tests:,.1f} s",
        "Publishing": f"{measurement.publish.seconds:,.1f} s",
        "Published file": f"{measurement.published_bytes / 1e6:,.0f} MB",
        "Whole refresh": f"{whole_refresh.seconds:,.1f} s" if whole_refresh else "not measured",
        "Largest memory": f"{measurement.peak_bytes / 2**30:.1f} GiB",
        "KPI rows": f"{measurement.kpi_row_count:,}",
        "KPI models in dbt": f"{measurement.kpi_models:,.1f} s",
        "KPI models' SQL alone": f"{measurement.kpi_statements:,.1f} s",
        "Hand-written script": f"{measurement.script:,.1f} s",
        "In dbt ÷ script": f"{measurement.kpi_models / measurement.script:.2f}",
        "SQL alone ÷ script": f"{measurement.kpi_statements / measurement.script:.2f}",
    }


if __name__ == "__main__":
    sys.exit(main())
