"""The list of KPI versions and their computation from canonical rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.oracle import pipeline, recurring, revenue
from tests.oracle.company import Company, read_company
from tests.oracle.settings import Settings
from tests.oracle.slices import SALES_DIMENSIONS
from tests.oracle.table import Fact, KpiRow, Outcome, dense_table, ratio, total


@dataclass(frozen=True)
class Kpi:
    """How a KPI version is made: its facts, its slices and how the summed parts give a value."""

    facts: Callable[[Company], Iterable[Fact]]
    finish: Callable[..., Outcome]
    dimensions: tuple[str, ...]
    part_count: int


def total_of(facts: Callable[[Company], Iterable[Fact]], *dimensions: str) -> Kpi:
    """A KPI that is a sum or a count."""
    return Kpi(facts, total, dimensions, part_count=1)


def ratio_of(facts: Callable[[Company], Iterable[Fact]], *dimensions: str) -> Kpi:
    """A KPI that is one sum over another."""
    return Kpi(facts, ratio, dimensions, part_count=2)


MARKET = ("segment", "industry", "region")
VELOCITY_DIMENSIONS = ("segment", "region", "product_category", "team", "rep")

KPIS = {
    "revenue_v1": total_of(revenue.revenue, *SALES_DIMENSIONS),
    "deals_won_v1": total_of(revenue.deals_won, *SALES_DIMENSIONS),
    "average_deal_value_v1": ratio_of(revenue.average_deal_value, *SALES_DIMENSIONS),
    "gross_margin_v1": ratio_of(revenue.gross_margin, *SALES_DIMENSIONS),
    "net_margin_v1": ratio_of(revenue.net_margin, "channel"),
    "monthly_recurring_revenue_v1": total_of(
        recurring.monthly_recurring_revenue, *MARKET, "product_category"
    ),
    "net_new_mrr_v1": total_of(recurring.net_new_mrr, "movement"),
    "new_customers_v1": total_of(
        revenue.new_customers, *MARKET, "channel", "campaign", "rep", "team"
    ),
    "new_customer_revenue_share_v1": ratio_of(
        revenue.new_customer_revenue_share, *MARKET, "channel"
    ),
    "market_share_v1": ratio_of(revenue.market_share, "industry", "region"),
    "quota_attainment_v1": ratio_of(revenue.quota_attainment, "rep", "team"),
    "revenue_per_rep_v1": ratio_of(revenue.revenue_per_rep, "team", "region"),
    "sales_cycle_days_v1": ratio_of(pipeline.sales_cycle_days, *SALES_DIMENSIONS),
    "pipeline_velocity_v1": ratio_of(pipeline.pipeline_velocity_in_days, *VELOCITY_DIMENSIONS),
    "pipeline_velocity_v2": Kpi(
        pipeline.pipeline_velocity_in_money, pipeline.velocity, VELOCITY_DIMENSIONS, part_count=6
    ),
    "win_rate_v1": ratio_of(pipeline.won_per_created, *SALES_DIMENSIONS),
    "win_rate_v2": ratio_of(pipeline.won_per_closed, *SALES_DIMENSIONS),
    "stage_conversion_rate_v1": ratio_of(pipeline.stage_conversion_rate, "stage"),
    "drop_off_rate_v1": ratio_of(pipeline.drop_off_rate, "stage", "segment", "channel"),
    "open_pipeline_value_v1": total_of(
        pipeline.open_pipeline_value, "stage", "segment", "region", "rep", "team"
    ),
    "pipeline_coverage_v1": ratio_of(pipeline.pipeline_coverage, "rep", "team"),
}


def compute_kpis(
    crm: Mapping[str, list[dict]], settings: Settings, newest_landing: datetime | None
) -> dict[str, list[KpiRow]]:
    """The rows of every KPI table of the families revenue and pipeline, by KPI version.

    `crm` maps an entity to its canonical rows; an entity that is not there has no rows. The
    landing is in UTC. Tables are empty when nothing happened by the as-of date.
    """
    company = read_company(crm, settings, newest_landing)
    if company is None:
        return {name: [] for name in KPIS}
    return {
        name: dense_table(
            kpi.facts(company), kpi.dimensions, kpi.finish, (0,) * kpi.part_count, company.calendar
        )
        for name, kpi in KPIS.items()
    }
