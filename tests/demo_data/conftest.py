"""A small demo CRM: exported on the first and then on the last day of a month."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.lib.demo_data import write_demo_data

SCALE = 40_000
FIRST_DAY = date(2026, 9, 1)
LAST_DAY = date(2026, 9, 30)
INCREMENTS = ("activities", "opportunity_stages", "survey_responses")
SOURCES_FILE = Path(__file__).parents[2] / "models/staging/crm/_crm__sources.yml"


def write(folder: Path, as_of: date, seed: int = 1) -> None:
    """Write the demo CRM of the tests without a word."""
    write_demo_data(folder, scale=SCALE, as_of=as_of, seed=seed, report=lambda _: None)


@pytest.fixture(scope="session")
def contract() -> dict[str, list[str]]:
    """Columns of every table of the plain export format."""
    tables = yaml.safe_load(SOURCES_FILE.read_text())["sources"][0]["tables"]
    return {table["name"]: [column["name"] for column in table["columns"]] for table in tables}


@pytest.fixture(scope="session")
def first_export(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files of the first day, before the history goes on in the same folder."""
    folder = tmp_path_factory.mktemp("grown")
    write(folder, FIRST_DAY)
    return {"folder": bytes(folder)} | files_of(folder)


@pytest.fixture(scope="session")
def grown_folder(first_export: dict[str, bytes]) -> Path:
    """Folder that was exported on the first day and went on to the last."""
    folder = Path(first_export["folder"].decode())
    write(folder, LAST_DAY)
    return folder


@pytest.fixture(scope="session")
def direct_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that was exported on the last day only."""
    folder = tmp_path_factory.mktemp("direct")
    write(folder, LAST_DAY)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of each CSV file by its name."""
    return {file.name: file.read_bytes() for file in folder.glob("*.csv")}


@pytest.fixture(scope="session")
def crm(grown_folder: Path, contract: dict[str, list[str]]) -> duckdb.DuckDBPyConnection:
    """Tables of texts as of the last day, and `<table>_before` as of the first."""
    connection = duckdb.connect()
    for table in contract:
        newest = f"{table}_*" if table in INCREMENTS else f"{table}_{LAST_DAY}"
        _read(connection, table, grown_folder / f"{newest}.csv")
        if table not in INCREMENTS:
            _read(connection, f"{table}_before", grown_folder / f"{table}_{FIRST_DAY}.csv")
    return connection


def _read(connection: duckdb.DuckDBPyConnection, table: str, files: Path) -> None:
    connection.execute(
        f"create table {table} as select * from read_csv('{files}', all_varchar = true, "
        "header = true, delim = ',', quote = '\"', union_by_name = true)"
    )
