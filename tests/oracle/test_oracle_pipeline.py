"""Hand-worked examples of the KPIs of the family pipeline."""

import pytest

from tests.oracle import compute_kpis
from tests.oracle.examples import (
    cell,
    kpi_table,
    members,
    opportunity,
    quota,
    row,
    settings,
    stage_entry,
    starts,
    won,
)


def cycle(closed: str, created: str | None = "2024-01-10", **entities: list[dict]) -> tuple:
    deal = opportunity("crm:O1", "won", created, closed, lead_id="crm:L1", amount=1)
    later = opportunity("crm:O9", "open", "2024-01-01", None)
    rows = kpi_table("sales_cycle_days_v1", settings(), opportunities=[deal, later], **entities)
    return cell(rows, "month", "2024-01-01") if rows else ()


def test_a_cycle_starts_at_the_earliest_contact():
    lead = [row(lead_id="crm:L1", created_at="2024-01-05 23:59")]
    by_lead = [row(lead_id="crm:L1", occurred_at="2024-01-02")]
    by_opportunity = [row(opportunity_id="crm:O1", occurred_at="2024-01-03")]
    other = [row(opportunity_id="crm:O9", lead_id="crm:L9", occurred_at="2023-01-01")]
    assert cycle("2024-01-20") == (10, 1, 1, 10)
    assert cycle("2024-01-20", leads=lead) == (15, 1, 1, 15)
    assert cycle("2024-01-20", leads=lead, activities=by_lead + other) == (18, 1, 1, 18)
    assert cycle("2024-01-20", activities=by_opportunity + other) == (17, 1, 1, 17)
    assert cycle("2024-01-20", activities=by_opportunity + by_lead) == (18, 1, 1, 18)


def test_a_cycle_is_never_negative_and_may_be_unknown():
    activity = [row(opportunity_id="crm:O1", occurred_at="2024-01-03")]
    assert cycle("2024-01-10") == (0, 1, 1, 0)
    assert cycle("2024-01-02") == (0, 1, 1, 0)
    assert cycle("2024-01-20", created=None) == ()
    assert cycle("2024-01-20", created=None, activities=activity) == (17, 1, 1, 17)
    after_the_as_of_date = [row(opportunity_id="crm:O1", occurred_at="2024-04-01")]
    assert cycle("2024-01-20", created=None, activities=after_the_as_of_date) == ()


def test_version_1_of_velocity_takes_lost_deals_too():
    opportunities = [
        opportunity("O1", "won", "2024-01-01", "2024-02-01", amount=1),
        opportunity("O2", "lost", "2024-02-01", "2024-02-10"),
        opportunity("O3", "lost", None, "2024-02-10"),
    ]
    tables = compute_kpis({"opportunities": opportunities}, settings(), None)
    assert cell(tables["pipeline_velocity_v1"], "month", "2024-02-01") == (40, 2, 2, 20)
    assert cell(tables["sales_cycle_days_v1"], "month", "2024-02-01") == (31, 1, 1, 31)


def test_version_2_of_velocity_is_money_a_day():
    opportunities = [
        opportunity("O1", "won", "2024-01-10", "2024-02-09", amount=200),
        opportunity("O2", "lost", "2024-02-01", "2024-02-29", amount=900),
        opportunity("O3", "open", "2024-02-29", None, amount=50),
        opportunity("O4", "lost", "2024-01-01", "2024-01-31"),
        opportunity("O5", "open", "2024-03-01", None),
        opportunity("O6", "lost", None, "2024-03-01"),
    ]
    rows = kpi_table("pipeline_velocity_v2", settings(), opportunities=opportunities)
    # Worked: O1, O2, O3. Half of the closed ones won, 200 each, in 30 days.
    assert cell(rows, "month", "2024-02-01") == (300, 30, 6, 10)
    # Worked: O1, O4; nothing won.
    assert cell(rows, "month", "2024-01-01") == (0, 0, 3, None)
    # Worked: O3, O5; O6 closed without having been worked.
    assert cell(rows, "month", "2024-03-01") == (0, 0, 3, None)
    # Worked: O1 to O5; one of four closed ones won.
    assert cell(rows, "quarter", "2024-01-01") == (250, 30, 10, 250 / 30)


