"""The landing contract of a raw table, as declared in the dbt source YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MODES = ("snapshot", "increment")
ENCODINGS = ("utf-8", "latin-1")
DELIMITERS = {",": ",", ";": ";", "\t": "\t", "tab": "\t"}
DECIMAL_SEPARATORS = (".", ",")
REQUIRED_OPTIONS = ("files", "mode", "key")
OPTIONAL_OPTIONS = (
    "delimiter",
    "encoding",
    "decimal_separator",
    "cursor",
    "maximum_rejected_share",
    "maximum_deleted_share",
)
# Landing adds these columns to the raw tables or uses them while it reads a file; `rowid` is
# DuckDB's own name for the position of a row.
RESERVED_COLUMNS = (
    "_landed_at",
    "_landing_id",
    "_source_file",
    "_row_hash",
    "_is_deleted",
    "_superseded_at",
    "_problems",
    "_row_text",
    "rowid",
)
_SQL_TYPES = {
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "text": "VARCHAR",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_DECIMAL = re.compile(r"(?:decimal|numeric)\(\s*(\d+)\s*,\s*(\d+)\s*\)")


class ContractError(Exception):
    """A source table is declared in a way that cannot be landed; the sentence says what to fix."""


@dataclass(frozen=True)
class ColumnContract:
    """A declared column; `data_type` as in the YAML, `sql_type` as DuckDB spells it."""

    name: str
    data_type: str
    sql_type: str


@dataclass(frozen=True)
class TableContract:
    """How the files of one raw table look and how they are landed.

    `files` is a pattern relative to the folder of the source. `maximum_rejected_share` and
    `maximum_deleted_share` are fractions from 0 to 1. `delimiter` is None where it is detected,
    `decimal_separator` is None where only a point and no thousands separator is accepted, and
    `cursor` is None where the row that lands last is the newest. `rhythm` is the time within which
    the next file is to arrive after the last one, None where none is declared.
    """

    source_name: str
    table_name: str
    schema_name: str
    description: str
    files: str
    mode: str
    key: tuple[str, ...]
    columns: tuple[ColumnContract, ...]
    delimiter: str | None = None
    encoding: str = "utf-8"
    decimal_separator: str | None = None
    cursor: str | None = None
    maximum_rejected_share: float = 0.01
    maximum_deleted_share: float = 0.5
    rhythm: timedelta | None = None

    @property
    def full_name(self) -> str:
        return f"{self.source_name}.{self.table_name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def read_contracts(manifest: Mapping[str, Any]) -> list[TableContract]:
    """The contracts of all enabled sources with a `landing` meta in a dbt manifest.

    Sorted by source and table. Sources without `landing` are left out: something else fills them.

    Raises ContractError, naming source and table, for a declaration that cannot be landed.
    """
    contracts = []
    for node in manifest.get("sources", {}).values():
        config = node.get("config") or {}
        meta = config.get("meta") or node.get("meta") or {}
        if config.get("enabled", True) and "landing" in meta:
            contracts.append(_read_contract(node, meta["landing"]))
    return sorted(contracts, key=lambda contract: (contract.source_name, contract.table_name))


def sql_type_of(data_type: str) -> str | None:
    """DuckDB's spelling of a declared type, or None for a type that landing does not know."""
    text = data_type.strip().lower()
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        if not (1 <= precision <= 38 and scale <= precision):
            return None
        return f"DECIMAL({precision},{scale})"
    return _SQL_TYPES.get(text)


