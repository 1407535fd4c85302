"""Make the numbers of a past night again: `make rebuild KNOWN_AT="2026-03-10 04:00:00" FILE=…`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from orchestration.lib.rebuilding import RebuildError, check_side_file, parse_moment, rebuild
from orchestration.lib.settings import read_settings


def main() -> int:
    """Write the side file; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known-at", required=True, help="a past moment (UTC)")
    parser.add_argument("--file", required=True, type=Path, help="the DuckDB file to write")
    arguments = parser.parse_args()
    console = Console(highlight=False, markup=False, soft_wrap=True)
    settings = read_settings()
    file = arguments.file.expanduser().resolve()
    try:
        known_at = parse_moment(arguments.known_at, datetime.now(UTC))
        check_side_file(file, settings)
        publication = rebuild(settings, known_at, file, console.print)
    except RebuildError as error:
        console.print(str(error), style="red")
        return 1
    console.print(
        f"Wrote {publication.table_count} tables, {publication.row_count:,} rows, to {file}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
