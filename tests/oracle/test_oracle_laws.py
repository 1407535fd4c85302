"""Laws that the oracle's tables obey whatever the CRM, on generated ones."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from math import isclose

from hypothesis import Phase, given, settings

from tests import crm_strategies
from tests.oracle import KPIS, KpiRow, Settings, compare, compute_kpis
from tests.oracle.periods import GRAINS, make_calendar

Tables = dict[str, list[KpiRow]]

# Slices do not add up to the total where their parts are multiplied and divided, where a key may
# lie in several of them, and of medians.
DISTINCT = {
    "unique_contacts_v1",
    "appointment_rate_v1",
    "time_per_lead_v1",
    "sales_technique_win_rate_v1",
}
MEDIANS = {"lead_response_time_v2", "lead_response_time_v3"}
QUOTIENTS = {"pipeline_velocity_v2", "lifetime_value_v2", "ltv_to_cac_v1"}
SPLITTING = sorted(KPIS.keys() - DISTINCT - MEDIANS - QUOTIENTS)
# All active customers are below the line of every type of activity.
ENGAGEMENT_BY_TYPE = ("customer_engagement_v1", "activity_type")
PER_HUNDRED = {"net_promoter_score_v1", "employee_net_promoter_score_v1"}
SHARES_OF_A_WHOLE = (
    "win_rate_v2",
    "stage_conversion_rate_v1",
    "drop_off_rate_v1",
    "lead_quality_v1",
    "mql_to_sql_rate_v1",
    "qualified_lead_conversion_rate_v1",
    "conversion_rate_v1",
    "lead_answer_rate_v1",
    "lead_response_within_5_minutes_v1",
    "appointment_rate_v1",
    "customer_retention_rate_v2",
    "churn_rate_v1",
    "gross_revenue_retention_v1",
    "customer_satisfaction_v2",
    "sales_technique_win_rate_v1",
)
ADDITIVE_OVER_TIME = (
    "revenue_v1",
    "deals_won_v1",
    "average_deal_value_v1",
    "gross_margin_v1",
    "net_margin_v1",
    "new_customers_v1",
    "market_share_v1",
    "sales_cycle_days_v1",
    "pipeline_velocity_v1",
    "win_rate_v1",
    "win_rate_v2",
    "stage_conversion_rate_v1",
    "drop_off_rate_v1",
    "leads_generated_v1",
    "lead_quality_v1",
    "lead_quality_v2",
    "marketing_qualified_leads_v1",
    "mql_to_sql_rate_v1",
    "qualified_lead_conversion_rate_v1",
    "conversion_rate_v1",
    "lead_response_time_v1",
    "lead_answer_rate_v1",
    "lead_response_within_5_minutes_v1",
    "touchpoints_v1",
    "calls_and_meetings_v1",
    "cost_per_lead_v1",
    "bdr_capacity_v1",
    "bdr_utilisation_v1",
    "ae_capacity_v1",
    "ae_utilisation_v1",
    "customer_satisfaction_v1",
    "customer_satisfaction_v2",
    "net_promoter_score_v1",
    "employee_net_promoter_score_v1",
    "sales_technique_feedback_v1",
    "customer_acquisition_cost_v1",
    "return_on_investment_v1",
)

AFTER_EVERYTHING = datetime(2024, 6, 1)
LAWS: list[Callable[[dict, Settings, Tables], None]] = []


def law(check: Callable[[dict, Settings, Tables], None]) -> Callable:
    """Adds a check of a company's tables to those that are held against every company."""
    LAWS.append(check)
    return check


def on_companies(count: int) -> Callable:
    """Runs a test on so many generated companies, however long each of them takes."""
    companies = crm_strategies.crms().map(crm_strategies.canonical)

    def decorate(test: Callable) -> Callable:
        generated = given(crm=companies, chosen=crm_strategies.settings())(test)
        # A failing company is small already, and shrinking it takes minutes.
        phases = [Phase.explicit, Phase.generate]
        return settings(max_examples=count, deadline=None, derandomize=True, phases=phases)(
            generated
        )

    return decorate


@on_companies(60)
def test_the_laws_hold(crm, chosen):
    # The tables are made once for all laws, which is what takes the time.
    tables = compute_kpis(crm, chosen, AFTER_EVERYTHING)
    for check in LAWS:
        check(crm, chosen, tables)


