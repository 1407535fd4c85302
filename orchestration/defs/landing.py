"""The raw tables as assets: one per source table of the dbt project, landed in one step."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.resources import RefreshLock
from orchestration.lib.contracts import TableContract, read_contracts
from orchestration.lib.landing import TableLanding, land_table, open_raw
from orchestration.lib.landing_ledger import present_rejected_share
from orchestration.lib.manifest import read_manifest
from orchestration.lib.new_files import list_files, write_landed_files
from orchestration.lib.publication_log import note_landing, start_run
from orchestration.lib.settings import read_settings

CHECK_NAME = "rejected_rows"
LEDGER_KEY = dg.AssetKey(["landing", "files"])

settings = read_settings()
contracts = {
    dg.AssetKey([contract.source_name, contract.table_name]): contract
    for contract in read_contracts(read_manifest(settings))
}


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
        dg.AssetCheckSpec(
            CHECK_NAME,
            asset=key,
            blocking=True,
            description=(
                "Warns of rejected rows in the files that are there; fails when they are more than"
                f" {contract.maximum_rejected_share:.1%} of a file, or when a file could not land."
            ),
        )
        for key, contract in contracts.items()
    ],
)
def raw_tables(
    context: dg.AssetExecutionContext, refresh_lock: RefreshLock
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Land all new files. Tables with a file that cannot land fail; the others land anyway."""
    landed_at = datetime.now(UTC).replace(tzinfo=None)
    files = list_files(contracts.values(), settings.landing_folder)
    errors: list[str] = []
    landings: list[TableLanding] = []
    with open_raw(settings.raw_file) as connection:
        start_run(connection, context.run_id, landed_at)
        for key, contract in contracts.items():
            landing = land_table(
                connection, contract, settings.landing_folder, landed_at, context.log.info
            )
            share = present_rejected_share(connection, contract, landing)
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(landing))
            yield _check(key, contract, landing, share)
            errors += landing.errors
            landings.append(landing)
        note_landing(
            connection,
            context.run_id,
            sum(table.new_count + table.changed_count + table.deleted_count for table in landings),
            sum(table.rejected_count for table in landings),
        )
    write_landed_files(settings.warehouse_folder, files)
    yield dg.MaterializeResult(asset_key=LEDGER_KEY)
    if errors:
        raise dg.Failure("Files that could not land:\n" + "\n".join(errors), allow_retries=False)


def _metadata(landing: TableLanding) -> dict[str, int]:
    return {
        "dagster/row_count": landing.row_count_total,
        "new": landing.new_count,
        "changed": landing.changed_count,
        "unchanged": landing.unchanged_count,
        "deleted": landing.deleted_count,
        "rejected": landing.rejected_count,
    }


def _check(
    key: dg.AssetKey, contract: TableContract, landing: TableLanding, share: float
) -> dg.AssetCheckResult:
    too_many = share > contract.maximum_rejected_share
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=CHECK_NAME,
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
