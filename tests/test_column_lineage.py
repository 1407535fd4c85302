"""Which columns a column of a model is made from."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.lib import column_lineage
from orchestration.lib.column_lineage import read_column_lineage

DEALS = "source.shop.crm.deals"
STAGED = "model.shop.stg_deals"
WON = "model.shop.won"
REGIONS = "seed.shop.regions"
SQL = {
    STAGED: 'select cast(id as varchar) as deal_id, value as amount, * from "raw"."crm"."deals"',
    WON: """
        with deals as (select * from "build"."staging"."stg_deals"),
        counted as (
            select regions.region, sum(deals.amount) filter (where deals.is_won) as revenue
            from deals
            inner join "build"."core"."regions" as regions on deals.region_id = regions.region_id
            group by grouping sets ((), (regions.region))
        )
        select coalesce(region, '(all)') as region, revenue / 100 as revenue, count(*) as row_count
        from counted
        group by all
    """,
}


def node(unique_id: str, schema: str, parents: list[str], columns: list[str]) -> dict[str, Any]:
    kind, _, name = unique_id.split(".")
    return {
        "unique_id": unique_id,
        "resource_type": kind,
        "package_name": "shop",
        "original_file_path": f"{name}.sql",
        "database": "build",
        "schema": schema,
        "alias": name,
        "columns": dict.fromkeys(columns, {}),
        "depends_on": {"nodes": parents},
    }


MANIFEST = {
    "metadata": {"adapter_type": "duckdb"},
    "nodes": {
        WON: node(WON, "core", [STAGED, REGIONS], []),
        STAGED: node(STAGED, "staging", [DEALS], []),
        REGIONS: node(REGIONS, "core", [], ["region_id", "region"]),
    },
    "sources": {
        DEALS: {
            "database": "raw",
            "schema": "crm",
            "identifier": "deals",
            "columns": dict.fromkeys(["id", "value", "is_won", "region_id"], {}),
        }
    },
}


@pytest.fixture
def target_folder(tmp_path: Path) -> Path:
    for unique_id, sql in SQL.items():
        write_compiled(tmp_path, unique_id, sql)
    return tmp_path


def write_compiled(target_folder: Path, unique_id: str, sql: str) -> None:
    file = target_folder / "compiled" / "shop" / MANIFEST["nodes"][unique_id]["original_file_path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sql)


def test_a_column_comes_from_the_parents_columns_that_it_is_computed_from(
    target_folder: Path,
) -> None:
    lineage = read_column_lineage(MANIFEST, target_folder)

    assert lineage[STAGED]["deal_id"] == [(DEALS, "id")]
    assert lineage[WON] == {
        "region": [(REGIONS, "region")],
        # through a star of the parent, and with what a filter looks at
        "revenue": [(STAGED, "amount"), (STAGED, "is_won")],
        "row_count": [],
    }


def test_models_that_were_never_built_are_left_out(target_folder: Path) -> None:
    (target_folder / "compiled" / "shop" / "won.sql").unlink()

    assert read_column_lineage(MANIFEST, target_folder).keys() == {STAGED}


def test_a_model_whose_sql_cannot_be_read_is_left_out(target_folder: Path) -> None:
    write_compiled(target_folder, WON, "select (from")

    assert read_column_lineage(MANIFEST, target_folder).keys() == {STAGED}


def test_only_what_changed_is_read_again(
    target_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_column_lineage(MANIFEST, target_folder)
    read = []
    real = column_lineage.lineage

    def counted(column: None, sql: str, **options: Any) -> Any:
        read.append(sql)
        return real(column, sql, **options)

    monkeypatch.setattr(column_lineage, "lineage", counted)

    assert read_column_lineage(MANIFEST, target_folder) == first
    assert read == []

    changed = SQL[STAGED].replace("value as", "value + 1 as")
    write_compiled(target_folder, STAGED, changed)
    assert read_column_lineage(MANIFEST, target_folder) == first
    assert read == [changed]

    # a column more reaches the models that read this one
    changed = SQL[STAGED].replace("value as", "value as list_price, value as")
    write_compiled(target_folder, STAGED, changed)
    read.clear()
    assert "list_price" in read_column_lineage(MANIFEST, target_folder)[STAGED]
    assert read == [changed, SQL[WON]]
