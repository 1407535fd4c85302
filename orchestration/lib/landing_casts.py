"""SQL expressions that turn text into declared types without DuckDB's leniency, and row hashes.

A plain cast would round 12.7 to a whole number, drop the offset of a timestamp and accept `inf`,
`epoch` or `1_000`. Here a value either means exactly what its text says or it is refused. Two
things are accepted on purpose: more decimals than the scale of a decimal, which are rounded half
away from zero, and a time of midnight on a date.
"""

from collections.abc import Iterable

_PLAIN_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"
_WHOLE_NUMBER = r"[+-]?[0-9]+(\.0+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00(:00(\.0+)?)?)?"
_LOCAL_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
_OFFSET_TIMESTAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r" ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
)
_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


def quoted(name: str) -> str:
    """An SQL identifier for any name, hostile ones included."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """An SQL string literal for any text."""
    return "'" + text.replace("'", "''") + "'"


def strict_cast(text: str, sql_type: str, decimal_separator: str | None) -> str:
    """SQL that casts the SQL expression `text` to `sql_type`; null where that is not exact.

    Timestamps are UTC: a text with an offset is converted, one without is taken as it is.
    """
    if sql_type == "VARCHAR":
        return text
    trimmed = f"trim({text})"
    if sql_type in _WHOLE_TYPES:
        return _cast_if(trimmed, _WHOLE_NUMBER, f"try_cast({trimmed} as {sql_type})")
    if sql_type.startswith("DECIMAL") or sql_type in ("DOUBLE", "FLOAT"):
        return _cast_number(trimmed, sql_type, decimal_separator)
    if sql_type == "BOOLEAN":
        # Not `in (...)`: DuckDB would make it a join, and a join may change the order of the rows.
        return (
            f"case when regexp_full_match({trimmed}, '(?i)true|t|yes|y|1') then true"
            f" when regexp_full_match({trimmed}, '(?i)false|f|no|n|0') then false end"
        )
    if sql_type == "DATE":
        return _cast_if(trimmed, _DATE, f"try_cast(left({trimmed}, 10) as date)")
    if sql_type == "TIMESTAMP":
        # `Z` and `UTC` become an offset that DuckDB reads with and without a blank before it.
        offset = f"regexp_replace({trimmed}, ' ?(Z|z|UTC)$', '+00')"
        offset = f"regexp_replace({offset}, ' ([+-][0-9:]+)$', '\\1')"
        return (
            f"case when regexp_full_match({trimmed}, '{_LOCAL_TIMESTAMP}')"
            f" then try_cast({trimmed} as timestamp)"
            f" when regexp_full_match({trimmed}, '{_OFFSET_TIMESTAMP}')"
            f" then try_cast({offset} as timestamptz) at time zone 'UTC' end"
        )
    raise ValueError(f"No strict cast to {sql_type}.")


def refusal_reason(sql_type: str) -> str:
    """Why a value that `strict_cast` made null was refused, for people."""
    if sql_type in _WHOLE_TYPES:
        return f"not a whole number ({sql_type.lower()})"
    if sql_type == "BOOLEAN":
        return "not true or false"
    if sql_type == "DATE":
        return "not a date (YYYY-MM-DD)"
    if sql_type == "TIMESTAMP":
        return "not a timestamp (YYYY-MM-DD HH:MM:SS, UTC or with an offset)"
    return f"not a number ({sql_type.lower()})"


def row_hash(columns: Iterable[tuple[str, str, str]]) -> str:
    """SQL for the md5 of the given (name, SQL expression, type) triples.

    The text is name=value of the columns that are not null, by name, with a unit separator between
    them; one inside a value is doubled, so that no value can pass for the start of another column.
    Null columns do not count: a column added later leaves the hashes of old rows alone.
    """
    parts = []
    for name, expression, sql_type in sorted(
        (name.lower(), expression, sql_type) for name, expression, sql_type in columns
    ):
        value = f"{expression}::varchar"
        if sql_type == "VARCHAR":
            # Looking first is twice as fast as replacing in every value.
            value = (
                f"case when contains({expression}, chr(31))"
                f" then replace({expression}, chr(31), chr(31) || chr(31)) else {expression} end"
            )
        parts.append(f"{text_literal(name + '=')} || {value}")
    # concat_ws() leaves nulls out, and `||` makes the whole part of a null column null.
    return f"md5(concat_ws(chr(31), {', '.join(parts)}))"


def _cast_number(trimmed: str, sql_type: str, decimal_separator: str | None) -> str:
    plain = _cast_if(trimmed, _PLAIN_NUMBER, f"try_cast({trimmed} as {sql_type})")
    if decimal_separator is None:
        return plain
    thousands = "," if decimal_separator == "." else "."
    separated = (
        rf"[+-]?([0-9]+|[0-9]{{1,3}}([{thousands}][0-9]{{3}})+)([{decimal_separator}][0-9]*)?"
    )
    without_thousands = f"replace({trimmed}, '{thousands}', '')"
    pointed = f"replace({without_thousands}, '{decimal_separator}', '.')"
    return _cast_if(trimmed, separated, f"try_cast({pointed} as {sql_type})")


def _cast_if(text: str, pattern: str, cast: str) -> str:
    return f"case when regexp_full_match({text}, '{pattern}') then {cast} end"
