"""What a publish is made from, and what of it changed: the reasons for a restatement."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestration.lib.settings import Settings

# Vars that choose what dbt compiles, and change no number.
_VARS_WITHOUT_MEANING = ("board_language", "explain", "kpi_dimensions")
_LANDED_TABLES = "landing.files"
# Looks for the newest event in every table, and so would make every KPI depend on every table. A
# later as-of date moves no period that has ended.
_REPORTING_DATES = "int_reporting_dates"


@dataclass(frozen=True)
class Lineage:
    """What a KPI version is made of: names of models, seeds and macros, and of raw tables."""

    definitions: frozenset[str]
    raw_tables: frozenset[str]


@dataclass(frozen=True)
class PublicationBasis:
    """Settings and definitions that a publish is made from.

    `settings` are texts by name, `definitions` checksums by name of model, seed or macro, and
    `lineages` has each KPI version's part of them.
    """

    settings: dict[str, str]
    definitions: dict[str, str]
    lineages: dict[tuple[str, int], Lineage]


@dataclass(frozen=True)
class LandedRows:
    """What landed in a raw table between two publishes, in keys."""

    table: str
    new_count: int
    changed_count: int
    deleted_count: int


def read_basis(settings: Settings, manifest: dict[str, Any]) -> PublicationBasis:
    """The basis of what was built from a manifest with these settings."""
    nodes = {**manifest["nodes"], **manifest["sources"], **manifest["macros"]}

    lineages = {}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "model" and node["schema"] == "kpis":
            members = [nodes[member] for member in _ancestors(unique_id, nodes)]
            kpi = node["name"].removeprefix("kpi_")
            lineages[kpi, int(node["version"])] = Lineage(
                frozenset(_name(member) for member in members if _is_definition(member)),
                frozenset(_name(member) for member in members if _is_raw_table(member)),
            )
    return PublicationBasis(
        settings=_settings(settings),
        definitions={
            _name(node): _checksum(node) for node in nodes.values() if _is_definition(node)
        },
        lineages=lineages,
    )


def reason_for(
    kpi: str,
    version: int,
    basis: PublicationBasis,
    earlier_settings: dict[str, str],
    earlier_definitions: dict[str, str],
    landed: list[LandedRows],
) -> tuple[str, str]:
    """Why a value of a KPI version may differ from the publish before: reason and its details."""
    lineage = basis.lineages[kpi, version]
    upstream = [rows for rows in landed if rows.table in lineage.raw_tables]
    definitions = [
        name
        for name in sorted(lineage.definitions)
        if earlier_definitions.get(name) != basis.definitions[name]
    ]
    reasons = {
        "late_or_changed_rows": [
            f"{rows.table}: {rows.new_count:,} new, {rows.changed_count:,} changed"
            for rows in upstream
            if rows.new_count or rows.changed_count
        ],
        "deleted_rows": [
            f"{rows.table}: {rows.deleted_count:,} deleted"
            for rows in upstream
            if rows.deleted_count
        ],
        "changed_definition": definitions,
        "changed_setting": list(_changed_settings(earlier_settings, basis.settings)),
    }
    found = {reason: details for reason, details in reasons.items() if details}
    details = [detail for details in found.values() for detail in details]
    return " or ".join(found) or "unknown", "; ".join(details)


def _changed_settings(earlier: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for name in sorted({*earlier, *now}):
        if earlier.get(name) != now.get(name):
            yield f"{name}: {earlier.get(name, 'not set')} → {now.get(name, 'not set')}"


def _settings(settings: Settings) -> dict[str, str]:
    values = {
        name: json.dumps(value, sort_keys=True)
        for name, value in settings.dbt_vars.items()
        if name not in _VARS_WITHOUT_MEANING
    }
    return {**values, "enabled sources": ", ".join(settings.sources), "engine": settings.target}


def _ancestors(unique_id: str, nodes: dict[str, Any]) -> set[str]:
    """A node with all that it is made of; macros may call each other in circles."""
    found = {unique_id}
    waiting = [unique_id]
    while waiting:
        node = nodes[waiting.pop()]
        if node["name"] == _REPORTING_DATES:
            continue
        parents = {parent for parent in _parents(node) if parent in nodes}
        waiting += parents - found
        found |= parents
    return found


def _parents(node: dict[str, Any]) -> list[str]:
    depends_on = node.get("depends_on", {})
    return [*depends_on.get("nodes", []), *depends_on.get("macros", [])]


def _is_definition(node: dict[str, Any]) -> bool:
    return node["package_name"] == "sales_kpis" and node["resource_type"] in (
        "model",
        "seed",
        "macro",
    )


def _is_raw_table(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "source" and _name(node) != _LANDED_TABLES


def _name(node: dict[str, Any]) -> str:
    if node["resource_type"] == "source":
        return f"{node['source_name']}.{node['name']}"
    if node["resource_type"] == "macro":
        return f"macro {node['name']}"
    return node.get("alias") or node["name"]


def _checksum(node: dict[str, Any]) -> str:
    """Eight bytes are enough to see a change, and a publish keeps two hundred of them."""
    text = node["macro_sql"] if node["resource_type"] == "macro" else node["checksum"]["checksum"]
    return hashlib.sha256(text.encode()).hexdigest()[:16]
