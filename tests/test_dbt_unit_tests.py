"""dbt's own unit tests, which the nightly refresh leaves out."""

import json
import shutil
import subprocess
from pathlib import Path

from orchestration.lib.manifest import DBT
from orchestration.lib.settings import PROJECT_FOLDER, Settings


def test_every_dbt_unit_test_passes(demo_warehouse: Settings, tmp_path: Path) -> None:
    # dbt opens the build file to write, for which other tests need not wait
    shutil.copy(demo_warehouse.build_file, tmp_path)
    target = tmp_path / "dbt"
    run = subprocess.run(
        [DBT, "--quiet", "test", "--select", "test_type:unit", "--target-path", str(target)],
        cwd=PROJECT_FOLDER,
        env={**demo_warehouse.dbt_environment, "SALES_KPIS_BUILD": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    results = json.loads((target / "run_results.json").read_text())["results"]
    unit_tests = json.loads((target / "manifest.json").read_text())["unit_tests"]
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    assert passed == unit_tests.keys() and passed
