"""A landing folder and a small contract to land with, and ways to look at what landed."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.contracts import ColumnContract, TableContract, sql_type_of
from orchestration.lib.landing import TableLanding, land_table, open_raw

DEALS = (
    ("deal_id", "string"),
    ("deal_name", "string"),
    ("quantity", "bigint"),
    ("amount", "decimal(18,4)"),
    ("is_won", "boolean"),
    ("closed_on", "date"),
    ("changed_at", "timestamp"),
)
HEADER = b"deal_id,deal_name,quantity,amount,is_won,closed_on,changed_at\n"


def day(number: int) -> datetime:
    """Noon (UTC) of a day in January 2026, on which something lands."""
    return datetime(2026, 1, number, 12)


def deals_contract(columns: tuple = DEALS, **options: Any) -> TableContract:
    settings = {"files": "deals*", "mode": "snapshot", "key": ("deal_id",), **options}
    return TableContract(
        source_name="crm",
        table_name="deals",
        schema_name="raw_crm",
        description="One row per deal.",
        columns=tuple(
            ColumnContract(name, data_type, sql_type_of(data_type)) for name, data_type in columns
        ),
        **settings,
    )


def names_contract(**options: Any) -> TableContract:
    """A table with a key and one text, for tests that are about versions and not about types."""
    return deals_contract((("deal_id", "string"), ("deal_name", "string")), **options)


@dataclass
class Warehouse:
    """An open raw file and a landing folder in a temporary folder."""

    folder: Path
    connection: duckdb.DuckDBPyConnection = field(init=False)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.landing_folder / "crm").mkdir(parents=True)
        self.connection = open_raw(self.folder / "warehouse" / "raw.duckdb")

    @property
    def landing_folder(self) -> Path:
        return self.folder / "landing"

    def write(self, name: str, content: bytes) -> Path:
        path = self.landing_folder / "crm" / name
        path.write_bytes(content)
        return path

    def land(self, contract: TableContract, on_day: int = 1) -> TableLanding:
        return land_table(
            self.connection, contract, self.landing_folder, day(on_day), self.messages.append
        )

    def land_text(
        self, contract: TableContract, text: str, on_day: int = 1, name: str = "deals.csv"
    ) -> TableLanding:
        self.write(name, text.encode())
        return self.land(contract, on_day)

    def rows(self, query: str, parameters: object = None) -> list[tuple]:
        return self.connection.execute(query, parameters).fetchall()

    def present(self, columns: str = "deal_id, deal_name") -> list[tuple]:
        """The present rows of the deals."""
        return self.rows(f"select {columns} from raw_crm.deals where not _is_deleted order by 1")

    def known_at(self, moment: datetime) -> list[tuple]:
        """The deals as they were known at a moment."""
        return self.rows(
            """
            select deal_id, deal_name
            from (
                select *, null as _superseded_at from raw_crm.deals
                union all by name
                select * from raw_crm.deals__superseded
            )
            where
                _landed_at <= $moment
                and (_superseded_at is null or _superseded_at > $moment)
                and not _is_deleted
            order by deal_id
            """,
            {"moment": moment},
        )

    def everything(self) -> dict[str, list[tuple]]:
        """All rows of all tables that landing writes."""
        tables = self.rows(
            "select schema_name, table_name from duckdb_tables() where not temporary order by all"
        )
        return {
            f"{schema}.{table}": self.rows(f'from "{schema}"."{table}" order by all')
            for schema, table in tables
        }

    def rejected(self) -> list[tuple]:
        return self.rows(
            "select line_number, column_name, value, reason from landing.rejected_rows"
            " order by line_number, column_name"
        )