def test_version_2_of_velocity_has_no_value_for_wins_on_their_first_day():
    rows = kpi_table(
        "pipeline_velocity_v2",
        settings(),
        opportunities=[
            opportunity("O1", "won", "2024-02-09", "2024-02-09", amount=200),
            opportunity("O2", "won", "2024-03-01", "2024-03-05", amount=10),
        ],
    )
    assert cell(rows, "month", "2024-02-01") == (200, 0, 3, None)


def test_a_ratio_without_any_denominator_has_no_rows():
    rows = kpi_table(
        "pipeline_velocity_v2",
        settings(),
        opportunities=[opportunity("O1", "won", "2024-02-09", "2024-02-09", amount=200)],
    )
    assert rows == []


def test_a_deal_that_closed_before_its_creation_is_worked_when_it_is_created():
    rows = kpi_table(
        "pipeline_velocity_v2",
        settings(),
        opportunities=[
            opportunity("O1", "lost", "2024-02-09", "2024-01-31"),
            opportunity("O2", "won", "2024-02-01", "2024-02-05", amount=60),
        ],
    )
    # Both worked in February; the only one closed in it was won after four days.
    assert cell(rows, "month", "2024-02-01") == (120, 4, 4, 30)
    assert cell(rows, "month", "2024-01-01") == (0, 0, 1, None)


REPS = [
    row(rep_id="crm:R1", rep_name="Anna", role="ae", team="East"),
    row(rep_id="crm:R2", rep_name="Mo", role="manager", team="East"),
]


def test_win_rates():
    opportunities = [
        opportunity("O1", "won", "2024-01-31", "2024-02-05", rep_id="crm:R1"),
        opportunity("O2", "lost", "2024-02-01", "2024-02-29", rep_id="crm:R2"),
        opportunity("O3", "open", "2024-02-03", None),
        opportunity("O4", "won", None, "2024-02-29", rep_id="crm:R2"),
    ]
    tables = compute_kpis({"opportunities": opportunities, "reps": REPS}, settings(), None)
    first, second = tables["win_rate_v1"], tables["win_rate_v2"]
    assert cell(first, "month", "2024-02-01") == (2, 2, 4, 1)
    assert cell(first, "month", "2024-01-01") == (0, 1, 1, 0)
    assert cell(first, "month", "2024-02-01", "rep:Anna") == (1, 0, 1, None)
    assert cell(second, "month", "2024-02-01") == (2, 3, 3, 2 / 3)
    assert cell(second, "month", "2024-02-01", "rep:Anna") == (1, 1, 1, 1)
    assert cell(second, "month", "2024-02-01", "rep:Mo") == (1, 2, 2, 0.5)
    assert starts(second, "month") == ["2024-02-01", "2024-03-01"]


@pytest.mark.parametrize("status", ["open", "won", "lost"])
def test_created_in_a_month_does_not_shrink_when_a_deal_closes(status):
    deals = [opportunity("O1", status, "2024-02-03", "2024-03-01", amount=1)]
    rows = kpi_table("win_rate_v1", settings(), opportunities=deals)
    assert cell(rows, "month", "2024-02-01")[1] == 1


def test_a_reopened_deal_is_open_until_its_last_close():
    reopened = opportunity("O1", "open", "2024-01-05", "2024-02-01", amount=100)
    tables = compute_kpis({"opportunities": [reopened]}, settings(), None)
    assert tables["win_rate_v2"] == []
    assert cell(tables["open_pipeline_value_v1"], "month", "2024-03-01") == (100, None, 1, 100)
    closed_again = reopened | {"status": "won"} | row(closed_at="2024-03-05")
    rows = kpi_table("win_rate_v2", settings(), opportunities=[closed_again])
    assert cell(rows, "quarter", "2024-01-01") == (1, 1, 1, 1)
    assert starts(rows, "month") == ["2024-03-01"]


