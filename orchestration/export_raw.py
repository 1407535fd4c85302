"""Write the raw tables of the warehouse as Parquet for Spark, those that changed."""

import sys

from orchestration.lib.settings import read_settings
from orchestration.lib.spark_exchange import export_raw


def main() -> None:
    """Export to the shared folder that the environment names, and say what was written."""
    settings = read_settings()
    if not settings.raw_file.exists():
        sys.exit(f"Nothing has landed yet: {settings.raw_file} is not there.")
    folder = settings.exchange_folder / "raw"
    written = export_raw(settings.raw_file, folder, print)
    print(f"{len(written)} tables were written to {folder}.")


if __name__ == "__main__":
    main()
