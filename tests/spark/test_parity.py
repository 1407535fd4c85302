"""The same numbers on Spark, with executors in processes of their own, as on DuckDB."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.settings import Settings

from .builds import build_twice, write_demo_exports
from .parity import differences


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    """The demo company, published by both."""
    folder = tmp_path_factory.mktemp("parity")
    write_demo_exports(folder / "landing")
    command = ["build", "--resource-type", "model", "--resource-type", "seed"]
    # a moment at which all had landed, so that row versions are looked up on Spark too
    command += ["--vars", json.dumps({"known_at": "2100-01-01 00:00:00"})]
    on_duckdb, on_spark, _ = build_twice(folder, folder / "landing", "crm", command)
    return on_duckdb, on_spark


def test_every_published_row_is_the_same(published: tuple[Settings, Settings]) -> None:
    on_duckdb, on_spark = published
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []


def test_a_difference_names_the_kpi_the_cell_and_both_values(
    published: tuple[Settings, Settings], tmp_path: Path
) -> None:
    on_duckdb, _ = published
    changed_file = tmp_path / "changed.duckdb"
    shutil.copy(on_duckdb.published_file, changed_file)
    changed_file.chmod(0o644)
    with duckdb.connect(str(changed_file)) as connection:
        value = connection.execute(
            "update kpis.kpi_revenue_v1 set kpi_value = kpi_value + 1"
            " where period_grain = 'month' and period_start_date = '2026-03-01'"
            " and dimension = 'total' returning kpi_value"
        ).fetchone()[0]
    found = "\n".join(differences(on_duckdb.published_file, changed_file))
    assert "kpis.kpi_revenue_v1, month 2026-03-01 total (all)" in found
    assert f"'kpi_value': {value - 1}" in found and f"'kpi_value': {value}" in found
