"""Write the rows that cannot land to `landing.rejected_rows`, with their physical line."""

from array import array
from collections.abc import Iterator
from datetime import datetime

import duckdb

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing_casts import quoted
from orchestration.lib.landing_files import LandingError, LandingFile, number_lines
from orchestration.lib.landing_readers import StagedFile
from orchestration.lib.landing_tables import STAGED_ROWS

_BATCH_SIZE = 100_000


def count_rejected(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows of the staged file are rejected.

    A record whose quotes do not close swallows the lines after it, so each of its lines counts.
    """
    return connection.execute(
        f"""
        select
            (select count(*) from {STAGED_ROWS} where _problems is not null)
            + (
                select coalesce(sum(if(reason like 'a quote%', line_count, 1)), 0)
                from broken_records
            )
        """
    ).fetchone()[0]


def check_not_all_rejected(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, row_count: int, rejected_count: int
) -> None:
    """Raise LandingError when a file has rows and none of them can land."""
    if rejected_count == 0 or rejected_count < row_count:
        return
    reason, column_name, value = connection.execute(
        f"""
        select cell.reason, cell.column_name, cell.value
        from (
            select _problems[1] as cell from {STAGED_ROWS}
            where _problems is not null
            order by rowid limit 1
        )
        union all by name
        select reason from (select reason from broken_records order by byte_position limit 1)
        """
    ).fetchone()
    where = f" (column {column_name!r}, value {value!r})" if column_name else ""
    raise LandingError(
        f"{file.source_file} has no row that can land; the first problem is: {reason}{where};"
        " check the file against the declared columns and options."
    )


def write_rejected_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    staged: StagedFile,
    landing_id: str,
    landed_at: datetime,
) -> None:
    """Add a row to `landing.rejected_rows` for each refused cell and each broken record."""
    if file.format == "parquet":
        _clear_line_tables(connection)
    else:
        _fill_line_tables(connection, contract, file, staged)
    header_lines = staged.header.line_count
    connection.execute(
        f"""
        insert into landing.rejected_rows
        with multiline_rows as (
            select rowid as row_number, {_count_newlines(staged)} as newline_count
            from {STAGED_ROWS}
        ),
        newlines as (
            select row_number, sum(newline_count) over (order by row_number) as newline_count
            from multiline_rows
            where newline_count > 0
        ),
        -- Where the skipped lines would stand if all skipped lines before them were taken out.
        skips as (
            select first_line - skipped_before as place, skipped_before + line_count as skipped
            from (
                select
                    first_line,
                    line_count,
                    sum(line_count) over (order by first_line) - line_count as skipped_before
                from skipped_lines
            )
        ),
        skipped as (
            select place, max(skipped) as line_count from skips group by place
        ),
        bad_rows as (
            select
                bad_row.row_number + 1 + {header_lines}
                + coalesce(newlines.newline_count, 0) as place,
                _problems,
                _row_text
            from (
                select rowid as row_number, _problems, _row_text
                from {STAGED_ROWS}
                where _problems is not null
            ) as bad_row
            asof left join newlines on bad_row.row_number > newlines.row_number
        ),
        bad_cells as (
            select
                (bad_rows.place + coalesce(skipped.line_count, 0))::bigint as line_number,
                unnest(_problems) as cell,
                _row_text
            from bad_rows
            asof left join skipped on bad_rows.place >= skipped.place
        ),
        all_cells as (
            select
                line_number,
                cell.column_name as column_name,
                cell.value as value,
                cell.reason as reason,
                _row_text as row_text
            from bad_cells
            union all
            select line_number, null, null, reason, row_text
            from broken_records
            positional join broken_lines
        )
        select $landing_id, $source_name, $table_name, $source_file, *, $rejected_at
        from all_cells
        order by line_number
        """,
        {
            "landing_id": landing_id,
            "source_name": contract.source_name,
            "table_name": contract.table_name,
            "source_file": file.source_file,
            "rejected_at": landed_at,
        },
    )


def _fill_line_tables(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    staged: StagedFile,
) -> None:
    """Find the lines of broken records and the lines that are no row: those and blank ones."""
    _clear_line_tables(connection)
    records = connection.execute(
        "select byte_position, line_count from broken_records order by rowid"
    ).fetchall()
    broken_lines, blank_lines = number_lines(file, contract.encoding, staged.header, records)
    for batch in _batches(broken_lines):
        connection.execute("insert into broken_lines select unnest(?::bigint[])", [batch])
    for batch in _batches(blank_lines):
        connection.execute("insert into skipped_lines select unnest(?::bigint[]), 1", [batch])
    connection.execute(
        "insert into skipped_lines select line_number, line_count"
        " from broken_lines positional join broken_records"
    )


def _clear_line_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create or replace temporary table broken_lines (line_number bigint)")
    connection.execute(
        "create or replace temporary table skipped_lines (first_line bigint, line_count bigint)"
    )


def _batches(lines: array) -> Iterator[list[int]]:
    for start in range(0, len(lines), _BATCH_SIZE):
        yield lines[start : start + _BATCH_SIZE].tolist()


def _count_newlines(staged: StagedFile) -> str:
    """SQL for the line feeds inside a row's values; only text and refused cells can hold them."""
    texts = [quoted(name) for name, sql_type in staged.columns.items() if sql_type == "VARCHAR"]
    texts.append("array_to_string(list_transform(_problems, lambda cell: cell.value), '')")
    # Looking for a line feed first is much faster than counting in every value.
    counts = [
        f"case when contains({text}, chr(10))"
        f" then strlen({text}) - strlen(replace({text}, chr(10), '')) else 0 end"
        for text in texts
    ]
    return " + ".join(counts)
