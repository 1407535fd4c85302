"""Which runs have lost their process, seen from another one."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.lib.run_processes import forget_run, has_died, run_file
from orchestration.lib.settings import PROJECT_FOLDER
from orchestration.lib.warehouse_folder import WarehouseFolderError

# Says `running` and goes on until a line of input comes.
RUN = """
import sys
from pathlib import Path
from orchestration.lib.run_processes import run_file

with run_file(Path(sys.argv[1]), "a-run"):
    print("running", flush=True)
    sys.stdin.readline()
"""


def start_run(warehouse_folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(warehouse_folder)],
        cwd=PROJECT_FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "running\n"
    return process


def test_a_run_whose_process_was_killed_has_died(tmp_path: Path) -> None:
    process = start_run(tmp_path)
    alive = has_died(tmp_path, "a-run")

    process.kill()
    process.communicate()

    assert not alive
    assert has_died(tmp_path, "a-run")


def test_a_run_that_ended_has_not_died(tmp_path: Path) -> None:
    process = start_run(tmp_path)

    process.communicate("end\n")

    assert not has_died(tmp_path, "a-run")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_that_failed_has_not_died(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="dbt failed"):
        with run_file(tmp_path, "a-run"):
            raise RuntimeError("dbt failed")

    assert not has_died(tmp_path, "a-run")


def test_a_run_that_has_not_begun_has_not_died(tmp_path: Path) -> None:
    assert not has_died(tmp_path, "a-run")

    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a-run.lock").touch()
    assert not has_died(tmp_path, "a-run")


def test_a_dead_run_is_forgotten(tmp_path: Path) -> None:
    process = start_run(tmp_path)
    process.kill()
    process.communicate()

    forget_run(tmp_path, "a-run")

    assert not has_died(tmp_path, "a-run")


def test_a_warehouse_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse").write_text("a file where the folder should be")

    with pytest.raises(WarehouseFolderError, match="warehouse cannot be written"):
        with run_file(tmp_path / "warehouse", "a-run"):
            pass
