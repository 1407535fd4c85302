"""What the ledger of landing says of the files that lie in the landing folder now."""

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing import TableLanding


def present_rejected_share(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, landing: TableLanding
) -> float:
    """The largest share of rejected rows among the files that count now, as a fraction.

    A file counts with its newest landing, also when that was on an earlier night: a bad file stays
    bad until it is replaced or taken away. Of the files of a snapshot table only the last counts.
    """
    present_files = [file.source_file for file in landing.files]
    if contract.mode == "snapshot":
        present_files = present_files[-1:]
    return connection.execute(
        """
        select coalesce(max(rejected_count / nullif(row_count, 0)), 0)
        from (
            select
                rejected_count,
                row_count,
                row_number() over (partition by source_file order by landed_at desc) as recency
            from landing.files
            where
                status = 'landed'
                and source_name = $source_name
                and table_name = $table_name
                and list_contains($present_files, source_file)
        )
        where recency = 1
        """,
        {
            "source_name": contract.source_name,
            "table_name": contract.table_name,
            "present_files": present_files,
        },
    ).fetchone()[0]
