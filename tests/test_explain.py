"""The records behind a cell add up to the cell, for every KPI."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
import pytest

from orchestration.lib.explaining import (
    Cell,
    ExplainError,
    add_up,
    compile_explanations,
    open_published,
    parse_cell,
    read_cell,
    read_records,
)
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from tests.conftest import SHARED_DATA
from tests.oracle.comparison import is_same

KPI_CATALOG = PROJECT_FOLDER / "seeds" / "kpi_catalog.csv"

# Per grain and dimension the cells that rest on most records, on fewest and on none.
SAMPLE_OF_CELLS = """
with

ranked_cells as (

    select
        period_grain,
        period_start_date,
        dimension,
        dimension_value,
        row_number() over (
            partition by period_grain, dimension, sample_size = 0
            order by sample_size, period_start_date, dimension_value
        ) as rank_from_fewest,
        row_number() over (
            partition by period_grain, dimension, sample_size = 0
            order by sample_size desc, period_start_date desc, dimension_value desc
        ) as rank_from_most,
        sample_size

    from build.kpis.{table}
    where period_grain not like '%to_date'

)

select
    period_grain,
    period_start_date,
    dimension,
    dimension_value

from ranked_cells
where rank_from_fewest = 1 or (rank_from_most = 1 and sample_size > 0)
order by all
"""


def kpi_tables() -> list[str]:
    with KPI_CATALOG.open(encoding="utf-8", newline="") as stream:
        return [f"{row['kpi']}_v{row['version']}" for row in csv.DictReader(stream)]


@dataclass(frozen=True)
class Explained:
    """A published file and the SQL that explains each of its KPI tables."""

    connection: duckdb.DuckDBPyConnection
    explanations: dict[str, str]

    def check(self, cell: Cell) -> None:
        """The parts of the cell's records add up to the cell, or its median is theirs."""
        row = read_cell(self.connection, cell)
        records = read_records(self.connection, self.explanations[cell.kpi_table], cell)
        numerator, denominator = add_up(records)
        if row["numerator"] is None:
            middle = median(record.numerator for record in records) if records else None
            assert is_same(row["kpi_value"], middle), cell
        else:
            assert numerator == pytest.approx(row["numerator"], rel=1e-9, abs=1e-9), cell
        assert sum(record.sample_size for record in records) == row["sample_size"], cell
        if row["denominator"] is None:
            assert denominator is None, cell
        else:
            assert (denominator or 0) == pytest.approx(row["denominator"], rel=1e-9, abs=1e-9), cell
        assert len({record.record_id for record in records}) == len(records), cell

    def sample(self, kpi_table: str) -> list[Cell]:
        rows = self.connection.execute(SAMPLE_OF_CELLS.format(table=f"kpi_{kpi_table}")).fetchall()
        return [Cell(kpi_table, *row) for row in rows]


@pytest.fixture(scope="module")
def demo(demo_warehouse: Settings) -> Iterator[Explained]:
    with open_published(demo_warehouse.published_file) as connection:
        yield Explained(connection, compile_explanations(demo_warehouse))


@pytest.fixture(scope="module")
def maven(maven_warehouse: Settings) -> Iterator[Explained]:
    with open_published(maven_warehouse.published_file) as connection:
        yield Explained(connection, compile_explanations(maven_warehouse))


@pytest.mark.parametrize("kpi_table", kpi_tables())
def test_records_of_the_demo_company_add_up_to_their_cell(demo: Explained, kpi_table: str) -> None:
    cells = demo.sample(kpi_table)

    assert {cell.period_grain for cell in cells} == {"week", "month", "quarter"}
    has_slices = kpi_table not in ("bdr_utilisation_v1", "magic_number_v1")
    assert {cell.dimension for cell in cells} - {"total"} or not has_slices
    for cell in cells:
        demo.check(cell)


@pytest.mark.parametrize("kpi_table", kpi_tables())
def test_records_of_maven_add_up_to_their_cell(maven: Explained, kpi_table: str) -> None:
    cells = maven.sample(kpi_table)

    (has_inputs,) = maven.connection.execute(
        "select is_computed from build.reporting.kpi_readiness"
        " where format('{}_v{}', kpi, version) = ?",
        [kpi_table],
    ).fetchone()
    assert bool(cells) == has_inputs
    for cell in cells:
        maven.check(cell)


def test_the_records_are_those_of_the_export(maven: Explained) -> None:
    with (SHARED_DATA / "maven_crm" / "sales_pipeline.csv").open(newline="") as stream:
        closed_in_march = {
            f"maven_crm:{row['opportunity_id']}": (
                date.fromisoformat(row["close_date"]),
                float(row["deal_stage"] == "Won"),
            )
            for row in csv.DictReader(stream)
            if row["close_date"].startswith("2017-03")
        }
    records = read_records(
        maven.connection,
        maven.explanations["win_rate_v2"],
        parse_cell("win_rate_v2", "month", "2017-03"),
    )

    assert len(closed_in_march) == 647
    assert {
        record.record_id: (record.occurred_date, record.numerator) for record in records
    } == closed_in_march


def test_the_largest_part_comes_first(maven: Explained) -> None:
    records = read_records(
        maven.connection,
        maven.explanations["revenue_v1"],
        parse_cell("revenue_v1", "quarter", "2017-Q1"),
    )
    amounts = [record.numerator for record in records]

    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > amounts[-1]