def test_stage_conversion_counts_skipped_stages_and_ignores_steps_back():
    opportunities = [
        opportunity("O1", "lost", "2024-01-02", "2024-02-20"),
        opportunity("O2", "open", "2024-01-02", None),
        won("O3", "2024-01-31", 1),
        won("O4", "2024-01-31", 1),
        opportunity("O5", "open", "2024-01-02", None),
    ]
    entries = [
        stage_entry("O1", "Qualification", "2024-01-05"),
        stage_entry("O1", "Proposal", "2024-01-20"),
        stage_entry("O2", "Proposal", "2024-02-01"),
        stage_entry("O2", "Qualification", "2024-02-10"),
        stage_entry("O3", "Qualification", "2024-01-06"),
        stage_entry("O3", "Negotiation", "2024-04-01"),
        stage_entry("O5", "On hold", "2024-01-06"),
        stage_entry("gone", "Proposal", "2024-01-06"),
    ]
    rows = kpi_table(
        "stage_conversion_rate_v1",
        settings(),
        opportunities=opportunities,
        opportunity_stages=entries,
    )
    january, february = ("month", "2024-01-01"), ("month", "2024-02-01")
    assert cell(rows, *january, "stage:Qualification") == (2, 2, 2, 1)
    assert cell(rows, *january, "stage:Needs analysis") == (2, 2, 2, 1)
    assert cell(rows, *january, "stage:Proposal") == (1, 2, 2, 0.5)
    assert cell(rows, *january, "stage:Negotiation") == (1, 1, 1, 1)
    assert cell(rows, *january) == (6, 7, 7, 6 / 7)
    assert cell(rows, *february, "stage:Qualification") == (1, 1, 1, 1)
    assert cell(rows, *february, "stage:Proposal") == (0, 1, 1, 0)
    assert cell(rows, *february, "stage:Negotiation") == (0, 0, 0, None)
    assert len(members(rows)) == 5


def test_drop_off_counts_lost_deals_and_leads_that_never_were_deals():
    opportunities = [
        opportunity("O1", "lost", "2024-01-02", "2024-02-05", stage="Proposal"),
        opportunity("O2", "lost", "2024-01-02", "2024-02-05", stage="Proposal", channel="Events"),
        won("O3", "2024-02-06", 1),
        opportunity("O4", "open", "2024-01-02", "2024-02-06", lead_id="crm:L4"),
    ]
    entries = [
        stage_entry("O2", "Negotiation", "2024-02-01 09:00"),
        stage_entry("O2", "Qualification", "2024-02-01 10:00"),
        stage_entry("O2", "Needs analysis", "2024-02-01 10:00"),
        stage_entry("O2", "On hold", "2024-02-01 11:00"),
    ]
    disqualified = {"disqualified_at": "2024-02-10"}
    leads = [
        row(lead_id="crm:L1", channel="Events", account_id="crm:A1", **disqualified),
        row(lead_id="crm:L2", marketing_qualified_at="2024-01-09", **disqualified),
        row(
            lead_id="crm:L3",
            marketing_qualified_at="2024-01-09",
            sales_qualified_at="2024-02-20",
            **disqualified,
        ),
        row(lead_id="crm:L4", **disqualified),
        row(lead_id="crm:L5", converted_opportunity_id="crm:gone", **disqualified),
        row(lead_id="crm:L6", disqualified_at="2024-04-01"),
        row(lead_id="crm:L7", marketing_qualified_at="2024-04-01", **disqualified),
    ]
    rows = kpi_table(
        "drop_off_rate_v1",
        settings(),
        opportunities=opportunities,
        opportunity_stages=entries,
        leads=leads,
        accounts=[row(account_id="crm:A1", segment="Small")],
    )
    counts = {member: cell(rows, "month", "2024-02-01", member)[:2] for member in members(rows)}
    assert counts == {
        "total:(all)": (6, 7),
        "stage:Proposal": (1, 1),
        "stage:Needs analysis": (1, 1),
        "stage:(unknown)": (0, 1),
        "stage:Lead": (2, 2),
        "stage:Marketing qualified lead": (1, 1),
        "stage:Sales qualified lead": (1, 1),
        "segment:Small": (1, 1),
        "segment:(unknown)": (5, 6),
        "channel:Events": (2, 2),
        "channel:(unknown)": (4, 5),
    }