def _read_contract(node: Mapping[str, Any], landing: Any) -> TableContract:
    table = f"{node['source_name']}.{node['name']}"
    if not isinstance(landing, Mapping):
        raise ContractError(f"Source {table}: meta.landing must be a mapping.")
    unknown = sorted(set(landing) - set(REQUIRED_OPTIONS) - set(OPTIONAL_OPTIONS))
    if unknown:
        raise ContractError(
            f"Source {table}: unknown landing option {', '.join(map(repr, unknown))};"
            f" the options are {', '.join(REQUIRED_OPTIONS + OPTIONAL_OPTIONS)}."
        )
    missing = [option for option in REQUIRED_OPTIONS if not landing.get(option)]
    if missing:
        raise ContractError(f"Source {table}: landing option {missing[0]!r} is missing.")
    columns = _read_columns(table, node.get("columns") or {})
    names = {column.name for column in columns}
    return TableContract(
        source_name=node["source_name"],
        table_name=node["name"],
        schema_name=node["schema"],
        description=node.get("description") or "",
        files=_read_pattern(table, landing["files"]),
        mode=_one_of(table, "mode", landing["mode"], MODES),
        key=_read_key(table, landing["key"], names),
        columns=columns,
        delimiter=_read_delimiter(table, landing.get("delimiter")),
        encoding=_one_of(table, "encoding", landing.get("encoding", "utf-8"), ENCODINGS),
        decimal_separator=_read_decimal_separator(table, landing.get("decimal_separator")),
        cursor=_read_cursor(table, landing, names),
        maximum_rejected_share=_read_share(table, landing, "maximum_rejected_share", 0.01),
        maximum_deleted_share=_read_share(table, landing, "maximum_deleted_share", 0.5),
        rhythm=_read_rhythm(node),
    )


def _read_rhythm(node: Mapping[str, Any]) -> timedelta | None:
    """What dbt's own `freshness` of the table says; dbt has checked how it is written."""
    freshness = (node.get("config") or {}).get("freshness") or {}
    warn_after = freshness.get("warn_after") or {}
    if not warn_after.get("count"):
        return None
    return timedelta(**{f"{warn_after['period']}s": warn_after["count"]})


def _read_columns(table: str, nodes: Mapping[str, Any]) -> tuple[ColumnContract, ...]:
    columns: list[ColumnContract] = []
    for node in nodes.values():
        name, data_type = node["name"], node.get("data_type")
        if not data_type:
            raise ContractError(f"Source {table}: column {name!r} has no data_type.")
        sql_type = sql_type_of(data_type)
        if sql_type is None:
            raise ContractError(
                f"Source {table}: column {name!r} has the data_type {data_type!r}, which landing"
                f" does not know; use decimal(p,s) or one of {', '.join(_SQL_TYPES)}."
            )
        if name.lower() in RESERVED_COLUMNS:
            raise ContractError(
                f"Source {table}: column {name!r} has a name that landing uses itself."
            )
        if name.lower() in {column.name.lower() for column in columns}:
            raise ContractError(f"Source {table}: column {name!r} is declared twice.")
        columns.append(ColumnContract(name, data_type, sql_type))
    if not columns:
        raise ContractError(f"Source {table}: no columns are declared.")
    return tuple(columns)


def _read_key(table: str, key: Any, names: set[str]) -> tuple[str, ...]:
    columns = (key,) if isinstance(key, str) else tuple(key)
    for column in columns:
        if column not in names:
            raise ContractError(f"Source {table}: key column {column!r} is not declared.")
    return columns


def _read_cursor(table: str, landing: Mapping[str, Any], names: set[str]) -> str | None:
    cursor = landing.get("cursor")
    if cursor is None:
        return None
    if landing["mode"] != "increment":
        raise ContractError(f"Source {table}: a cursor needs the mode 'increment'.")
    if cursor not in names:
        raise ContractError(f"Source {table}: cursor column {cursor!r} is not declared.")
    return cursor


def _read_pattern(table: str, pattern: Any) -> str:
    if not isinstance(pattern, str) or pattern.startswith("/") or ".." in pattern.split("/"):
        raise ContractError(
            f"Source {table}: files {pattern!r} must be a pattern inside the source's folder."
        )
    return pattern


def _read_delimiter(table: str, delimiter: Any) -> str | None:
    if delimiter is None:
        return None
    return DELIMITERS[_one_of(table, "delimiter", delimiter, tuple(DELIMITERS))]


def _read_decimal_separator(table: str, separator: Any) -> str | None:
    if separator is None:
        return None
    return _one_of(table, "decimal_separator", separator, DECIMAL_SEPARATORS)


def _read_share(table: str, landing: Mapping[str, Any], option: str, default: float) -> float:
    share = landing.get(option, default)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ContractError(f"Source {table}: {option} {share!r} is not a fraction from 0 to 1.")
    return float(share)


def _one_of(table: str, option: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        names = ", ".join(map(repr, allowed))
        raise ContractError(f"Source {table}: {option} {value!r} is not one of {names}.")
    return value
