"""Turn the staged rows of one file into row versions: what is new, changed, gone, superseded.

The raw table holds the newest version of each key and `<table>__superseded` all older ones. A
version moves from the first to the second in the transaction that lands its successor, so that
nothing is ever lost and the newest versions are read without sorting. At a moment T the version
of a key is the row with `_landed_at <= T` that is current or has `_superseded_at > T`.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing_casts import quoted
from orchestration.lib.landing_files import LandingError, LandingFile
from orchestration.lib.landing_readers import StagedFile
from orchestration.lib.landing_tables import STAGED_ROWS, current_table, superseded_table


@dataclass(frozen=True)
class VersionCounts:
    """Keys by what a file did to them; rejected rows are not among them.

    A row is overtaken when the table has a newer version of its key already.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    overtaken: int = 0


@dataclass(frozen=True)
class Landing:
    """One file being landed: what the lineage columns of its rows say.

    `repeated_checksum` is that of a content which has landed before and lands again, else None.
    """

    landing_id: str
    landed_at: datetime
    source_file: str
    repeated_checksum: str | None = None

    @property
    def parameters(self) -> dict[str, str | datetime]:
        return {
            "landing_id": self.landing_id,
            "landed_at": self.landed_at,
            "source_file": self.source_file,
        }


_LINEAGE = "$landed_at as _landed_at, $landing_id as _landing_id, $source_file as _source_file"


def apply_versions(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    staged: StagedFile,
    landing: Landing,
) -> VersionCounts:
    """Land the good staged rows; to be called inside a transaction.

    Raises LandingError for a snapshot that would delete more than the contract allows.
    """
    _find_repeated_keys(connection, contract)
    current = current_table(contract)
    if connection.execute(f"select not exists (from {current})").fetchone()[0]:
        return _land_first_rows(connection, contract, staged, landing)
    _find_later_landings(connection, contract, landing)
    _find_changes(connection, contract)
    if contract.mode == "snapshot":
        _find_deletions(connection, contract)
    counts = _count_changes(connection)
    _check_deletions(connection, contract, file, counts)
    _supersede(connection, contract, landing)
    _insert_staged(
        connection,
        contract,
        staged,
        landing,
        "where rowid in (select staged_row from changes where change in ('new', 'changed'))",
    )
    _keep_overtaken_rows(connection, contract, staged, landing)
    return counts


