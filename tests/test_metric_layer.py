"""The metric layer gives what the KPI tables give; `make check-metrics` adds MetricFlow first."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.lib.settings import PROJECT_FOLDER, Settings

pytest.importorskip("metricflow", reason="needs the extra `metrics`: make check-metrics")

from orchestration.lib.metric_layer import (  # noqa: E402
    MetricError,
    MetricLayer,
    open_metric_layer,
)
from tests.test_metrics import BY_MONTH, CATALOG, EXPRESSED  # noqa: E402

GRAINS = ("week", "month", "quarter")
TOTAL = "(all)"
NOT_EXPRESSED = {
    "activities_per_rep",
    "customer_engagement",
    "new_customer_revenue_share",
    "pipeline_coverage",
    "pipeline_velocity",
    "quota_attainment",
    "revenue_per_rep",
    "sales_technique_win_rate",
}
# Its channel is that of the lead, which an activity does not have.
NOT_SLICED = {("time_per_lead", "channel")}


@pytest.fixture(scope="module")
def layer(demo_warehouse: Settings) -> MetricLayer:
    return open_metric_layer(demo_warehouse)


@pytest.fixture(scope="module")
def published(demo_warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(demo_warehouse.published_file, read_only=True) as connection:
        yield connection


def test_every_kpi_is_a_metric_or_said_to_be_none() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", (PROJECT_FOLDER / "METRICS.md").read_text(), re.M)

    assert CATALOG.keys() - EXPRESSED.keys() == NOT_EXPRESSED
    assert set(explained) == NOT_EXPRESSED


@pytest.mark.parametrize(("kpi", "metric"), EXPRESSED.items(), ids=EXPRESSED.values())
def test_a_metric_gives_the_numbers_of_its_kpi(
    layer: MetricLayer, published: duckdb.DuckDBPyConnection, kpi: str, metric: str
) -> None:
    # The end of a running period is not the as-of date there.
    is_balance = CATALOG[kpi]["additivity"] == "balance"
    dimensions = [
        dimension
        for (dimension,) in published.execute(
            f"select distinct dimension from kpis.kpi_{kpi}"
        ).fetchall()
        if (kpi, dimension) not in NOT_SLICED
    ]
    assert "total" in dimensions
    for grain in ("month",) if metric.endswith(BY_MONTH) else GRAINS:
        # Weeks and quarters by every slice would take three times as long and say no more.
        for dimension in dimensions if grain == "month" else ["total"]:
            expected = {
                (start, value): kpi_value
                for start, value, kpi_value in published.execute(
                    f"select period_start_date, dimension_value, kpi_value from kpis.kpi_{kpi}"
                    " where period_grain = ? and dimension = ? and (is_complete or not ?)",
                    [grain, dimension, is_balance],
                ).fetchall()
            }
            actual = cells(layer, metric, grain, dimension)
            if is_balance:
                actual = {cell: value for cell, value in actual.items() if cell in expected}
            assert any(expected.values())
            # A table has a row for every period and slice, an answer only where there are facts.
            for cell in expected.keys() | actual.keys():
                assert is_same(actual.get(cell), expected.get(cell)), (grain, dimension, cell)


def cells(
    layer: MetricLayer, metric: str, grain: str, dimension: str
) -> dict[tuple[date, str], float | None]:
    by = [f"metric_time__{grain}"] + ([] if dimension == "total" else [dimension])
    answer = layer.ask([metric], by).fetchall()
    return {
        (row[0].date(), TOTAL if dimension == "total" else row[1]): row[-1]
        for row in answer
        if row[0] is not None
    }


def is_same(actual: Any, expected: float | None) -> bool:
    if actual is None or expected is None:
        return not actual and not expected
    return float(actual) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_slices_cross_each_other(layer: MetricLayer, published: duckdb.DuckDBPyConnection) -> None:
    answer = layer.ask(["win_rate"], ["metric_time__month", "region", "segment"]).fetchall()

    by_hand = published.execute(
        """
        select
            date_trunc('month', closed_date)::timestamp, region, segment,
            count(*) filter (where is_won) / count(*)
        from core.fct_opportunities
        where is_closed
        group by all
        order by all
        """
    ).fetchall()
    assert [row[:3] for row in answer] == [row[:3] for row in by_hand]
    assert [row[3] for row in answer] == pytest.approx([row[3] for row in by_hand])


def test_a_question_has_conditions(
    layer: MetricLayer, published: duckdb.DuckDBPyConnection
) -> None:
    where = "{{ Entity('region') }} = 'Benelux' and {{ Entity('segment') }} = 'Enterprise'"

    ((revenue,),) = layer.ask(["revenue"], [], where).fetchall()

    assert published.execute(
        "select sum(amount) from core.fct_opportunity_lines"
        " where is_won and region = 'Benelux' and segment = 'Enterprise'"
    ).fetchone() == (revenue,)


def test_a_metric_says_what_it_can_be_sliced_by(layer: MetricLayer) -> None:
    slices = layer.slices()

    assert slices["market_share"] == ["industry", "region"]
    assert slices["cost_per_lead"] == ["campaign", "channel", "segment"]


def test_what_is_asked_for_wrongly_is_answered_with_what_there_is(layer: MetricLayer) -> None:
    with pytest.raises(MetricError, match="'revenue'"):
        layer.ask(["revenu"], ["metric_time__month"])
    with pytest.raises(MetricError, match="'metric_time__month'"):
        layer.ask(["churn_rate_by_month"], ["metric_time__week"])


def test_nothing_published_is_said_in_a_sentence(
    demo_warehouse: Settings, layer: MetricLayer
) -> None:
    manifest = demo_warehouse.warehouse_folder / "metrics" / "semantic_manifest.json"
    empty = MetricLayer(manifest, demo_warehouse.warehouse_folder / "nothing.duckdb")

    with pytest.raises(MetricError, match="Nothing is published yet at .*: run `make run` first"):
        empty.ask(["revenue"], ["metric_time__month"])
