"""Contracts are read from the manifest, and a wrong one is named."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from orchestration.lib.contracts import ContractError, read_contracts

COLUMNS = {
    "deal_id": {"name": "deal_id", "data_type": "string"},
    "amount": {"name": "amount", "data_type": "decimal(18,4)"},
    "changed_at": {"name": "changed_at", "data_type": "timestamp"},
}
LANDING = {"files": "deals*", "mode": "increment", "key": ["deal_id"]}


def manifest(landing: object, columns: dict = COLUMNS, **node: object) -> dict:
    source = {
        "source_name": "crm",
        "name": "deals",
        "schema": "raw_crm",
        "description": "Deals.",
        "columns": columns,
        "config": {"enabled": True, "meta": {"landing": landing}},
        **node,
    }
    return {"sources": {"source.project.crm.deals": source}}


def test_a_contract_has_what_is_declared() -> None:
    options = {"cursor": "changed_at", "delimiter": "tab", "maximum_rejected_share": 0.2}
    (contract,) = read_contracts(manifest({**LANDING, **options}))
    assert contract.full_name == "crm.deals"
    assert contract.schema_name == "raw_crm"
    assert contract.key == ("deal_id",)
    assert [column.sql_type for column in contract.columns] == [
        "VARCHAR",
        "DECIMAL(18,4)",
        "TIMESTAMP",
    ]
    assert (contract.cursor, contract.delimiter) == ("changed_at", "\t")
    assert (contract.maximum_rejected_share, contract.maximum_deleted_share) == (0.2, 0.5)


@pytest.mark.parametrize(
    ("freshness", "rhythm"),
    [
        ({"warn_after": {"count": 7, "period": "day"}}, timedelta(days=7)),
        ({"warn_after": {"count": 6, "period": "hour"}}, timedelta(hours=6)),
        # So a manifest says that nothing was declared, and that it was taken back.
        ({"warn_after": {"count": None, "period": None}}, None),
        (None, None),
    ],
)
def test_the_freshness_of_dbt_is_the_rhythm(freshness: object, rhythm: timedelta | None) -> None:
    config = {"meta": {"landing": LANDING}, "freshness": freshness}
    (contract,) = read_contracts(manifest(None, config=config))
    assert contract.rhythm == rhythm


def test_meta_beside_the_config_counts_too() -> None:
    assert read_contracts(manifest(None, config={}, meta={"landing": LANDING}))


def test_disabled_sources_and_those_without_landing_are_left_out() -> None:
    disabled = {"enabled": False, "meta": {"landing": LANDING}}
    assert read_contracts(manifest(None, config=disabled)) == []
    assert read_contracts(manifest(None, config={"meta": {}})) == []


def test_the_plain_export_format_can_be_landed() -> None:
    path = Path(__file__).parents[2] / "models" / "staging" / "crm" / "_crm__sources.yml"
    (source,) = yaml.safe_load(path.read_text())["sources"]
    nodes = {
        table["name"]: {
            **table,
            "source_name": source["name"],
            "schema": source["schema"],
            "columns": {column["name"]: column for column in table["columns"]},
        }
        for table in source["tables"]
    }
    contracts = read_contracts({"sources": nodes})
    assert len(contracts) == len(source["tables"])


@pytest.mark.parametrize(
    ("landing", "message"),
    [
        ({**LANDING, "key": None}, "landing option 'key' is missing"),
        ({"mode": "snapshot", "key": ["deal_id"]}, "landing option 'files' is missing"),
        ({**LANDING, "mode": "append"}, "mode 'append' is not one of"),
        ({**LANDING, "key": ["id"]}, "key column 'id' is not declared"),
        ({**LANDING, "cursor": "updated"}, "cursor column 'updated' is not declared"),
        ({**LANDING, "mode": "snapshot", "cursor": "changed_at"}, "needs the mode 'increment'"),
        ({**LANDING, "encodng": "utf-8"}, "unknown landing option 'encodng'"),
        ({**LANDING, "encoding": "utf-16"}, "encoding 'utf-16' is not one of"),
        ({**LANDING, "delimiter": "|"}, "delimiter '|' is not one of"),
        ({**LANDING, "decimal_separator": "_"}, "decimal_separator '_' is not one of"),
        ({**LANDING, "maximum_deleted_share": 1.5}, "is not a fraction from 0 to 1"),
        ({**LANDING, "files": "../deals*"}, "must be a pattern inside the source's folder"),
        ("deals*", "meta.landing must be a mapping"),
    ],
)
def test_a_wrong_option_is_named(landing: object, message: str) -> None:
    with pytest.raises(ContractError, match="crm.deals") as error:
        read_contracts(manifest(landing))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"name": "deal_id"}, "column 'deal_id' has no data_type"),
        ({"name": "deal_id", "data_type": "money"}, "data_type 'money'"),
        ({"name": "deal_id", "data_type": "decimal(40,2)"}, "data_type 'decimal(40,2)'"),
        ({"name": "_row_hash", "data_type": "string"}, "a name that landing uses itself"),
    ],
)
def test_a_wrong_column_is_named(column: dict, message: str) -> None:
    columns = {"column": column, "key": {"name": "key", "data_type": "string"}}
    with pytest.raises(ContractError, match="crm.deals") as error:
        read_contracts(manifest({**LANDING, "key": ["key"]}, columns))
    assert message in str(error.value)


def test_a_table_without_columns_is_named() -> None:
    with pytest.raises(ContractError, match="crm.deals: no columns are declared"):
        read_contracts(manifest(LANDING, {}))
