"""The page about models that `make docs` writes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.lib.docs_page import write_docs_page

MANIFEST = {
    "metadata": {},
    "nodes": {
        "model.sales_kpis.dim_reps": {
            "unique_id": "model.sales_kpis.dim_reps",
            "resource_type": "model",
            "database": "build",
            "schema": "core",
            "alias": "dim_reps",
            "description": "Ends a script: </script><script>alert(1)</script>",
            "config": {"materialized": "table"},
            "columns": {"rep_id": {"name": "rep_id", "data_type": "string"}},
        },
        "test.sales_kpis.law": {"unique_id": "test.sales_kpis.law", "resource_type": "test"},
    },
    "sources": {
        "source.sales_kpis.crm.reps": {
            "unique_id": "source.sales_kpis.crm.reps",
            "database": "raw",
            "schema": "raw_crm",
            "identifier": "reps",
            "config": {},
            "columns": {},
        }
    },
}


@pytest.fixture
def page(tmp_path: Path) -> str:
    file = tmp_path / "docs.html"
    write_docs_page(MANIFEST, file)
    return file.read_text()


def inlined(page: str, name: str) -> Any:
    """What the page's own script is given."""
    start = re.search(rf"[{{,]{name}:(?={{)", page).end()
    content, _ = json.JSONDecoder().raw_decode(page[start:])
    return content


def test_the_page_holds_the_manifest(page: str) -> None:
    assert inlined(page, "manifest") == MANIFEST
    assert "INLINE DATA" not in page


def test_the_columns_have_the_types_of_their_contract(page: str) -> None:
    catalog = inlined(page, "catalog")

    assert catalog["nodes"].keys() == {"model.sales_kpis.dim_reps"}
    assert catalog["sources"].keys() == {"source.sales_kpis.crm.reps"}
    (column,) = catalog["nodes"]["model.sales_kpis.dim_reps"]["columns"].values()
    assert column == {"name": "rep_id", "index": 1, "type": "string"}


def test_no_description_ends_the_script_of_the_page(page: str) -> None:
    assert "</script><script>alert(1)" not in page


def test_the_page_loads_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?(https?:)?//", page)