def test_every_kpi_of_the_catalogue_can_be_explained(demo: Explained) -> None:
    assert sorted(demo.explanations) == sorted(kpi_tables())


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            Cell("revenue_v1", "month", date(2026, 3, 1), "region", "Atlantis"),
            "kpi_revenue_v1 has no row for month 2026-03-01, region Atlantis;"
            " region is one of Benelux, British Isles, DACH, ",
        ),
        (
            Cell("drop_off_rate_v1", "month", date(2026, 3, 1), "colour", "red"),
            "its slices are channel, segment, stage, total",
        ),
        (
            Cell("revenue_v1", "quarter", date(1999, 1, 1)),
            "its quarters start from 2024-07-01 to 2026-07-01",
        ),
    ],
)
def test_a_cell_that_does_not_exist_is_answered_with_those_that_do(
    demo: Explained, cell: Cell, message: str
) -> None:
    with pytest.raises(ExplainError, match=message):
        read_cell(demo.connection, cell)


def test_a_kpi_that_is_not_published_is_answered_with_similar_ones(demo: Explained) -> None:
    with pytest.raises(
        ExplainError, match="No KPI win_rates_v2 is published; do you mean win_rate_v2, "
    ):
        read_cell(demo.connection, Cell("win_rates_v2", "month", date(2026, 3, 1)))


def test_a_kpi_without_a_model_is_named(demo_warehouse: Settings) -> None:
    with pytest.raises(ExplainError, match="There is no KPI table kpi_happiness_v1; see reporting"):
        compile_explanations(demo_warehouse, ["happiness_v1"])


def test_before_the_first_publish_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ExplainError, match="Nothing is published yet at .*: run `make run` first"):
        open_published(tmp_path / "sales_kpis.duckdb")


@pytest.mark.parametrize(
    ("grain", "period", "slice_text", "expected"),
    [
        ("month", "2026-03", "total", ("month", date(2026, 3, 1), "total", "(all)")),
        ("quarter", "2026-Q3", "total", ("quarter", date(2026, 7, 1), "total", "(all)")),
        # 29 December 2025 is the Monday of the first ISO week of 2026
        ("week", "2026-W1", "total", ("week", date(2025, 12, 29), "total", "(all)")),
        ("week", "2026-W01", "total", ("week", date(2025, 12, 29), "total", "(all)")),
        ("week", "2020-W53", "total", ("week", date(2020, 12, 28), "total", "(all)")),
        ("week", "2026-03-02", "total", ("week", date(2026, 3, 2), "total", "(all)")),
        ("month", "2026-03", "region:North", ("month", date(2026, 3, 1), "region", "North")),
        ("month", "2026-03", "rep:A: B", ("month", date(2026, 3, 1), "rep", "A: B")),
        ("month", "2026-03", "rep:(unknown)", ("month", date(2026, 3, 1), "rep", "(unknown)")),
        ("month", "2026-03", "total:North", ("month", date(2026, 3, 1), "total", "(all)")),
    ],
)
def test_what_a_person_types_is_a_cell(
    grain: str, period: str, slice_text: str, expected: tuple
) -> None:
    assert parse_cell("win_rate_v2", grain, period, slice_text) == Cell("win_rate_v2", *expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("win_rate", "month", "2026-03"), "KPI must name a version.*'win_rate'"),
        (("kpi; drop_v1", "month", "2026-03"), "KPI must name a version"),
        (("Win_Rate_v2", "month", "2026-03"), "KPI must name a version"),
        (("win_rate_v2", "day", "2026-03"), "GRAIN must be week, month or quarter; got 'day'"),
        (("win_rate_v2", "month", "2026-13"), "PERIOD must be as in .*'2026-13'"),
        (("win_rate_v2", "month", "March"), "PERIOD must be as in .*'March'"),
        (("win_rate_v2", "quarter", "2026-Q5"), "PERIOD must be as in .*'2026-Q5'"),
        # 2026 has 53 ISO weeks, 2025 has 52
        (("win_rate_v2", "week", "2025-W53"), "PERIOD must be as in .*'2025-W53'"),
        (("win_rate_v2", "month", "2026-02-30"), "PERIOD must be as in .*'2026-02-30'"),
        (("win_rate_v2", "month", ""), "PERIOD must be as in .*''"),
        (("win_rate_v2", "month", "2026-03", "region"), "SLICE must be .*'region'"),
        (("win_rate_v2", "month", "2026-03", "region:"), "SLICE must be .*'region:'"),
        (("win_rate_v2", "month", "2026-03", ""), "SLICE must be .*''"),
    ],
)
def test_what_is_no_cell_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ExplainError, match=message):
        parse_cell(*arguments)


def explain(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.explain", *arguments],
        cwd=PROJECT_FOLDER,
        env={
            **os.environ,
            "SALES_KPIS_LANDING": str(settings.landing_folder),
            "SALES_KPIS_WAREHOUSE": str(settings.warehouse_folder),
            "SALES_KPIS_SOURCES": ",".join(settings.sources),
            "COLUMNS": "120",
        },
        capture_output=True,
        text=True,
    )


def test_the_command_prints_the_cell_and_its_records(maven_warehouse: Settings) -> None:
    # The reference values of March 2017: 531 of 647 closed deals were won.
    command = explain(
        maven_warehouse,
        *("--kpi", "win_rate_v2", "--grain", "month", "--period", "2017-03", "--limit", "2"),
    )

    assert command.returncode == 0, command.stderr
    assert (
        "kpi_win_rate_v2, month 2017-03-01 to 2017-03-31, total (all): 0.820711 = 531 / 647"
        in command.stdout
    )
    assert "2 of 647 records; LIMIT=0 shows all" in command.stdout
    assert command.stdout.count("maven_crm:") == 2


def test_the_command_says_what_is_wrong(maven_warehouse: Settings) -> None:
    command = explain(
        maven_warehouse, "--kpi", "win_rate_v2", "--grain", "month", "--period", "2035-03"
    )

    assert command.returncode == 1
    assert "kpi_win_rate_v2 has no row for month 2035-03-01, total (all); " in command.stdout
