"""What takes longer than CI has: dbt's tests on Spark, and a source that brings little."""

import json
from pathlib import Path

import pytest

from tests.conftest import SHARED_DATA

from .builds import build_twice, write_demo_exports
from .parity import differences


def test_every_test_of_dbt_passes_on_spark(tmp_path: Path) -> None:
    write_demo_exports(tmp_path / "landing")
    _, on_spark, results = build_twice(tmp_path, tmp_path / "landing", "crm", ["build"])
    manifest = json.loads((on_spark.dbt_target_folder / "manifest.json").read_text())
    data_tests = {key for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    assert passed == data_tests | manifest["unit_tests"].keys()


@pytest.mark.parametrize("source", ["maven_crm", "superstore"])
def test_a_source_by_itself_gives_the_same_numbers(source: str, tmp_path: Path) -> None:
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    command = ["build", "--resource-type", "model", "--resource-type", "seed"]
    on_duckdb, on_spark, _ = build_twice(tmp_path, SHARED_DATA, source, command)
    assert list(differences(on_duckdb.published_file, on_spark.published_file)) == []