def test_open_pipeline_is_valued_on_the_last_day_by_the_stage_of_that_day():
    deal = opportunity("O1", "won", "2024-01-08", "2024-03-05", amount=100, stage="Proposal")
    entries = [
        stage_entry("O1", "Needs analysis", "2024-01-15"),
        stage_entry("O1", "Proposal", "2024-02-14 10:00"),
        stage_entry("O1", "Negotiation", "2024-02-14 12:00"),
        stage_entry("O1", "On hold", "2024-02-14 13:00"),
        stage_entry("O1", "Qualification", "2024-02-19"),
    ]
    rows = kpi_table(
        "open_pipeline_value_v1",
        settings(),
        opportunities=[deal],
        opportunity_stages=entries,
    )
    held = {
        (one.period_grain, str(one.period_start_date)): one.dimension_value
        for one in rows
        if one.dimension == "stage" and one.numerator
    }
    assert held["week", "2024-01-08"] == "Needs analysis"
    assert held["week", "2024-02-05"] == "Needs analysis"
    assert held["week", "2024-02-12"] == "Negotiation"
    assert held["week", "2024-02-19"] == held["month", "2024-02-01"] == "Qualification"
    assert ("month", "2024-03-01") not in held
    assert cell(rows, "month", "2024-03-01") == (0, None, 0, 0)
    # On the last day of its only quarter it was closed, so the quarter has no first period.
    assert starts(rows, "quarter") == []


def test_a_deal_that_closes_on_the_last_day_is_not_open_then():
    deal = opportunity("O1", "lost", "2024-01-08", "2024-01-31", amount=100)
    rows = kpi_table("open_pipeline_value_v1", settings(), opportunities=[deal])
    assert cell(rows, "week", "2024-01-22") == (100, None, 1, 100)
    assert cell(rows, "week", "2024-01-29") == (0, None, 0, 0)
    assert starts(rows, "month") == []


def test_pipeline_amounts_fall_back_to_lines_at_the_rate_of_the_creation_date():
    rates = [
        row(from_currency="USD", to_currency="EUR", rate_date="2024-01-01", exchange_rate=0.5),
        row(from_currency="USD", to_currency="EUR", rate_date="2024-02-01", exchange_rate=2),
    ]
    opportunities = [
        opportunity("O1", "open", "2024-01-31", None, currency="USD"),
        opportunity("O2", "open", "2024-02-01", None, currency="USD", amount=10),
        opportunity("O3", "open", "2024-02-01", None),
        opportunity("O4", "open", "2024-02-01", None, currency="GBP", amount=10),
        opportunity("O5", "open", None, None, amount=1000),
    ]
    lines = [
        row(opportunity_line_id="N1", opportunity_id="O1", amount=100),
        row(opportunity_line_id="N2", opportunity_id="O1", amount=None),
        row(opportunity_line_id="N3", opportunity_id="O1", amount=-20),
        row(opportunity_line_id="N4", opportunity_id="O2", amount=777),
    ]
    rows = kpi_table(
        "open_pipeline_value_v1",
        settings(),
        opportunities=opportunities,
        opportunity_lines=lines,
        exchange_rates=rates,
    )
    assert cell(rows, "month", "2024-03-01") == (60, None, 4, 60)


def test_coverage_takes_what_was_open_before_the_first_day_over_the_whole_quota():
    opportunities = [
        opportunity("O1", "open", "2024-02-29", None, amount=1, rep_id="crm:R1"),
        opportunity("O2", "open", "2024-03-01", None, amount=10, rep_id="crm:R1"),
        opportunity("O3", "lost", "2024-01-02", "2024-03-01", amount=100, rep_id="crm:R2"),
        opportunity("O4", "lost", "2024-01-02", "2024-02-29", amount=1000, rep_id="crm:R1"),
    ]
    targets = [quota("G1", "R1", "month", "2024-03-01", 3100)]
    rows = kpi_table(
        "pipeline_coverage_v1",
        settings("2024-03-05"),
        opportunities=opportunities,
        targets=targets,
        reps=REPS,
    )
    assert cell(rows, "month", "2024-03-01") == (101, 3100, 33, 101 / 3100)
    assert cell(rows, "month", "2024-03-01", "rep:Anna") == (1, 3100, 32, 1 / 3100)
    assert cell(rows, "month", "2024-02-01") == (1100, 0, 2, None)
    # The first days of March belong to the week that began in February.
    assert cell(rows, "week", "2024-02-26") == (1100, 300, 5, 1100 / 300)
    assert cell(rows, "week", "2024-03-04") == (11, 700, 9, 11 / 700)
