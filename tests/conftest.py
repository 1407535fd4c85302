"""Warehouses that were built once, for all tests that look at published numbers."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from orchestration.lib.demo_data import write_demo_data
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings

SHARED_DATA = PROJECT_FOLDER.parent / "shared" / "data"
DEMO_SCALE = 20_000
DEMO_AS_OF = date(2026, 9, 16)


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
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Small demo data, landed, built and published."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo_data(
        folder / "landing" / "crm", scale=DEMO_SCALE, as_of=DEMO_AS_OF, report=lambda message: None
    )
    settings = make_settings(folder, folder / "landing", "crm")
    run = refresh(settings, folder / "dagster")
    assert run.returncode == 0, run.stdout + run.stderr
    return settings


@pytest.fixture(scope="session")
def maven_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The real export of Maven, landed, built and published."""
    return publish_shared_data(tmp_path_factory.mktemp("maven"), "maven_crm")


@pytest.fixture(scope="session")
def superstore_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The orders of Superstore, landed, built and published."""
    return publish_shared_data(tmp_path_factory.mktemp("superstore"), "superstore")


def publish_shared_data(folder: Path, source: str) -> Settings:
    """One of the data sets beside the project; skips the test where they are not at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    settings = make_settings(folder, SHARED_DATA, source)
    run = refresh(settings, folder / "dagster")
    assert run.returncode == 0, run.stdout + run.stderr
    return settings
