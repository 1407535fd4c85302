"""Land files again after a fix: `make land-again FILE=…`, or all files with rejected rows."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial

from orchestration.lib.contracts import read_contracts
from orchestration.lib.database_files import DatabaseFileError, writing_to
from orchestration.lib.landing import open_raw
from orchestration.lib.landing_again import land_again
from orchestration.lib.landing_files import LandingError
from orchestration.lib.manifest import read_manifest
from orchestration.lib.refresh_lock import refresh_lock
from orchestration.lib.settings import read_settings
from orchestration.lib.warehouse_folder import WarehouseFolderError

say = partial(print, flush=True)


def main() -> int:
    """Land what was asked for; gives the exit code, 1 when a file could not land."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", help="as in crm/opportunities_2026-03.csv")
    arguments = parser.parse_args()
    settings = read_settings()
    try:
        contracts = read_contracts(read_manifest(settings))
        with (
            refresh_lock(settings.warehouse_folder, say, "make land-again"),
            writing_to(settings.raw_file),
            open_raw(settings.raw_file, report=say) as connection,
        ):
            landings = land_again(
                connection,
                contracts,
                settings.landing_folder,
                arguments.file,
                datetime.now(UTC).replace(tzinfo=None),
                say,
            )
    except (LandingError, DatabaseFileError, WarehouseFolderError) as error:
        say(str(error))
        return 1
    if not landings:
        say("No file that could land again has rejected rows.")
        return 0
    rejected_count = sum(landing.rejected_count for landing in landings)
    say(
        f"{len(landings)} files landed again, {rejected_count:,} rows are still rejected;"
        " the next refresh publishes what has changed."
    )
    return 1 if any(landing.status == "failed" for landing in landings) else 0


if __name__ == "__main__":
    sys.exit(main())
