"""Read one file into a staging table with DuckDB's readers: text first, then strict casts.

The staging table `landing.staged_rows` has the data columns in their declared types (null where a
cell was refused), `_row_hash`, and for a bad row `_problems` (a list of column, value, reason) and
`_row_text`. Its rows are in the order of the file. Lines that cannot be split into columns at all
end up in the temporary table `broken_records`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb

from orchestration.lib.contracts import RESERVED_COLUMNS, TableContract
from orchestration.lib.database_files import is_about_full_disk
from orchestration.lib.landing_casts import (
    quoted,
    refusal_reason,
    row_hash,
    strict_cast,
    text_literal,
)
from orchestration.lib.landing_files import (
    Header,
    LandingError,
    LandingFile,
    read_header,
    safe_name,
)
from orchestration.lib.landing_tables import STAGED_ROWS

MAXIMUM_BROKEN_RECORDS = 1_000_000
# A delimiter that no line of JSON has: control characters are escaped in JSON.
_NO_DELIMITER = "\x1f\x1e"
_MAXIMUM_JSON_LINE_BYTES = 16 << 20
_READ_ERRORS = (
    duckdb.InvalidInputException,
    duckdb.IOException,
    duckdb.ConversionException,
    duckdb.NotImplementedException,
)


@dataclass(frozen=True)
class StagedFile:
    """What was staged: the data columns with their types, and the header that precedes them."""

    columns: dict[str, str]
    header: Header


@dataclass(frozen=True)
class _TextRows:
    """A query with the file's columns as text: `columns` maps a name in the file to SQL.

    `row_text` is SQL for the whole row, `row_problem` for what is wrong with it, null if nothing.
    """

    query: str
    columns: dict[str, str]
    row_text: str | None
    row_problem: str
    header: Header


def stage_file(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    file: LandingFile,
    raw_types: dict[str, str],
) -> StagedFile:
    """Read `file` into the staging table; `raw_types` are the types of the raw table's columns.

    Raises LandingError for a file that cannot be read, or whose columns do not fit the contract.
    """
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")
    readers = {"csv": _csv_rows, "json": _json_rows, "parquet": _parquet_rows}
    with safe_name(file) as path:
        try:
            rows = readers[file.format](connection, contract, file, path)
            columns = _match_columns(contract, file, list(rows.columns), raw_types)
            with _uncompressed(connection):
                connection.execute(_staging_query(contract, rows, columns))
        except _READ_ERRORS as error:
            if is_about_full_disk(error):
                raise
            raise _unreadable(file, error) from error
    _collect_broken_records(connection, contract, file)
    return StagedFile({name: sql_type for name, (_, sql_type) in columns.items()}, rows.header)


@contextmanager
def _uncompressed(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Write tables without compression: a table that is dropped again is not worth the time."""
    connection.execute("set force_compression = 'uncompressed'")
    try:
        yield
    finally:
        connection.execute("set force_compression = 'auto'")


def _csv_rows(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, file: LandingFile, path: str
) -> _TextRows:
    header = read_header(file, contract)
    names = [f"column_{position}" for position in range(len(header.names))]
    options = {
        "skip": str(header.blank_lines + 1),
        "delim": text_literal(header.delimiter),
        "quote": "'\"'",
        "escape": "'\"'",
        "nullstr": "''",
        "encoding": text_literal(contract.encoding),
    }
    query = _read_lines(path, file, names, options)
    if len(names) == 1:
        # In a file with one column a blank line looks like a row without a value.
        query += f" where {names[0]} is not null"
    _check_duplicates(file, header.names)
    columns = dict(zip(header.names, names, strict=True))
    return _TextRows(query, columns, None, "null", header)


def _json_rows(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, file: LandingFile, path: str
) -> _TextRows:
    options = {
        "delim": text_literal(_NO_DELIMITER),
        "quote": "''",
        "escape": "''",
        "strict_mode": "false",
        "max_line_size": str(_MAXIMUM_JSON_LINE_BYTES),
    }
    lines = _read_lines(path, file, ["line"], options) + " where trim(line) <> ''"
    is_object = "json_valid(line) and json_type(line) = 'OBJECT'"
    names = [
        name
        for (name,) in connection.execute(
            f"select distinct unnest(json_keys(line)) as name from ({lines}) where {is_object}"
            " order by name"
        ).fetchall()
    ]
    _check_duplicates(file, names)
    has_rows = connection.execute(f"select exists (from ({lines}))").fetchone()[0]
    if not has_rows:
        raise LandingError(f"{file.source_file} is empty; export it again, with at least one line.")
    if not names:
        raise LandingError(
            f"{file.source_file} has no line that is a JSON object; write one object a line."
        )
    structure = text_literal(json.dumps(dict.fromkeys(names, "VARCHAR"), ensure_ascii=False))
    query = (
        f"select line, case when not json_valid(line) then 'not valid JSON'"
        " when json_type(line) <> 'OBJECT' then 'not a JSON object' end as line_problem,"
        f" json_transform(case when {is_object} then line end, {structure}) as fields"
        f" from ({lines})"
    )
    columns = {name: f"nullif(fields.{quoted(name)}, '')" for name in names}
    return _TextRows(query, columns, "line", "line_problem", Header((), "", 0, 0))


