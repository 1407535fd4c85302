"""The list of KPI versions and their computation from canonical rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.oracle import customers, pipeline, prospecting, recurring, revenue, unit_economics
from tests.oracle.company import Company, read_company
from tests.oracle.settings import Settings
from tests.oracle.slices import MARKET_DIMENSIONS, SALES_DIMENSIONS
from tests.oracle.table import (
    Fact,
    KpiRow,
    Outcome,
    Summary,
    count_distinct,
    dense_table,
    exact_sum,
    middle,
    per_hundred,
    ratio,
    total,
    value_alone,
)

Facts = Callable[[Company], Iterable[Fact]]


@dataclass(frozen=True)
class Kpi:
    """How a KPI version is made: its facts, its slices and how their parts give a value.

    Each part of the facts of a cell is summed up, mostly to a sum, and `finish` makes the value of
    what comes of that. A cumulative KPI rests on all facts up to the end of the period.
    """

    facts: Facts
    finish: Callable[..., Outcome]
    dimensions: tuple[str, ...]
    summaries: tuple[Summary, ...]
    is_cumulative: bool = False


def total_of(facts: Facts, *dimensions: str) -> Kpi:
    """A KPI that is a sum or a count."""
    return Kpi(facts, total, dimensions, (exact_sum,))


def ratio_of(facts: Facts, *dimensions: str, is_cumulative: bool = False) -> Kpi:
    """A KPI that is one sum over another."""
    return Kpi(facts, ratio, dimensions, (exact_sum, exact_sum), is_cumulative)


def net_promotion_of(facts: Facts, *dimensions: str) -> Kpi:
    """A KPI that is one sum over another, per hundred."""
    return Kpi(facts, per_hundred, dimensions, (exact_sum, exact_sum))


def median_of(facts: Facts, *dimensions: str) -> Kpi:
    """A KPI that is the median of its facts."""
    return Kpi(facts, value_alone, dimensions, (middle,))


def distinct_of(facts: Facts, *dimensions: str) -> Kpi:
    """A KPI that is a number of different keys."""
    return Kpi(facts, total, dimensions, (count_distinct,))


def distinct_ratio_of(facts: Facts, *dimensions: str) -> Kpi:
    """A KPI that is one number of different keys over another."""
    return Kpi(facts, ratio, dimensions, (count_distinct, count_distinct))


def quotient_of(
    facts: Facts, finish: Callable[..., Outcome], part_count: int, *dimensions: str
) -> Kpi:
    """A KPI that is made of more than two sums."""
    return Kpi(facts, finish, dimensions, (exact_sum,) * part_count)


VELOCITY_DIMENSIONS = ("segment", "region", "product_category", "team", "rep")
LEAD_DIMENSIONS = ("channel", "campaign", "segment", "industry", "region", "rep", "team")
RESPONSE_DIMENSIONS = ("channel", "campaign", "region", "rep", "team")
ACTIVITY_DIMENSIONS = ("activity_type", "rep", "team")

REVENUE_KPIS = {
    "revenue_v1": total_of(revenue.revenue, *SALES_DIMENSIONS),
    "deals_won_v1": total_of(revenue.deals_won, *SALES_DIMENSIONS),
    "average_deal_value_v1": ratio_of(revenue.average_deal_value, *SALES_DIMENSIONS),
    "gross_margin_v1": ratio_of(revenue.gross_margin, *SALES_DIMENSIONS),
    "net_margin_v1": ratio_of(revenue.net_margin, "channel"),
    "monthly_recurring_revenue_v1": total_of(
        recurring.monthly_recurring_revenue, *MARKET_DIMENSIONS, "product_category"
    ),
    "net_new_mrr_v1": total_of(recurring.net_new_mrr, "movement"),
    "new_customers_v1": total_of(
        revenue.new_customers, *MARKET_DIMENSIONS, "channel", "campaign", "rep", "team"
    ),
    "new_customer_revenue_share_v1": ratio_of(
        revenue.new_customer_revenue_share, *MARKET_DIMENSIONS, "channel"
    ),
    "market_share_v1": ratio_of(revenue.market_share, "industry", "region"),
    "quota_attainment_v1": ratio_of(revenue.quota_attainment, "rep", "team"),
    "revenue_per_rep_v1": ratio_of(revenue.revenue_per_rep, "team", "region"),
}

PIPELINE_KPIS = {
    "sales_cycle_days_v1": ratio_of(pipeline.sales_cycle_days, *SALES_DIMENSIONS),
    "pipeline_velocity_v1": ratio_of(pipeline.pipeline_velocity_in_days, *VELOCITY_DIMENSIONS),
    "pipeline_velocity_v2": quotient_of(
        pipeline.pipeline_velocity_in_money, pipeline.velocity, 6, *VELOCITY_DIMENSIONS
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

PROSPECTING_KPIS = {
    "leads_generated_v1": total_of(prospecting.leads_generated, *LEAD_DIMENSIONS),
    "lead_quality_v1": ratio_of(prospecting.share_of_qualified_leads, *LEAD_DIMENSIONS),
    "lead_quality_v2": ratio_of(prospecting.average_lead_score, *LEAD_DIMENSIONS),
    "marketing_qualified_leads_v1": total_of(
        prospecting.marketing_qualified_leads, *LEAD_DIMENSIONS
    ),
    "mql_to_sql_rate_v1": ratio_of(prospecting.mql_to_sql_rate, *LEAD_DIMENSIONS),
    "qualified_lead_conversion_rate_v1": ratio_of(
        prospecting.qualified_lead_conversion_rate, *LEAD_DIMENSIONS
    ),
    "conversion_rate_v1": ratio_of(prospecting.conversion_rate, *LEAD_DIMENSIONS),
    "lead_response_time_v1": ratio_of(prospecting.average_response_time, *RESPONSE_DIMENSIONS),
    "lead_response_time_v2": median_of(prospecting.response_time, *RESPONSE_DIMENSIONS),
    "lead_response_time_v3": median_of(
        prospecting.response_time_in_business_hours, *RESPONSE_DIMENSIONS
    ),
    "lead_answer_rate_v1": ratio_of(prospecting.lead_answer_rate, *RESPONSE_DIMENSIONS),
    "lead_response_within_5_minutes_v1": ratio_of(
        prospecting.lead_response_within_5_minutes, *RESPONSE_DIMENSIONS
    ),
    "touchpoints_v1": total_of(prospecting.touchpoints, *ACTIVITY_DIMENSIONS, "region"),
    "unique_contacts_v1": distinct_of(prospecting.unique_contacts, *ACTIVITY_DIMENSIONS),
    "appointment_rate_v1": distinct_ratio_of(prospecting.appointment_rate, *ACTIVITY_DIMENSIONS),
    "calls_and_meetings_v1": total_of(prospecting.calls_and_meetings, *ACTIVITY_DIMENSIONS),
    "activities_per_rep_v1": ratio_of(prospecting.activities_per_rep, "team"),
    "time_per_lead_v1": Kpi(
        prospecting.time_per_lead, ratio, ("channel", "rep", "team"), (exact_sum, count_distinct)
    ),
    "cost_per_lead_v1": ratio_of(prospecting.cost_per_lead, "channel", "campaign"),
    "bdr_capacity_v1": total_of(prospecting.bdr_capacity, "team", "rep"),
    "bdr_utilisation_v1": ratio_of(prospecting.bdr_utilisation),
    "ae_capacity_v1": total_of(prospecting.ae_capacity, "team", "rep"),
    "ae_utilisation_v1": ratio_of(prospecting.ae_utilisation, "team"),
}

CUSTOMER_KPIS = {
    "active_customers_v1": total_of(customers.active_customers, *MARKET_DIMENSIONS),
    "customer_retention_rate_v1": ratio_of(
        customers.customers_at_end_per_start, *MARKET_DIMENSIONS
    ),
    "customer_retention_rate_v2": ratio_of(customers.retained_customers, *MARKET_DIMENSIONS),
    "churn_rate_v1": ratio_of(customers.churned_customers, *MARKET_DIMENSIONS),
    "net_revenue_retention_v1": ratio_of(customers.net_revenue_retention, *MARKET_DIMENSIONS),
    "gross_revenue_retention_v1": ratio_of(customers.gross_revenue_retention, *MARKET_DIMENSIONS),
    "customer_satisfaction_v1": ratio_of(
        customers.average_satisfaction, *MARKET_DIMENSIONS, "channel"
    ),
    "customer_satisfaction_v2": ratio_of(
        customers.share_of_satisfied_customers, *MARKET_DIMENSIONS, "channel"
    ),
    "net_promoter_score_v1": net_promotion_of(customers.net_promoter_score, *MARKET_DIMENSIONS),
    "employee_net_promoter_score_v1": net_promotion_of(
        customers.employee_net_promoter_score, "team"
    ),
    "customer_engagement_v1": ratio_of(
        customers.customer_engagement, "activity_type", "segment", "region"
    ),
    "sales_technique_win_rate_v1": distinct_ratio_of(
        customers.sales_technique_win_rate, "technique"
    ),
    "sales_technique_feedback_v1": ratio_of(customers.sales_technique_feedback, "technique"),
}

UNIT_ECONOMICS_KPIS = {
    "customer_acquisition_cost_v1": ratio_of(
        unit_economics.customer_acquisition_cost, "segment", "channel"
    ),
    "return_on_investment_v1": ratio_of(unit_economics.return_on_investment, "channel", "campaign"),
    "lifetime_value_v1": ratio_of(
        unit_economics.lifetime_value_so_far, "segment", is_cumulative=True
    ),
    "lifetime_value_v2": quotient_of(
        unit_economics.lifetime_value_parts, unit_economics.lifetime_value, 6, "segment"
    ),
    "ltv_to_cac_v1": quotient_of(
        unit_economics.value_and_cost_parts, unit_economics.value_per_cost, 8, "segment"
    ),
    "magic_number_v1": ratio_of(unit_economics.magic_number),
}

KPIS = REVENUE_KPIS | PIPELINE_KPIS | PROSPECTING_KPIS | CUSTOMER_KPIS | UNIT_ECONOMICS_KPIS


def compute_kpis(
    crm: Mapping[str, list[dict]], settings: Settings, newest_landing: datetime | None
) -> dict[str, list[KpiRow]]:
    """The rows of every KPI table, by KPI version.

    `crm` maps an entity to its canonical rows; an entity that is not there has no rows. Entity
    `holidays` has country and date of each. The landing is in UTC. Tables are
    empty when nothing happened by the as-of date.
    """
    company = read_company(crm, settings, newest_landing)
    if company is None:
        return {name: [] for name in KPIS}
    return {
        name: dense_table(
            kpi.facts(company),
            kpi.dimensions,
            kpi.summaries,
            kpi.finish,
            company.calendar,
            kpi.is_cumulative,
        )
        for name, kpi in KPIS.items()
    }
