"""Which columns a column of a model is made from, read from the SQL that dbt compiled."""

import hashlib
import json
import os
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

from orchestration.lib.contracts import RESERVED_COLUMNS

# By name of the column, the unique id and column of each that its value or its filter is made from.
Origins = dict[str, list[tuple[str, str]]]


def read_column_lineage(manifest: dict[str, Any], target_folder: Path) -> dict[str, Origins]:
    """The origins of every column that the last build's models have, by the model's unique id.

    Models that were never built are left out, and so are those whose SQL cannot be read. To read
    all of them takes some seconds, so that a file beside the compiled SQL keeps what was read, and
    only models whose SQL changed are read again.
    """
    file = target_folder / "column_lineage.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    lineages: dict[str, Any] = {}
    for unique_id in _parents_first(manifest):
        node = manifest["nodes"][unique_id]
        sql_file = target_folder / "compiled" / node["package_name"] / node["original_file_path"]
        if not sql_file.exists():
            continue
        sql = sql_file.read_text()
        parents = {
            parent: _columns(manifest, lineages, parent) for parent in node["depends_on"]["nodes"]
        }
        digest = hashlib.sha256(f"{sql} {parents}".encode()).hexdigest()
        if kept.get(unique_id, {}).get("digest") == digest:
            lineages[unique_id] = kept[unique_id]
            continue
        try:
            lineages[unique_id] = {"digest": digest, "origins": _origins(manifest, sql, parents)}
        except SqlglotError:
            continue
    if lineages != kept:
        new_file = file.with_name(f"{file.name}.{os.getpid()}")
        new_file.write_text(json.dumps(lineages))
        new_file.replace(file)
    return {
        unique_id: {
            column: [(parent, name) for parent, name in origins]
            for column, origins in model["origins"].items()
        }
        for unique_id, model in lineages.items()
    }


def _parents_first(manifest: dict[str, Any]) -> list[str]:
    models = {
        unique_id: node["depends_on"]["nodes"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    order = TopologicalSorter(models).static_order()
    return [unique_id for unique_id in order if unique_id in models]


def _columns(manifest: dict[str, Any], lineages: dict[str, Any], unique_id: str) -> list[str]:
    """The columns of a model as its SQL has them; of a seed or a raw table as declared."""
    if unique_id in lineages:
        return list(lineages[unique_id]["origins"])
    if unique_id in manifest["sources"]:
        return [*manifest["sources"][unique_id]["columns"], *RESERVED_COLUMNS]
    return list(manifest["nodes"][unique_id]["columns"])


def _origins(manifest: dict[str, Any], sql: str, parents: dict[str, list[str]]) -> Origins:
    schema: dict[str, Any] = {}
    tables = {}
    for unique_id, columns in parents.items():
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        name = (node["database"], node["schema"], node.get("alias") or node["identifier"])
        tables[name] = unique_id
        schema.setdefault(name[0], {}).setdefault(name[1], {})[name[2]] = dict.fromkeys(
            columns, "unknown"
        )
    dialect = manifest["metadata"]["adapter_type"]
    # One call for all columns: what they share is read once.
    nodes = lineage(None, sql, schema=schema, dialect=dialect, trim_selects=False)
    return {column: sorted(_leaves(node, tables)) for column, node in nodes.items()}


def _leaves(node: Node, tables: dict[tuple[str, str, str], str]) -> set[tuple[str, str]]:
    """The columns of tables that a column is made from, each node looked at once."""
    leaves = set()
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        waiting += current.downstream
        table = current.expression
        if isinstance(table, exp.Table) and (table.catalog, table.db, table.name) in tables:
            leaves.add(
                (tables[table.catalog, table.db, table.name], exp.to_column(current.name).name)
            )
    return leaves