def _parquet_rows(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, file: LandingFile, path: str
) -> _TextRows:
    query = f"select * from read_parquet({text_literal(path)}, hive_partitioning = false)"
    names = [row[0] for row in connection.execute(f"describe {query}").fetchall()]
    _check_duplicates(file, names)
    columns = {name: f"nullif({quoted(name)}::varchar, '')" for name in names}
    return _TextRows(query, columns, None, "null", Header((), "", 0, 0))


def _read_lines(path: str, file: LandingFile, names: list[str], options: dict[str, str]) -> str:
    types = ", ".join(f"{text_literal(name)}: 'varchar'" for name in names)
    settings = "".join(f", {option} = {value}" for option, value in options.items())
    compression = "gzip" if file.is_compressed else "none"
    return (
        f"select * from read_csv({text_literal(path)}, auto_detect = false, header = false,"
        f" columns = {{{types}}}, compression = '{compression}', store_rejects = true,"
        f" rejects_limit = {MAXIMUM_BROKEN_RECORDS + 1}{settings})"
    )


def _check_duplicates(file: LandingFile, names: list[str] | tuple[str, ...]) -> None:
    lowered = [name.lower() for name in names]
    repeated = sorted({name for name in names if lowered.count(name.lower()) > 1})
    if repeated:
        raise LandingError(
            f"{file.source_file} has more than one column named {', '.join(map(repr, repeated))};"
            " give every column a name of its own."
        )


