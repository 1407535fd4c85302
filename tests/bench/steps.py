"""The steps that have no command line of their own: `python -m tests.bench.steps <step>`.

Each runs in a process of its own, so that its memory can be measured; the environment says
which warehouse it works on.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.lib.contracts import read_contracts
from orchestration.lib.landing import land_table, open_raw
from orchestration.lib.manifest import prepare_manifest, read_manifest
from orchestration.lib.publication_basis import read_basis
from orchestration.lib.publication_log import PublicationLog
from orchestration.lib.publishing import publish
from orchestration.lib.settings import Settings, read_settings
from orchestration.lib.sql_text import attach_read_only

HAND_WRITTEN = Path(__file__).with_name("hand_written.sql")
# As profiles.yml has it when the environment says nothing.
DEFAULT_MEMORY = "6GB"
DEFAULT_THREADS = "2"


def script_file(settings: Settings) -> Path:
    """Where the hand-written script writes its tables."""
    return settings.warehouse_folder / "script.duckdb"


def parse_project(settings: Settings) -> None:
    """Make the manifest that landing reads its contracts from."""
    prepare_manifest(settings)


def land(settings: Settings) -> None:
    """Land all files of all tables. Raises RuntimeError when a file does not land."""
    landed_at = datetime.now(UTC).replace(tzinfo=None)
    errors: list[str] = []
    with open_raw(settings.raw_file) as connection:
        for contract in read_contracts(read_manifest(settings)):
            landing = land_table(connection, contract, settings.landing_folder, landed_at, print)
            errors += landing.errors
    if errors:
        raise RuntimeError("\n".join(errors))


def publish_marts(settings: Settings) -> None:
    """Publish what was built, as part of the warehouse's history."""
    published_at = datetime.now(UTC).replace(tzinfo=None)
    log = PublicationLog(settings.raw_file, read_basis(settings, read_manifest(settings)))
    publish(settings.build_file, settings.published_file, published_at, print, log)


def run_script(settings: Settings) -> None:
    """Compute the KPI values with the hand-written script.

    Prints the seconds that its statements took, and nothing else.
    """
    _run_statements(settings, script_file(settings), [HAND_WRITTEN.read_text()])


def run_compiled_models(settings: Settings) -> None:
    """Compute the KPI tables and kpi_values with the models' compiled SQL, without dbt.

    Prints the seconds that the statements took, and nothing else.
    """
    marts = settings.dbt_target_folder / "compiled" / "sales_kpis" / "models" / "marts"
    files = [*sorted(marts.glob("kpis/*/*.sql")), marts / "reporting" / "kpi_values.sql"]
    statements = [f"create table {file.stem} as {file.read_text()}" for file in files]
    _run_statements(settings, settings.warehouse_folder / "compiled.duckdb", statements)


def _run_statements(settings: Settings, file: Path, statements: list[str]) -> None:
    """Run statements that read the build file in a new file, with the memory and threads of dbt."""
    environment = settings.dbt_environment
    file.unlink(missing_ok=True)
    with duckdb.connect(
        str(file),
        config={
            "memory_limit": environment.get("SALES_KPIS_MEMORY", DEFAULT_MEMORY),
            "threads": environment.get("SALES_KPIS_THREADS", DEFAULT_THREADS),
            "preserve_insertion_order": False,
        },
    ) as connection:
        attach_read_only(connection, settings.build_file, "build")
        started = time.monotonic()
        for statement in statements:
            connection.execute(statement)
        print(time.monotonic() - started)


STEPS = {
    step.__name__: step
    for step in (parse_project, land, publish_marts, run_script, run_compiled_models)
}

if __name__ == "__main__":
    STEPS[sys.argv[1]](read_settings())
