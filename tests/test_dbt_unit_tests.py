"""dbt's own unit tests, which the nightly refresh leaves out."""

import json
import subprocess

from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings


def test_every_dbt_unit_test_passes(demo_warehouse: Settings) -> None:
    target = demo_warehouse.warehouse_folder / "unit_tests"
    run = subprocess.run(
        [DBT, "--quiet", "test", "--select", "test_type:unit", "--target-path", str(target)],
        cwd=PROJECT_FOLDER,
        env=demo_warehouse.dbt_environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    results = json.loads((target / "run_results.json").read_text())["results"]
    unit_tests = json.loads((target / "manifest.json").read_text())["unit_tests"]
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    assert passed == unit_tests.keys() and passed
