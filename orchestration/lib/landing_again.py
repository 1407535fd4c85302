"""Land files again whose content has landed before: after a contract was mended, for instance.

A corrected file needs none of this: its content is new, so that it lands by itself. What landed
after a file is never undone by it: of a snapshot table only the newest file can land again, and a
row of an increment stays as it is where a later file has brought its key.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing import FileLanding, has_landed, land_file, newest_landing
from orchestration.lib.landing_files import (
    LandingError,
    LandingFile,
    check_location,
    find_files,
    fingerprint,
)
from orchestration.lib.landing_tables import prepare_tables


def land_again(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[TableContract],
    landing_folder: Path,
    source_file: str | None,
    now: datetime,
    report: Callable[[str], None] = lambda message: None,
) -> list[FileLanding]:
    """Land a file of the landing folder again, or with None all whose last landing had rejects.

    `source_file` is relative to the landing folder; `now` is UTC, without zone. Raises LandingError
    when the file is none of a table, has not landed as it is now, or is an older snapshot.
    """
    contracts = list(contracts)
    for contract in contracts:
        prepare_tables(connection, contract)
    if source_file is None:
        chosen = list(_files_with_rejected_rows(connection, contracts, landing_folder))
    else:
        chosen = _files_named(contracts, landing_folder, source_file)
        for contract, file in chosen:
            _check_can_land_again(connection, contract, file, landing_folder)
    return [
        land_file(
            connection,
            contract,
            file,
            landing_folder,
            max(now, newest_landing(connection, contract)),
            report,
            is_repeated=True,
        )
        for contract, file in chosen
    ]


def _files_named(
    contracts: Iterable[TableContract], landing_folder: Path, source_file: str
) -> list[tuple[TableContract, LandingFile]]:
    # Found by comparing names, so that no name can lead out of the landing folder.
    found = [
        (contract, file)
        for contract in contracts
        for file in find_files(contract, landing_folder)
        if file.source_file == source_file
    ]
    if not found:
        raise LandingError(
            f"{source_file} is no file of a table in {landing_folder}; name it from there, as in"
            " crm/opportunities_2026-03.csv."
        )
    return found


def _files_with_rejected_rows(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[TableContract], landing_folder: Path
) -> Iterator[tuple[TableContract, LandingFile]]:
    """Those that can land again, in the order in which they landed."""
    for contract in contracts:
        files = {file.source_file: file for file in find_files(contract, landing_folder)}
        landings = _last_landings(connection, contract)
        if contract.mode == "snapshot":
            landings = landings[-1:]
        for source_file, rejected_count in landings:
            file = files.get(source_file)
            # A file that was replaced lands by itself.
            if (
                file
                and rejected_count
                and has_landed(connection, contract, file, fingerprint(file))
            ):
                yield contract, file


def _check_can_land_again(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    landing_folder: Path,
) -> None:
    check_location(file, landing_folder)
    if not has_landed(connection, contract, file, fingerprint(file)):
        raise LandingError(
            f"{file.source_file} has not landed as it is now; the next refresh lands it."
        )
    newest_file, *_ = _last_landings(connection, contract)[-1]
    if contract.mode == "snapshot" and newest_file != file.source_file:
        raise LandingError(
            f"{file.source_file} cannot land again: {newest_file} has landed after it, and an older"
            f" snapshot would take {contract.full_name} back in time; land {newest_file} again."
        )


def _last_landings(
    connection: duckdb.DuckDBPyConnection, contract: TableContract
) -> list[tuple[str, int]]:
    """Name and rejected rows of the last landing of each file, the newest landing last."""
    return connection.execute(
        """
        select source_file, rejected_count
        from landing.files
        where status = 'landed' and source_name = ? and table_name = ?
        qualify row_number() over (partition by source_file order by rowid desc) = 1
        order by rowid
        """,
        [contract.source_name, contract.table_name],
    ).fetchall()