def _match_columns(
    contract: TableContract, file: LandingFile, names: list[str], raw_types: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """For each column to land, in the order of the raw table: its name in the file and its type."""
    by_name = {name.lower(): name for name in names}
    declared = {column.name.lower() for column in contract.columns}
    unknown = [name for name in names if name.lower() not in declared]
    missing = [name for name in contract.column_names if name.lower() not in by_name]
    if missing:
        raise LandingError(_missing_columns(file, missing, unknown))
    reserved = [name for name in unknown if name.lower() in RESERVED_COLUMNS]
    if reserved:
        raise LandingError(
            f"{file.source_file} has the column {reserved[0]!r}, a name that landing uses itself;"
            " rename it in the export."
        )
    types = {name.lower(): sql_type for name, sql_type in raw_types.items()}
    columns = {
        column.name: (by_name[column.name.lower()], column.sql_type) for column in contract.columns
    }
    for name in unknown:
        columns[name] = (name, types.get(name.lower(), "VARCHAR"))
    return columns


def _missing_columns(file: LandingFile, missing: list[str], unknown: list[str]) -> str:
    lowered = {name.lower(): name for name in unknown}
    hints = []
    for name in missing:
        for similar in get_close_matches(name.lower(), lowered, n=1):
            hints.append(f" Is {lowered[similar]!r} meant to be {name!r}?")
    plural = "s" if len(missing) > 1 else ""
    return (
        f"{file.source_file} misses the declared column{plural}"
        f" {', '.join(map(repr, missing))}; add them to the export, empty if need be."
        + "".join(hints)
    )


def _staging_query(
    contract: TableContract, rows: _TextRows, columns: dict[str, tuple[str, str]]
) -> str:
    """One statement from the file's text to the staging table.

    It must keep the order of the file, so nothing in it may become a join or be materialised.
    """
    texts, casts, refusals, selected = [], [], [], []
    for position, (name, (file_name, sql_type)) in enumerate(columns.items()):
        text, value = f"text_{position}", f"value_{position}"
        is_key = name in contract.key
        texts.append(f"{rows.columns[file_name]} as {text}")
        casts.append(f"{strict_cast(text, sql_type, contract.decimal_separator)} as {value}")
        selected.append(f"{value} as {quoted(name)}")
        if is_key:
            refusals.append((f"coalesce(trim({text}), '') = ''", name, text, "the key is missing"))
        if sql_type != "VARCHAR":
            condition = f"{value} is null and trim({text}) <> ''"
            refusals.append((condition, name, text, refusal_reason(sql_type)))
    row_text = rows.row_text or _row_as_json(list(columns))
    hashed = row_hash(
        (name, f"value_{position}", sql_type)
        for position, (name, (_, sql_type)) in enumerate(columns.items())
    )
    is_bad = " or ".join(
        ["row_problem is not null", *(f"({condition})" for condition, *_ in refusals)]
    )
    return f"""
        create or replace table {STAGED_ROWS} as
        with file_rows as not materialized ({rows.query}),
        text_rows as not materialized (
            select {", ".join(texts)}, {rows.row_problem} as row_problem,
                {rows.row_text or "null"} as file_row_text
            from file_rows
        ),
        typed_rows as not materialized (
            select text_rows.*, {", ".join(casts)} from text_rows
        )
        select
            {", ".join(selected)},
            {hashed} as _row_hash,
            case when {is_bad} then {_problems(refusals)} end as _problems,
            case when {is_bad} then {"file_row_text" if rows.row_text else row_text} end
                as _row_text
        from typed_rows
    """


def _problems(refusals: list[tuple[str, str, str, str]]) -> str:
    cells = [
        f"case when row_problem is null and ({condition}) then {{'column_name':"
        f" {text_literal(name)}, 'value': {text}, 'reason': {text_literal(reason)}}} end"
        for condition, name, text, reason in refusals
    ]
    whole_row = (
        "case when row_problem is not null then {'column_name': null::varchar,"
        " 'value': null::varchar, 'reason': row_problem::varchar} end"
    )
    return f"list_filter([{', '.join([whole_row, *cells])}], lambda cell: cell is not null)"


def _row_as_json(names: list[str]) -> str:
    pairs = ", ".join(
        f"{text_literal(name)}, text_{position}" for position, name in enumerate(names)
    )
    return f"json_object({pairs})::varchar"


def _unreadable(file: LandingFile, error: duckdb.Error) -> LandingError:
    message = str(error)
    if file.format == "parquet":
        return LandingError(
            f"{file.source_file} is not a Parquet file that can be read; export it again, or give"
            " it the ending of what it is."
        )
    if "invalid state" in message:
        return LandingError(
            f"{file.source_file} mixes line endings of Windows and Unix; save it with one kind."
        )
    reason = message.splitlines()[0].removeprefix("Invalid Input Error: ")
    return LandingError(f"{file.source_file} cannot be read ({reason}); check its content.")


def _collect_broken_records(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, file: LandingFile
) -> None:
    """Gather DuckDB's rejects into `broken_records`, one row per record, without blank lines.

    `byte_position` counts from 0; DuckDB's own position may sit on line ends before the record.
    """
    connection.execute(
        "create or replace temporary table broken_records"
        " (byte_position bigint, line_count bigint, reason varchar, row_text varchar)"
    )
    if file.format == "parquet":
        return
    connection.execute(_INSERT_BROKEN_RECORDS, [contract.encoding])
    count = connection.execute("select count(*) from broken_records").fetchone()[0]
    if count > MAXIMUM_BROKEN_RECORDS:
        raise LandingError(
            f"{file.source_file} has more than {MAXIMUM_BROKEN_RECORDS} lines that cannot be"
            " read; check its delimiter and quotes."
        )


_INSERT_BROKEN_RECORDS = """
    insert into broken_records
    with errors as (
        select *, ltrim(csv_line, chr(10) || chr(13)) as row_text
        from reject_errors
        where scan_id = (select max(scan_id) from reject_errors)
    ),
    records as (
        select
            line_byte_position - 1
            + any_value(strlen(csv_line) - strlen(row_text)) as byte_position,
            any_value(rtrim(row_text, chr(10) || chr(13))) as row_text,
            list(error_type) as error_types,
            min(column_idx) as first_column,
            max(column_idx) as last_column
        from errors
        where trim(csv_line, ' ' || chr(10) || chr(13)) <> ''
        group by line_byte_position
    )
    select
        byte_position,
        1 + strlen(row_text) - strlen(replace(row_text, chr(10), '')) as line_count,
        case
            when 'UNQUOTED VALUE' in error_types
                then 'a quote is not closed, or text follows a closing quote'
            when 'INVALID ENCODING' in error_types then 'not valid ' || ?
            when 'LINE SIZE OVER MAXIMUM' in error_types then 'the line is too long'
            when 'TOO MANY COLUMNS' in error_types
                then 'too many columns, ' || last_column || ' at least'
            when 'MISSING COLUMNS' in error_types
                then 'too few columns, only ' || first_column
            else error_types[1]
        end as reason,
        row_text
    from records
    order by byte_position
"""
