"""What a KPI version is made of, as the dbt project says."""

from pathlib import Path

import pytest

from orchestration.lib.manifest import read_manifest
from orchestration.lib.publication_basis import PublicationBasis, read_basis
from orchestration.lib.settings import Settings


@pytest.fixture(scope="module")
def basis(demo_warehouse: Settings) -> PublicationBasis:
    return read_basis(demo_warehouse, read_manifest(demo_warehouse))


def test_a_kpi_version_is_made_of_its_models_macros_and_raw_tables(basis: PublicationBasis) -> None:
    lineage = basis.lineages["win_rate", 2]

    assert {
        "kpi_win_rate_v2",
        "fct_opportunities",
        "int_crm__opportunities",
        "stg_crm__opportunities",
        "macro kpi_ratio",
        "macro kpi_table",
    } <= lineage.definitions
    assert "kpi_win_rate_v1" not in lineage.definitions
    assert {"crm.opportunities", "crm.accounts", "crm.reps"} <= lineage.raw_tables
    assert "crm.survey_responses" not in lineage.raw_tables
    assert lineage.definitions <= basis.definitions.keys()


def test_settings_have_the_vars_the_sources_and_the_engine(basis: PublicationBasis) -> None:
    assert basis.settings["reporting_timezone"] == '"UTC"'
    assert basis.settings["enabled sources"] == "crm"
    assert basis.settings["engine"] == "duckdb"
    assert "explain" not in basis.settings


def test_macros_that_call_each_other_are_no_obstacle(tmp_path: Path) -> None:
    """As dbt's own macros do, by what dispatches to an adapter's macro that falls back on it."""
    settings = Settings(tmp_path, tmp_path, ("crm",))
    names = {"package_name": "sales_kpis", "resource_type": "macro", "macro_sql": ""}
    model = {
        "package_name": "sales_kpis",
        "resource_type": "model",
        "schema": "kpis",
        "name": "kpi_revenue",
        "alias": "kpi_revenue_v1",
        "version": 1,
        "checksum": {"checksum": ""},
        "depends_on": {"nodes": [], "macros": ["first"]},
    }
    manifest = {
        "nodes": {"model.sales_kpis.kpi_revenue.v1": model},
        "sources": {},
        "macros": {
            "first": {**names, "name": "first", "depends_on": {"macros": ["second"]}},
            "second": {**names, "name": "second", "depends_on": {"macros": ["first"]}},
        },
    }

    lineage = read_basis(settings, manifest).lineages["revenue", 1]

    assert lineage.definitions == {"kpi_revenue_v1", "macro first", "macro second"}
