"""The header-only export files of `make templates`."""

import csv
import os
import subprocess
import sys
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import pytest

from orchestration.lib.contracts import TableContract, read_contracts
from orchestration.lib.landing import land_table, open_raw
from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import PROJECT_FOLDER, Settings

ENTITY_COUNT = 16


@pytest.fixture(scope="module")
def written(
    demo_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, str]:
    """Settings of a landing folder with templates, and what the command said."""
    settings = Settings(
        tmp_path_factory.mktemp("templates"), demo_warehouse.warehouse_folder, ("crm",)
    )
    command = subprocess.run(
        [sys.executable, "-m", "orchestration.templates"],
        cwd=PROJECT_FOLDER,
        env={
            **os.environ,
            "SALES_KPIS_LANDING": str(settings.landing_folder),
            "SALES_KPIS_WAREHOUSE": str(settings.warehouse_folder),
            "SALES_KPIS_SOURCES": "crm",
        },
        capture_output=True,
        text=True,
    )
    assert command.returncode == 0, command.stderr
    return settings, command.stdout


@pytest.fixture(scope="module")
def contracts(written: tuple[Settings, str]) -> dict[str, TableContract]:
    settings, _ = written
    return {contract.table_name: contract for contract in read_contracts(read_manifest(settings))}


def template_folder(written: tuple[Settings, str]) -> Path:
    return written[0].landing_folder / "templates" / "crm"


def test_there_is_a_template_of_every_table_with_its_header_alone(
    written: tuple[Settings, str], contracts: dict[str, TableContract]
) -> None:
    files = {file.name: file.read_text() for file in template_folder(written).iterdir()}

    assert len(files) == ENTITY_COUNT
    assert files == {
        f"{table}.csv": ",".join(contract.column_names) + "\n"
        for table, contract in contracts.items()
    }
    assert files["reps.csv"].startswith("rep_id,rep_name,role,team,region,country,time_zone,")


def test_each_template_has_a_name_that_lands_in_its_own_table(
    written: tuple[Settings, str], contracts: dict[str, TableContract]
) -> None:
    for file in template_folder(written).iterdir():
        tables = [
            table for table, contract in contracts.items() if fnmatch(file.name, contract.files)
        ]
        assert tables == [file.stem]


def test_the_command_says_where_the_templates_are_and_where_they_go(
    written: tuple[Settings, str],
) -> None:
    settings, said = written

    assert f"Wrote 16 templates to {template_folder(written)}" in said
    assert f"copy those you fill to {settings.landing_folder / 'crm'}." in said


def test_templates_do_not_land_where_they_are(written: tuple[Settings, str]) -> None:
    assert not (written[0].landing_folder / "crm").exists()


def test_a_template_that_was_filled_lands(
    written: tuple[Settings, str], contracts: dict[str, TableContract], tmp_path: Path
) -> None:
    filled_file = tmp_path / "landing" / "crm" / "accounts.csv"
    filled_file.parent.mkdir(parents=True)
    filled_file.write_text((template_folder(written) / "accounts.csv").read_text())
    with filled_file.open("a", newline="") as stream:
        account = {"account_id": "A1", "account_name": "Bakery, Inc.", "region": "North"}
        csv.DictWriter(stream, contracts["accounts"].column_names).writerow(account)

    with open_raw(tmp_path / "raw.duckdb") as connection:
        landing = land_table(
            connection,
            contracts["accounts"],
            tmp_path / "landing",
            datetime(2026, 10, 1, 3),
            lambda message: None,
        )
        accounts = connection.execute(
            "select account_id, account_name, segment, region, created_at from raw_crm.accounts"
        ).fetchall()

    assert landing.errors == ()
    assert landing.rejected_count == 0
    assert accounts == [("A1", "Bakery, Inc.", None, "North", None)]
