"""The published KPIs of the orders of Superstore, against values that others worked out."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.settings import PROJECT_FOLDER, Settings
from tests.compiled_models import compile_project
from tests.conftest import SHARED_DATA

SUPERSTORE_FOLDER = SHARED_DATA / "superstore"
REFERENCE_FILES = {"month": "reference_month.csv", "quarter": "reference_quarter.csv"}
PERIOD_COUNTS = {"month": 48, "quarter": 16}
LINE_COUNT = 9_994

# KPI table, its column, and what the reference files say of a period. They round ratios to six
# decimals and their parts not at all, so that the ratios are worked out again.
REFERENCES: list[tuple[str, str, Callable[[dict[str, float]], float]]] = [
    ("revenue_v1", "kpi_value", lambda period: period["revenue"]),
    ("deals_won_v1", "kpi_value", lambda period: period["orders"]),
    ("average_deal_value_v1", "denominator", lambda period: period["orders"]),
    ("average_deal_value_v1", "kpi_value", lambda period: period["avg_order_value"]),
    ("average_deal_value_v1", "kpi_value", lambda period: period["revenue"] / period["orders"]),
    ("gross_margin_v1", "numerator", lambda period: period["profit"]),
    ("gross_margin_v1", "sample_size", lambda period: period["lines"]),
    ("gross_margin_v1", "kpi_value", lambda period: period["margin"]),
    ("gross_margin_v1", "kpi_value", lambda period: period["profit"] / period["revenue"]),
    ("new_customers_v1", "kpi_value", lambda period: period["new_customers"]),
]

# Superstore brings these, and what each line cost.
INPUTS = {
    "accounts",
    "opportunities",
    "opportunity_lines",
    "products",
    "costs_of_goods",
    "customers",
}
# Their inputs are there, but no order says when the deal began: nothing is counted.
WITHOUT_CREATION_DATES = {
    ("open_pipeline_value", 1),
    ("pipeline_velocity", 1),
    ("pipeline_velocity", 2),
    ("sales_cycle_days", 1),
    ("win_rate", 1),
}


@pytest.fixture(scope="module")
def published(superstore_warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(superstore_warehouse.published_file, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def order_lines() -> list[dict[str, str]]:
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real data sets beside the project")
    return read_csv(SUPERSTORE_FOLDER / "superstore.csv")


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("grain", list(REFERENCE_FILES))
@pytest.mark.parametrize(("kpi_table", "column", "expected"), REFERENCES)
def test_every_reference_value_is_met(
    published: duckdb.DuckDBPyConnection,
    kpi_table: str,
    column: str,
    expected: Callable[[dict[str, float]], float],
    grain: str,
) -> None:
    references = {
        date.fromisoformat(row["period_start"]): {
            name: float(value)
            for name, value in row.items()
            if value and name not in ("period", "period_start")
        }
        for row in read_csv(SUPERSTORE_FOLDER / REFERENCE_FILES[grain])
    }
    values = dict(
        published.execute(
            f"""
            select period_start_date, {column} from kpis.kpi_{kpi_table}
            where period_grain = ? and dimension = 'total'
            """,
            [grain],
        ).fetchall()
    )

    assert len(references) == PERIOD_COUNTS[grain]
    assert values.keys() == references.keys()
    for period_start, period in references.items():
        assert values[period_start] == pytest.approx(expected(period), rel=0, abs=1e-6), (
            period_start
        )


def test_the_totals_are_those_of_the_source(published: duckdb.DuckDBPyConnection) -> None:
    quarters = published.execute(
        """
        select kpi, sum(numerator), sum(denominator), sum(sample_size) from reporting.kpi_values
        where period_grain = 'quarter' and dimension = 'total'
        group by kpi
        """
    ).fetchall()
    sums = {kpi: tuple(parts) for kpi, *parts in quarters}

    assert sums["deals_won"][0] == 5_009
    assert sums["new_customers"][0] == 793
    assert sums["revenue"][0] == pytest.approx(2_297_200.86, abs=0.005)
    assert sums["gross_margin"][0] == pytest.approx(286_397.02, abs=0.005)
    assert sums["gross_margin"][2] == LINE_COUNT


@pytest.mark.parametrize(
    ("dimension", "column"), [("product_category", "Category"), ("segment", "Segment")]
)
def test_slices_follow_the_rows_of_the_export(
    published: duckdb.DuckDBPyConnection,
    order_lines: list[dict[str, str]],
    dimension: str,
    column: str,
) -> None:
    profit: defaultdict[str, float] = defaultdict(float)
    sales: defaultdict[str, float] = defaultdict(float)
    for row in order_lines:
        profit[row[column]] += float(row["Profit"])
        sales[row[column]] += float(row["Sales"])
    slices = published.execute(
        """
        select dimension_value, sum(numerator), sum(denominator) from kpis.kpi_gross_margin_v1
        where period_grain = 'month' and dimension = ?
        group by dimension_value
        """,
        [dimension],
    ).fetchall()

    assert len(sales) == 3
    assert {name: part for name, part, _ in slices} == pytest.approx(profit, rel=0, abs=1e-6)
    assert {name: part for name, _, part in slices} == pytest.approx(sales, rel=0, abs=1e-6)


def test_amounts_have_no_more_decimals_than_are_kept(order_lines: list[dict[str, str]]) -> None:
    decimals = {
        len(row[column].partition(".")[2]) for row in order_lines for column in ("Sales", "Profit")
    }

    assert max(decimals) == 4


def test_the_kpis_whose_inputs_are_there_are_computed(
    published: duckdb.DuckDBPyConnection,
) -> None:
    expected = {
        (row["kpi"], int(row["version"])): ", ".join(sorted(set(row["inputs"].split()) - INPUTS))
        for row in read_csv(PROJECT_FOLDER / "seeds" / "kpi_catalog.csv")
    }
    readiness = {
        (kpi, version): (is_computed, missing_inputs, row_count)
        for kpi, version, is_computed, missing_inputs, row_count in published.execute(
            "select kpi, version, is_computed, missing_inputs, row_count"
            " from reporting.kpi_readiness"
        ).fetchall()
    }

    assert readiness.keys() == expected.keys()
    for kpi_version, (is_computed, missing_inputs, row_count) in readiness.items():
        assert is_computed == (expected[kpi_version] == ""), kpi_version
        assert (missing_inputs or "") == expected[kpi_version], kpi_version
        assert (row_count > 0) == (is_computed and kpi_version not in WITHOUT_CREATION_DATES), (
            kpi_version
        )


def test_the_lines_known_at_a_moment_are_read_under_the_names_of_the_export(
    superstore_warehouse: Settings,
) -> None:
    manifest = compile_project(
        superstore_warehouse, "known_at", {"known_at": "2100-01-01 00:00:00"}
    )
    staging = manifest["nodes"]["model.sales_kpis.stg_superstore__opportunity_lines"]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{superstore_warehouse.raw_file}' as raw (read_only)")
        lines = connection.sql(staging["compiled_code"]).fetchall()

    assert len(lines) == LINE_COUNT
