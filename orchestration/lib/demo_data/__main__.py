"""Command line of the demo data: `python -m orchestration.lib.demo_data --help`."""

import argparse
from datetime import date
from functools import partial
from pathlib import Path

from .export import write_demo_data


def main() -> None:
    """Read the options and write the files; exits with one sentence when that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.lib.demo_data",
        description="Write the export files of a made-up company's CRM.",
    )
    parser.add_argument("--folder", type=Path, default=Path("landing/crm"))
    parser.add_argument("--scale", type=int, default=200_000, help="number of activities")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date.today())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--years", type=int, default=2, help="years of history")
    options = parser.parse_args()
    try:
        write_demo_data(
            options.folder,
            scale=options.scale,
            as_of=options.as_of,
            seed=options.seed,
            years=options.years,
            report=partial(print, flush=True),
        )
    except ValueError as problem:
        raise SystemExit(str(problem)) from None


if __name__ == "__main__":
    main()