@on_companies(20)
def test_won_and_lost_are_closed(crm, chosen):
    """Lost deals are counted as the wins of the same company with won and lost swapped."""
    tables = compute_kpis(crm, chosen, AFTER_EVERYTHING)
    swapped = compute_kpis(with_swapped_outcomes(crm), chosen, AFTER_EVERYTHING)
    won, lost = by_period(tables["deals_won_v1"]), by_period(swapped["deals_won_v1"])
    for period, (closed,) in by_period(tables["win_rate_v2"]).items():
        won_count = sum(row.numerator for row in won.get(period, []))
        lost_count = sum(row.numerator for row in lost.get(period, []))
        assert closed.numerator == won_count
        assert closed.denominator == won_count + lost_count


def with_swapped_outcomes(crm: dict) -> dict:
    """The CRM with every won opportunity lost and every lost one won."""
    swapped = {"won": "lost", "lost": "won"}
    opportunities = [
        row | {"status": swapped.get(row["status"], row["status"])} for row in crm["opportunities"]
    ]
    return crm | {"opportunities": opportunities}


@on_companies(20)
def test_the_order_of_rows_does_not_matter(crm, chosen):
    backwards = {entity: rows[::-1] for entity, rows in crm.items()}
    tables = compute_kpis(crm, chosen, AFTER_EVERYTHING)
    assert compare(tables, compute_kpis(backwards, chosen, AFTER_EVERYTHING)) == []


def is_near(left: float, right: float) -> bool:
    """Whether two numbers are the same up to the rounding of floats."""
    return isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)


def by_period(rows: list[KpiRow], dimension: str = "total") -> dict[tuple, list[KpiRow]]:
    """The rows of a dimension by grain and first day."""
    grouped = defaultdict(list)
    for row in rows:
        if row.dimension == dimension:
            grouped[row.period_grain, row.period_start_date].append(row)
    return grouped


@law
def tables_are_dense_and_end_with_the_as_of_date(crm, chosen, tables):
    calendar = make_calendar(crm, chosen, AFTER_EVERYTHING)
    for rows in tables.values():
        keys = [
            (row.period_grain, row.period_start_date, row.dimension, row.dimension_value)
            for row in rows
        ]
        assert len(keys) == len(set(keys))
        members = {(row.dimension, row.dimension_value) for row in rows}
        for grain in GRAINS:
            of_grain = [row for row in rows if row.period_grain == grain]
            periods = sorted({(row.period_start_date, row.period_end_date) for row in of_grain})
            assert len(of_grain) == len(members) * len(periods)
            for (_, end), (start, _) in pairwise(periods):
                assert start == end + timedelta(days=1)
            for row in of_grain:
                assert row.is_complete == (row.period_end_date <= calendar.as_of)
            if periods:
                assert periods[-1][0] <= calendar.as_of <= periods[-1][1]
                assert any(
                    row.sample_size for row in of_grain if row.period_start_date == periods[0][0]
                )


@law
def a_value_is_its_parts(crm, chosen, tables):
    for name in tables.keys() - MEDIANS:
        factor = 100 if name in PER_HUNDRED else 1
        for row in tables[name]:
            if row.denominator == 0:
                assert row.kpi_value is None
            else:
                divisor = 1 if row.denominator is None else row.denominator
                assert is_near(row.kpi_value, factor * row.numerator / divisor)
            if row.sample_size == 0:
                assert row.numerator == 0 and not row.denominator


@law
def slices_add_up_to_the_total(crm, chosen, tables):
    for name in SPLITTING:
        totals = by_period(tables[name])
        for dimension in KPIS[name].dimensions:
            slices = by_period(tables[name], dimension)
            for period, (total,) in totals.items():
                parts = slices[period]
                if (name, dimension) == ENGAGEMENT_BY_TYPE:
                    assert all(row.denominator == total.denominator for row in parts)
                    continue
                assert is_near(sum(row.numerator for row in parts), total.numerator)
                denominator = sum(row.denominator or 0 for row in parts)
                assert is_near(denominator, total.denominator or 0)
                assert sum(row.sample_size for row in parts) == total.sample_size


@law
def weeks_months_and_quarters_hold_the_same_facts(crm, chosen, tables):
    for name in ADDITIVE_OVER_TIME:
        sums = {grain: sum_over_time(tables[name], grain) for grain in GRAINS}
        for by_week, by_month, by_quarter in zip(*sums.values(), strict=True):
            assert is_near(by_week, by_month)
            assert is_near(by_week, by_quarter)


def sum_over_time(rows: list[KpiRow], grain: str) -> tuple[float, float, int]:
    """Numerator, denominator and sample size of the total, summed over the periods of a grain."""
    totals = [row for row in rows if row.dimension == "total" and row.period_grain == grain]
    return (
        sum(row.numerator for row in totals),
        sum(row.denominator or 0 for row in totals),
        sum(row.sample_size for row in totals),
    )


