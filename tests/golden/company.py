"""The company of the golden run: its CRM, and its KPI tables by the oracle and by the SQL."""

import csv
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import yaml

from orchestration.lib.settings import PROJECT_FOLDER
from tests.compiled_models import CompiledModels, compile_project
from tests.conftest import make_settings
from tests.crm_strategies import canonical
from tests.oracle import KpiRow, Settings, compute_kpis

FOLDER = Path(__file__).parent
CRM_CONTRACT = PROJECT_FOLDER / "models" / "staging" / "crm" / "_crm__sources.yml"
DBT_PROJECT = PROJECT_FOLDER / "dbt_project.yml"

# Both are set, so that no value depends on today or on the newest row.
AS_OF = date(2025, 3, 14)
NEWEST_LANDING = datetime(2025, 3, 21, 4)

# The company's own, so that a holiday added to the seed moves nothing here.
HOLIDAY_TYPES = {"country": "string", "holiday_date": "date", "holiday_name": "string"}
CONVERSIONS: dict[str, Callable[[str], object]] = {
    "string": str,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "decimal(18,4)": Decimal,
    "decimal(18,8)": Decimal,
    "boolean": {"true": True, "false": False}.__getitem__,
}


def read_crm() -> dict[str, list[dict]]:
    """The rows of the company's export, and the holidays of its countries."""
    tables = yaml.safe_load(CRM_CONTRACT.read_text())["sources"][0]["tables"]
    crm = {
        table["name"]: read_rows(
            FOLDER / "crm" / f"{table['name']}.csv",
            {column["name"]: column["data_type"] for column in table["columns"]},
        )
        for table in tables
    }
    return crm | {"holidays": read_rows(FOLDER / "holidays.csv", HOLIDAY_TYPES)}


def read_rows(file: Path, types: Mapping[str, str]) -> list[dict]:
    """The rows of a file with exactly these columns; an empty field is a missing value."""
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        assert reader.fieldnames == list(types), f"{file.name} has other columns than its contract"
        return [
            {
                column: CONVERSIONS[types[column]](text) if text else None
                for column, text in row.items()
            }
            for row in reader
        ]


def oracle_tables(crm: Mapping[str, list[dict]]) -> dict[str, list[KpiRow]]:
    """The KPI tables of a CRM by the independent definitions, with the project's settings."""
    ladder = yaml.safe_load(DBT_PROJECT.read_text())["vars"]["sources"]["crm"]["stages"]
    settings = Settings(as_of_date=AS_OF, stages={"crm": ladder})
    return compute_kpis(canonical(crm), settings, NEWEST_LANDING)


def compiled_models(folder: Path) -> CompiledModels:
    """The models as of the same day; dbt works in the folder."""
    project = make_settings(folder, folder / "landing", "crm")
    return CompiledModels(compile_project(project, "golden", {"as_of_date": AS_OF}))
