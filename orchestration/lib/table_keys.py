"""The keys of the published tables: what dbt checks, and those of the history of publishing."""

from typing import Any

from orchestration.lib.publication_tables import CELL_COLUMNS

# Tables that dbt does not make, or whose rows are those of tables with a key.
_OTHER_KEYS = {
    "reporting.kpi_publications": (*CELL_COLUMNS, "publish_id"),
    "reporting.kpi_restatements": (*CELL_COLUMNS, "publish_id"),
    "reporting.kpi_values": CELL_COLUMNS,
    "reporting.kpi_version_differences": CELL_COLUMNS,
    "reporting.period_closes": ("period_grain", "period_start_date"),
    "reporting.publication": ("publish_id",),
    "reporting.publications": ("publish_id",),
    "reporting.refresh_runs": ("run_id",),
}


def table_keys(manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The columns of each key, by `schema.table`; a table without one is left out.

    A key is a model's constraint, else what a test of dbt finds unique.
    """
    nodes = manifest["nodes"]
    keys = dict(_OTHER_KEYS)
    for test in nodes.values():
        columns = _unique_columns(test)
        if columns:
            keys[_table(nodes[test["attached_node"]])] = columns
    for model in nodes.values():
        for constraint in model.get("constraints") or []:
            if constraint["type"] == "primary_key":
                keys[_table(model)] = tuple(constraint["columns"])
    return keys


def _unique_columns(node: dict[str, Any]) -> tuple[str, ...]:
    """The columns of a test of uniqueness; none for any other node."""
    test = node.get("test_metadata") or {}
    if test.get("name") == "unique":
        return (node["column_name"],)
    if test.get("name") == "unique_combination":
        return tuple(test["kwargs"]["columns"])
    return ()


def _table(node: dict[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"
