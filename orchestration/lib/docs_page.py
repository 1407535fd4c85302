"""dbt's page about the project, as one file that needs no server and no network."""

import json
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

_RELATIONS = ("model", "seed")


def write_docs_page(manifest: dict[str, Any], file: Path) -> None:
    """Write the page with everything that the manifest says.

    This is what `dbt docs generate --static` writes, but for the types of columns: they are those
    of the contracts, so that no database is opened while a refresh builds in it.
    """
    page = Path(DOCS_INDEX_FILE_PATH).read_text()
    page = page.replace('"MANIFEST.JSON INLINE DATA"', _json_in_script(manifest))
    page = page.replace('"CATALOG.JSON INLINE DATA"', _json_in_script(_catalog(manifest)))
    file.write_text(page)


def _catalog(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a database would say of the tables, as far as they are declared."""
    return {
        "metadata": {},
        "nodes": {
            unique_id: _table(node, node["alias"])
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] in _RELATIONS
        },
        "sources": {
            unique_id: _table(source, source["identifier"])
            for unique_id, source in manifest["sources"].items()
        },
        "errors": None,
    }


def _table(node: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "unique_id": node["unique_id"],
        "metadata": {
            "database": node["database"],
            "schema": node["schema"],
            "name": name,
            "type": "view" if node["config"].get("materialized") == "view" else "table",
        },
        "columns": {
            column["name"]: {
                "name": column["name"],
                "index": number,
                "type": column["data_type"] or "",
            }
            for number, column in enumerate(node["columns"].values(), start=1)
        },
        "stats": {},
    }


def _json_in_script(content: dict[str, Any]) -> str:
    """JSON that no text in it can end the page's script with."""
    return json.dumps(content).replace("</", "<\\/")