@law
def movements_are_the_change_of_recurring_revenue(crm, chosen, tables):
    balances = by_period(tables["monthly_recurring_revenue_v1"])
    changes = by_period(tables["net_new_mrr_v1"])
    for grain in GRAINS:
        previous = 0
        for key in sorted(balances.keys() | changes.keys()):
            if key[0] == grain:
                balance = sum(row.numerator for row in balances.get(key, []))
                change = sum(row.numerator for row in changes.get(key, []))
                assert is_near(change, balance - previous)
                previous = balance


@law
def movements_have_their_sign(crm, chosen, tables):
    for row in tables["net_new_mrr_v1"]:
        if row.dimension_value in ("churn", "contraction"):
            assert row.numerator <= 0
        elif row.dimension == "movement":
            assert row.numerator >= 0


@law
def shares_of_a_whole_lie_between_0_and_1(crm, chosen, tables):
    for name in SHARES_OF_A_WHOLE:
        assert all(row.kpi_value is None or 0 <= row.kpi_value <= 1 for row in tables[name])


@law
def a_funnel_narrows(crm, chosen, tables):
    """Who advanced from a stage entered the next one, and nobody enters it otherwise."""
    entered, advanced = defaultdict(int), defaultdict(int)
    for row in tables["stage_conversion_rate_v1"]:
        if row.dimension == "stage" and row.period_grain == "week":
            entered[row.dimension_value] += row.denominator
            advanced[row.dimension_value] += row.numerator
    for stage, next_stage in pairwise(chosen.stages["crm"]):
        assert advanced[stage] == entered[next_stage] <= entered[stage]


@law
def customers_become_new_once(crm, chosen, tables):
    accounts = {row["account_id"] for row in crm["opportunities"] if row["status"] == "won"}
    counted, _, _ = sum_over_time(tables["new_customers_v1"], "week")
    assert counted <= len(accounts - {None})


@law
def who_stays_and_who_leaves_are_all(crm, chosen, tables):
    stayed, left = tables["customer_retention_rate_v2"], tables["churn_rate_v1"]
    assert len(stayed) == len(left)
    for kept, lost in zip(stayed, left, strict=True):
        assert kept.denominator == lost.denominator == kept.numerator + lost.numerator


@law
def customers_at_the_end_are_those_at_the_next_start(crm, chosen, tables):
    at_end = {period: row for period, (row,) in by_period(tables["active_customers_v1"]).items()}
    for (grain, start), (row,) in by_period(tables["customer_retention_rate_v1"]).items():
        assert row.numerator == at_end[grain, start].numerator
        before = [end for of, end in at_end if of == grain and end < start]
        assert row.denominator == (at_end[grain, max(before)].numerator if before else 0)


@law
def medians_and_averages_rest_on_the_same_leads(crm, chosen, tables):
    average, median, in_business_hours = (
        tables[f"lead_response_time_v{version}"] for version in (1, 2, 3)
    )
    assert len(average) == len(median) == len(in_business_hours)
    for rows in zip(average, median, in_business_hours, strict=True):
        assert len({row.sample_size for row in rows}) == 1
        assert all((row.kpi_value is None) == (row.sample_size == 0) for row in rows)
        if rows[0].sample_size == 1:
            assert is_near(rows[0].kpi_value, rows[1].kpi_value)
            assert rows[2].kpi_value <= rows[1].kpi_value + 60  # a clock may go forward an hour


@law
def people_reached_are_no_more_than_touchpoints(crm, chosen, tables):
    touchpoints = by_period(tables["touchpoints_v1"])
    for period, (row,) in by_period(tables["unique_contacts_v1"]).items():
        assert row.kpi_value <= row.sample_size <= touchpoints[period][0].sample_size


@law
def gross_retention_is_never_above_net(crm, chosen, tables):
    net, gross = tables["net_revenue_retention_v1"], tables["gross_revenue_retention_v1"]
    for row, capped in zip(net, gross, strict=True):
        assert capped.denominator == row.denominator
        assert capped.numerator <= row.numerator


@law
def value_over_cost_is_their_quotient(crm, chosen, tables):
    values = by_period(tables["lifetime_value_v2"])
    costs = by_period(tables["customer_acquisition_cost_v1"])
    for period, (row,) in by_period(tables["ltv_to_cac_v1"]).items():
        if row.kpi_value is not None:
            value, cost = values[period][0].kpi_value, costs[period][0].kpi_value
            assert isclose(row.kpi_value, value / cost, rel_tol=1e-9, abs_tol=1e-9)
