"""The project's models, compiled once by dbt and run on any CRM in an in-memory DuckDB."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.contracts import TableContract, read_contracts
from orchestration.lib.landing import open_raw
from orchestration.lib.landing_tables import prepare_tables
from orchestration.lib.manifest import DBT, read_manifest
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from tests.oracle import KpiRow

GRAINS = ["week", "month", "quarter"]
TO_DATE_GRAINS = [f"{grain}_to_date" for grain in GRAINS]
KPI_COLUMNS = ", ".join(KpiRow.__dataclass_fields__)


def compile_project(settings: Settings, name: str, dbt_vars: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of the project compiled with other vars, in a folder of that name."""
    target = settings.warehouse_folder / name
    with open_raw(settings.raw_file) as connection:
        for contract in read_contracts(read_manifest(settings)):
            prepare_tables(connection, contract)
    compilation = subprocess.run(
        [DBT, "--quiet", "compile", "--no-populate-cache", "--no-introspect"]
        + ["--vars", json.dumps(dbt_vars, default=str), "--target-path", str(target)],
        cwd=PROJECT_FOLDER,
        env=settings.dbt_environment,
        capture_output=True,
        text=True,
    )
    assert compilation.returncode == 0, compilation.stdout + compilation.stderr
    return json.loads(Path(target / "manifest.json").read_text())


class CompiledModels:
    """The models that KPI tables need, in the order in which they are built.

    Of the seeds they need the holidays.
    """

    def __init__(self, manifest: dict[str, Any]) -> None:
        nodes = {
            key: node
            for key, node in manifest["nodes"].items()
            if node["resource_type"] == "model" and node["fqn"][1:3] != ["marts", "reporting"]
        }
        order = TopologicalSorter(
            {
                key: [parent for parent in node["depends_on"]["nodes"] if parent in nodes]
                for key, node in nodes.items()
            }
        ).static_order()
        self.models = [nodes[key] for key in order]
        self.contracts = {contract.table_name: contract for contract in read_contracts(manifest)}
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("attach ':memory:' as raw")
        self.connection.execute("attach ':memory:' as build")
        self.connection.execute("use raw")
        for contract in self.contracts.values():
            prepare_tables(self.connection, contract)
        # The models read no more of the ledger than this.
        self.connection.execute(
            "create or replace table landing.files"
            " (landing_id varchar, status varchar, landed_at timestamp)"
        )
        holidays = next(
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "seed" and node["name"] == "holidays"
        )
        for schema in sorted({node["schema"] for node in [*self.models, holidays]}):
            self.connection.execute(f"create schema build.{schema}")
        self.connection.execute("use build.main")
        self.holidays = holidays["relation_name"]
        self.connection.execute(
            f"create table {self.holidays}"
            " (country varchar, holiday_date date, holiday_name varchar)"
        )

    def load(self, crm: Mapping[str, list[dict]], newest_landing: datetime) -> None:
        """Replace what has landed, and the holidays, by these rows of the plain export format."""
        for entity, contract in self.contracts.items():
            self.connection.execute(f"delete from raw.{contract.schema_name}.{entity}")
            self._insert(contract, crm.get(entity, []), newest_landing)
        self.connection.execute(f"delete from {self.holidays}")
        for row in crm.get("holidays", []):
            self.connection.execute(
                f"insert into {self.holidays} values (?, ?, ?)",
                [row["country"], row["holiday_date"], row["holiday_name"]],
            )
        self.connection.execute("delete from raw.landing.files")
        self.connection.execute(
            "insert into raw.landing.files values ('1', 'landed', ?)", [newest_landing]
        )

    def _insert(
        self, contract: TableContract, rows: Iterable[dict], newest_landing: datetime
    ) -> None:
        lineage = {
            "_landed_at": newest_landing,
            "_landing_id": "1",
            "_source_file": "generated",
            "_row_hash": "",
            "_is_deleted": False,
        }
        values = [
            [row.get(column) for column in contract.column_names] + list(lineage.values())
            for row in rows
        ]
        if values:
            columns = ", ".join([*contract.column_names, *lineage])
            places = ", ".join("?" * len(values[0]))
            self.connection.executemany(
                f"insert into raw.{contract.schema_name}.{contract.table_name} ({columns})"
                f" values ({places})",
                values,
            )

    def build(self) -> None:
        """Build every model from what is loaded."""
        for model in self.models:
            kind = "view" if model["config"]["materialized"] == "view" else "table"
            self.connection.execute(
                f"create or replace {kind} {model['relation_name']} as {model['compiled_code']}"
            )

    def kpi_tables(self, to_date: bool = False) -> dict[str, list[KpiRow]]:
        """The rows of every KPI table, by KPI version: those of weeks, months and quarters, or
        those up to the day that a running one has come to."""
        grains = TO_DATE_GRAINS if to_date else GRAINS
        return {
            model["alias"].removeprefix("kpi_"): [
                KpiRow(*row)
                for row in self.connection.execute(
                    f"select {KPI_COLUMNS} from {model['relation_name']}"
                    " where list_contains(?, period_grain)",
                    [grains],
                ).fetchall()
            ]
            for model in self.models
            if model["fqn"][1:3] == ["marts", "kpis"]
        }
