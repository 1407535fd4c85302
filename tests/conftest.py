"""Warehouses that were built once, for all tests that look at published numbers."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings

SHARED_DATA = PROJECT_FOLDER.parent / "shared" / "data"
# What takes minutes comes first, so that no process of a run is left with it at the end; the first
# two need nothing that the other one builds.
LONG_FILES = [
    "test_refresh.py",
    "test_kpis_against_oracle.py",
    "test_kills.py",
    "test_superstore.py",
    "test_maven.py",
    "test_definitions.py",
    "test_dbt_unit_tests.py",
]
DEMO_SCALE = 20_000
DEMO_AS_OF = date(2026, 9, 16)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the others stay in their order."""
    places = {name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def refresh(settings: Settings, dagster_home: Path) -> subprocess.CompletedProcess[str]:
    """Run the main job of the README in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.run"],
        cwd=PROJECT_FOLDER,
        env={
            **settings.dbt_environment,
            "SALES_KPIS_LANDING": str(settings.landing_folder),
            "DAGSTER_HOME": str(dagster_home),
            "COLUMNS": "120",
            # seconds of each refresh; test_boards.py looks at it
            "SALES_KPIS_EXPORT_SCORECARD": "no",
        },
        capture_output=True,
        text=True,
    )


def make_settings(folder: Path, landing_folder: Path, sources: str) -> Settings:
    """The settings of a warehouse in a folder of its own."""
    return read_settings(
        {
            "SALES_KPIS_LANDING": str(landing_folder),
            "SALES_KPIS_WAREHOUSE": str(folder / "warehouse"),
            "SALES_KPIS_SOURCES": sources,
        }
    )


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of a test run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def demo_warehouse(shared_folder: Path) -> Settings:
    """Small demo data, landed, built and published."""
    folder = shared_folder / "demo"
    settings = make_settings(folder, folder / "landing", "crm")
    return publish_once(
        settings,
        lambda: write_demo_data(
            settings.landing_folder / "crm",
            scale=DEMO_SCALE,
            as_of=DEMO_AS_OF,
            report=lambda message: None,
        ),
    )


@pytest.fixture(scope="session")
def maven_warehouse(shared_folder: Path) -> Settings:
    """The real export of Maven, landed, built and published."""
    return publish_shared_data(shared_folder / "maven", "maven_crm")


@pytest.fixture(scope="session")
def superstore_warehouse(shared_folder: Path) -> Settings:
    """The orders of Superstore, landed, built and published."""
    return publish_shared_data(shared_folder / "superstore", "superstore")


def publish_shared_data(folder: Path, source: str) -> Settings:
    """One of the data sets beside the project; skips the test where they are not at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    return publish_once(make_settings(folder, SHARED_DATA, source))


def publish_once(settings: Settings, write_exports: Callable[[], None] = lambda: None) -> Settings:
    """Write exports and refresh a warehouse, unless another process of the run does or did."""
    folder = settings.warehouse_folder.parent
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "tests.lock"):
        if not settings.published_file.exists():
            write_exports()
            run = refresh(settings, folder / "dagster")
            assert run.returncode == 0, run.stdout + run.stderr
    return settings
