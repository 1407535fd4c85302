"""The raw tables as assets: one per source table of the dbt project, landed in one step."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
import duckdb

from orchestration.defs.resources import RefreshLock
from orchestration.lib.contracts import TableContract, read_contracts
from orchestration.lib.database_files import DatabaseFileError, writing_to
from orchestration.lib.landing import TableLanding, land_table, open_raw
from orchestration.lib.landing_ledger import (
    Finding,
    check_freshness,
    check_volume,
    landed_rows_by_day,
    newest_arrival,
    present_rejected_share,
)
from orchestration.lib.manifest import read_manifest
from orchestration.lib.new_files import list_files, write_landed_files
from orchestration.lib.publication_log import note_landing, start_run
from orchestration.lib.settings import read_settings
from orchestration.lib.warehouse_folder import WarehouseFolderError, writing_to_folder

REJECTED_ROWS_CHECK = "rejected_rows"
FRESHNESS_CHECK = "freshness"
VOLUME_CHECK = "volume"
LEDGER_KEY = dg.AssetKey(["landing", "files"])

settings = read_settings()
contracts = {
    dg.AssetKey([contract.source_name, contract.table_name]): contract
    for contract in read_contracts(read_manifest(settings))
}


def _check_specs(key: dg.AssetKey, contract: TableContract) -> Iterator[dg.AssetCheckSpec]:
    yield dg.AssetCheckSpec(
        REJECTED_ROWS_CHECK,
        asset=key,
        blocking=True,
        description=(
            "Warns of rejected rows in the files that are there; fails when they are more than"
            f" {contract.maximum_rejected_share:.1%} of a file, or when a file could not land."
        ),
    )
    yield dg.AssetCheckSpec(
        VOLUME_CHECK,
        asset=key,
        description="Warns when far more or fewer rows landed than on this weekday before.",
    )
    if contract.rhythm:
        yield dg.AssetCheckSpec(
            FRESHNESS_CHECK,
            asset=key,
            description="Warns when the next file is due by the rhythm declared for the table.",
        )


@dg.multi_asset(
    specs=[
        *(
            dg.AssetSpec(key, description=contract.description, group_name="raw", kinds={"duckdb"})
            for key, contract in contracts.items()
        ),
        dg.AssetSpec(
            LEDGER_KEY,
            description="The ledger of landing: one row per file that was landed or refused.",
            group_name="raw",
            kinds={"duckdb"},
        ),
    ],
    check_specs=[
        spec for key, contract in contracts.items() for spec in _check_specs(key, contract)
    ],
)
def raw_tables(
    context: dg.AssetExecutionContext, refresh_lock: RefreshLock
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Land all new files. Tables with a file that cannot land fail; the others land anyway."""
    now = datetime.now(UTC).replace(tzinfo=None)
    files = list_files(contracts.values(), settings.landing_folder)
    errors: list[str] = []
    landings: list[TableLanding] = []
    with _open_raw(context) as connection:
        start_run(connection, context.run_id, now)
        for key, contract in contracts.items():
            landing = land_table(
                connection, contract, settings.landing_folder, now, context.log.info
            )
            share = present_rejected_share(connection, contract, landing)
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(landing))
            yield _rejected_rows_result(key, contract, landing, share)
            yield from _watch_results(connection, key, contract, landing, now)
            errors += landing.errors
            landings.append(landing)
        note_landing(
            connection,
            context.run_id,
            sum(table.new_count + table.changed_count + table.deleted_count for table in landings),
            sum(table.rejected_count for table in landings),
        )
        with writing_to_folder(settings.warehouse_folder):
            write_landed_files(settings.warehouse_folder, files)
    yield dg.MaterializeResult(asset_key=LEDGER_KEY)
    if errors:
        raise dg.Failure("Files that could not land:\n" + "\n".join(errors), allow_retries=False)


@contextmanager
def _open_raw(context: dg.AssetExecutionContext) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with (
            writing_to(settings.raw_file),
            open_raw(settings.raw_file, report=context.log.info) as connection,
        ):
            yield connection
    except (DatabaseFileError, WarehouseFolderError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _metadata(landing: TableLanding) -> dict[str, int]:
    return {
        "dagster/row_count": landing.row_count_total,
        "new": landing.new_count,
        "changed": landing.changed_count,
        "unchanged": landing.unchanged_count,
        "deleted": landing.deleted_count,
        "rejected": landing.rejected_count,
    }


def _rejected_rows_result(
    key: dg.AssetKey, contract: TableContract, landing: TableLanding, share: float
) -> dg.AssetCheckResult:
    too_many = share > contract.maximum_rejected_share
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=REJECTED_ROWS_CHECK,
        passed=not landing.errors and share == 0,
        severity=(
            dg.AssetCheckSeverity.ERROR
            if landing.errors or too_many
            else dg.AssetCheckSeverity.WARN
        ),
        description=(
            "\n".join(landing.errors)
            or f"{share:.2%} of the rows of a file were rejected; see landing.rejected_rows."
        ),
        metadata={"rejected_share": share},
    )


def _watch_results(
    connection: duckdb.DuckDBPyConnection,
    key: dg.AssetKey,
    contract: TableContract,
    landing: TableLanding,
    now: datetime,
) -> Iterator[dg.AssetCheckResult]:
    today = now.replace(tzinfo=UTC).astimezone(settings.reporting_time_zone).date()
    rows_by_day = landed_rows_by_day(connection, contract, settings.reporting_time_zone)
    yield _warning(key, VOLUME_CHECK, check_volume(contract, rows_by_day, today))
    if contract.rhythm:
        arrived_at = newest_arrival(connection, contract, landing, settings.landing_folder)
        yield _warning(key, FRESHNESS_CHECK, check_freshness(contract, arrived_at, now))


def _warning(key: dg.AssetKey, check_name: str, finding: Finding) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check_name,
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=finding.description,
    )
