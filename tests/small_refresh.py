"""A refresh of a second: the real landing and publishing, with one KPI in SQL instead of dbt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.landing import land_table, open_raw
from orchestration.lib.publication_basis import Lineage, PublicationBasis
from orchestration.lib.publication_log import PublicationLog
from orchestration.lib.publishing import publish
from orchestration.lib.sql_text import attach_read_only
from tests.landing.tables import HEADER, deals_contract

PHASES = ("landing", "build", "publish")
CONTRACTS = (
    deals_contract(),
    replace(deals_contract(mode="increment", files="notes*"), table_name="notes"),
)
BASIS = PublicationBasis({}, {}, {("revenue", 1): Lineage(frozenset(), frozenset())})
FIRST_DAY = date(2026, 1, 1)
_BUILD = """
    create schema if not exists core;
    create schema if not exists kpis;
    create schema if not exists reporting;
    create or replace table core.fct_opportunities as
        select * from raw.raw_crm.deals where not _is_deleted;
    create or replace table core.periods as
        select
            'month' as period_grain,
            date_trunc('month', closed_on)::date as period_start_date,
            last_day(max(closed_on)) as period_end_date,
            max(max(closed_on)) over () as as_of_date
        from core.fct_opportunities
        group by all;
    create or replace table kpis.kpi_revenue_v1 as
        select
            'month' as period_grain,
            date_trunc('month', closed_on)::date as period_start_date,
            true as is_complete,
            'region' as dimension,
            deal_name as dimension_value,
            sum(amount)::double as numerator,
            count(*)::double as denominator,
            numerator / denominator as kpi_value
        from core.fct_opportunities
        group by all;
    create or replace table reporting.kpi_values as
        select 'revenue' as kpi, 1 as version, * from kpis.kpi_revenue_v1;
"""


class SmallWarehouse:
    """A folder with the exports of two tables, and the three files of a warehouse."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.landing_folder = folder / "landing"
        self.raw_file = folder / "warehouse" / "raw.duckdb"
        self.build_file = folder / "warehouse" / "build.duckdb"
        self.published_file = folder / "warehouse" / "published" / "sales_kpis.duckdb"

    def write_exports(self, night: int, row_count: int = 3_000) -> None:
        """A snapshot in which a third of the deals differs from the night before, and new notes."""
        folder = self.landing_folder / "crm"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "deals.csv").write_bytes(
            HEADER
            + b"".join(
                _line(number, number + (night if number % 3 == 0 else 0))
                for number in range(10 * night, row_count + 20 * night)
            )
        )
        (folder / f"notes_{night}.csv").write_bytes(
            HEADER + b"".join(_line(number, night) for number in range(night, night + 500))
        )

    def refresh(
        self, now: datetime, enter_phase: Callable[[str], None] = lambda phase: None
    ) -> None:
        """Land, build and publish; `enter_phase` is told what begins."""
        enter_phase("landing")
        with open_raw(self.raw_file) as connection:
            for contract in CONTRACTS:
                landing = land_table(connection, contract, self.landing_folder, now)
                assert not landing.errors, landing.errors
        enter_phase("build")
        with duckdb.connect(self.build_file) as connection:
            attach_read_only(connection, self.raw_file, "raw")
            connection.execute(_BUILD)
        enter_phase("publish")
        publish(self.build_file, self.published_file, now, log=PublicationLog(self.raw_file, BASIS))

    def raw_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of the raw tables, superseded ones too, without when and how they landed."""
        return {
            table: self.read(
                self.raw_file,
                "select columns(c -> c not in ('_landed_at', '_landing_id', '_superseded_at'))"
                f" from raw_crm.{table} order by all",
            )
            for table in ("deals", "deals__superseded", "notes", "notes__superseded")
        }

    def values(self) -> list[tuple[Any, ...]]:
        """What a reader of the published file sees."""
        return self.read(self.published_file, "from reporting.kpi_values order by all")

    def history(self) -> list[tuple[Any, ...]]:
        """What was published, in order, without when."""
        return self.read(
            self.raw_file,
            "select dense_rank() over (order by published_at),"
            " columns(c -> c not in ('publish_id', 'published_at'))"
            " from reporting.kpi_publications order by all",
        )

    def read(self, file: Path, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            attach_read_only(connection, file, "any_name")
            connection.execute("use any_name")
            return connection.execute(query).fetchall()


def _line(number: int, amount: int) -> bytes:
    closed_on = FIRST_DAY + timedelta(days=number % 90)
    return (
        f"{number},Region {number % 5},1,{amount}.25,true,{closed_on},{closed_on} 12:00:00\n"
    ).encode()