def _find_repeated_keys(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Fill `overtaken_rows` with the good rows that a later row of the same file replaces.

    The last line wins, with a cursor the highest cursor. Keys are first told apart by a 64-bit
    hash, which takes a fraction of the memory; only keys that share one are compared in full.
    """
    keys = ", ".join(quoted(name) for name in contract.key)
    order = "rowid desc"
    if contract.cursor is not None:
        order = f"{quoted(contract.cursor)} desc nulls last, rowid desc"
    connection.execute(
        f"""
        create or replace temporary table overtaken_rows as
        with repeated as (
            select hash({keys}) as key_hash
            from {STAGED_ROWS}
            where _problems is null
            group by key_hash
            having count(*) > 1
        )
        select rowid as staged_row
        from {STAGED_ROWS}
        where _problems is null and hash({keys}) in (select key_hash from repeated)
        qualify row_number() over (partition by {keys} order by {order}) > 1
        """
    )


def _land_first_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    staged: StagedFile,
    landing: Landing,
) -> VersionCounts:
    """Land into an empty table: every key is new and there is nothing to compare with."""
    count = _insert_staged(
        connection,
        contract,
        staged,
        landing,
        "where _problems is null and rowid not in (select staged_row from overtaken_rows)",
    )
    connection.execute(
        "create or replace temporary table changes (staged_row bigint, change varchar)"
    )
    _keep_overtaken_rows(connection, contract, staged, landing)
    return VersionCounts(new=count)


def _find_later_landings(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, landing: Landing
) -> None:
    """Fill `later_landings` with those that came between a content's first landing and this one.

    Of a snapshot table there are none: only its newest file lands again.
    """
    connection.execute(
        """
        create or replace temporary table later_landings as
        with landings as (
            select landing_id, content_checksum, rowid as position
            from landing.files
            where
                status = 'landed'
                and source_name = $source_name
                and table_name = $table_name
                and $mode = 'increment'
        )
        select landing_id
        from landings
        where
            content_checksum <> $checksum
            and position > (select min(position) from landings where content_checksum = $checksum)
        """,
        {
            "source_name": contract.source_name,
            "table_name": contract.table_name,
            "mode": contract.mode,
            "checksum": landing.repeated_checksum,
        },
    )


def _find_changes(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Fill `changes` with the staged rows that differ from the current version of their key."""
    is_older = "current._landing_id in (from later_landings)"
    if contract.cursor is not None:
        cursor = quoted(contract.cursor)
        is_older = (
            f"staged.{cursor} < current.{cursor}"
            f" or (staged.{cursor} is null and current.{cursor} is not null)"
            f" or (staged.{cursor} is not distinct from current.{cursor} and {is_older})"
        )
    connection.execute(
        f"""
        create or replace temporary table changes as
        select
            staged.rowid as staged_row,
            current.rowid as current_row,
            case
                when current.rowid is null then 'new'
                when {is_older} then 'overtaken'
                else 'changed'
            end as change
        from {STAGED_ROWS} as staged
        left join {current_table(contract)} as current on {_same_key(contract, "staged", "current")}
        where
            staged._problems is null
            and staged.rowid not in (select staged_row from overtaken_rows)
            and (
                current.rowid is null
                or current._row_hash <> staged._row_hash
                or current._is_deleted
            )
        """
    )


def _find_deletions(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Add the present keys that a snapshot does not have to `changes`.

    A rejected row still says that its key exists. Where a line is so broken that its key cannot
    be read, any absent key may be on it, so that nothing is deleted until a whole file arrives.
    """
    keys_missing = " or ".join(f"{quoted(name)} is null" for name in contract.key)
    has_unreadable_keys = connection.execute(
        f"select exists (from broken_records)"
        f" or exists (from {STAGED_ROWS} where _problems is not null and ({keys_missing}))"
    ).fetchone()[0]
    if has_unreadable_keys:
        return
    connection.execute(
        f"""
        insert into changes
        select null, current.rowid, 'deleted'
        from {current_table(contract)} as current
        anti join {STAGED_ROWS} as staged on {_same_key(contract, "staged", "current")}
        where not current._is_deleted
        """
    )


def _count_changes(connection: duckdb.DuckDBPyConnection) -> VersionCounts:
    new, changed, overtaken, deleted = connection.execute(
        """
        select
            count(*) filter (where change = 'new'),
            count(*) filter (where change = 'changed'),
            count(*) filter (where change = 'overtaken'),
            count(*) filter (where change = 'deleted')
        from changes
        """
    ).fetchone()
    landed = connection.execute(
        f"select count(*) from {STAGED_ROWS} where _problems is null"
    ).fetchone()[0]
    repeated = connection.execute("select count(*) from overtaken_rows").fetchone()[0]
    unchanged = landed - repeated - new - changed - overtaken
    return VersionCounts(new, changed, unchanged, deleted, overtaken)


def _check_deletions(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    counts: VersionCounts,
) -> None:
    present = connection.execute(
        f"select count(*) from {current_table(contract)} where not _is_deleted"
    ).fetchone()[0]
    if counts.deleted > contract.maximum_deleted_share * present:
        raise LandingError(
            f"{file.source_file} would delete {counts.deleted} of the {present} rows of"
            f" {contract.full_name}, more than the allowed share of"
            f" {contract.maximum_deleted_share:g}; check that the export is complete, or raise"
            " maximum_deleted_share for the table."
        )


def _supersede(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, landing: Landing
) -> None:
    """Move the versions that are over to the superseded table, and put tombstones for the gone."""
    current, superseded = current_table(contract), superseded_table(contract)
    replaced = "select current_row from changes where change in ('changed', 'deleted')"
    deleted = "select current_row from changes where change = 'deleted'"
    connection.execute(
        f"insert into {superseded} by name"
        f" select *, $landed_at as _superseded_at from {current} where rowid in ({replaced})",
        {"landed_at": landing.landed_at},
    )
    connection.execute(
        f"insert into {current} by name"
        f" select * replace ($landed_at as _landed_at, $landing_id as _landing_id,"
        f" $source_file as _source_file, true as _is_deleted)"
        f" from {current} where rowid in ({deleted})",
        landing.parameters,
    )
    connection.execute(f"delete from {current} where rowid in ({replaced})")


def _insert_staged(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    staged: StagedFile,
    landing: Landing,
    condition: str,
) -> int:
    return connection.execute(
        f"insert into {current_table(contract)} by name"
        f" select {_data(staged)}, {_LINEAGE}, _row_hash, false as _is_deleted"
        f" from {STAGED_ROWS} {condition}",
        landing.parameters,
    ).fetchone()[0]


def _keep_overtaken_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    staged: StagedFile,
    landing: Landing,
) -> None:
    """Keep staged rows that were never current as versions that were over when they landed.

    Those equal to the current version of their key or to a superseded one are known already.
    """
    has_overtaken_rows = connection.execute(
        "select exists (from overtaken_rows) or exists (from changes where change = 'overtaken')"
    ).fetchone()[0]
    if not has_overtaken_rows:
        return
    keys = ", ".join(quoted(name) for name in contract.key)
    known = " ".join(
        f"anti join {table} as known_{position}"
        f" on {_same_key(contract, 'staged', f'known_{position}')}"
        f" and staged._row_hash = known_{position}._row_hash"
        for position, table in enumerate((current_table(contract), superseded_table(contract)))
    )
    connection.execute(
        f"""
        insert into {superseded_table(contract)} by name
        select
            {_data(staged)}, {_LINEAGE}, _row_hash, false as _is_deleted,
            $landed_at as _superseded_at
        from (
            select * from {STAGED_ROWS}
            where rowid in (
                select staged_row from overtaken_rows
                union all
                select staged_row from changes where change = 'overtaken'
            )
            qualify row_number() over (partition by {keys}, _row_hash order by rowid) = 1
        ) as staged
        {known}
        """,
        landing.parameters,
    )


def _same_key(contract: TableContract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{quoted(name)} = {right}.{quoted(name)}" for name in contract.key)


def _data(staged: StagedFile) -> str:
    return ", ".join(quoted(name) for name in staged.columns)
