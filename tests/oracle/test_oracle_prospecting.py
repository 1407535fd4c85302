"""Hand-worked examples of the KPIs of the family prospecting."""

from datetime import date

import pytest

from tests.oracle import compute_kpis
from tests.oracle.examples import (
    activity,
    cell,
    cost,
    kpi_table,
    lead,
    members,
    opportunity,
    row,
    settings,
    starts,
    won,
)

JANUARY = ("month", "2024-01-01")
FEBRUARY = ("month", "2024-02-01")
MARCH = ("month", "2024-03-01")

REPS = [
    row(rep_id="crm:R1", rep_name="Anna", team="East", region="South", role="ae"),
    row(rep_id="crm:R2", rep_name="Bo", team="West", role="bdr"),
]


def test_leads_count_on_the_day_they_came_in():
    leads = [
        lead("L1", "2024-01-31 23:59:59", channel="Search"),
        lead("L2", "2024-02-01", channel="", campaign_id="C1", rep_id="crm:R1", account_id="A1"),
        lead("L3", None),
        lead("L4", "2024-04-01"),
    ]
    rows = kpi_table(
        "leads_generated_v1",
        settings(),
        leads=leads,
        reps=REPS,
        campaigns=[row(campaign_id="C1", campaign_name="Spring", channel="Events")],
        accounts=[row(account_id="A1", segment="Small", industry=None, region="")],
    )
    assert cell(rows, *JANUARY) == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY) == (1, None, 1, 1)
    assert cell(rows, *MARCH) == (0, None, 0, 0)
    slices = ("channel:(unknown)", "campaign:Spring", "segment:Small", "industry:(unknown)")
    for member in (*slices, "region:South", "rep:Anna", "team:East"):
        assert cell(rows, *FEBRUARY, member)[0] == 1


def test_a_lead_is_marketing_qualified_or_better_by_any_sign_of_it():
    leads = [
        lead("L1", "2024-02-01", marketing_qualified_at="2024-03-31 23:59:59"),
        lead("L2", "2024-02-01", marketing_qualified_at="2024-04-01"),
        lead("L3", "2024-02-01", sales_qualified_at="2024-02-02"),
        lead("L4", "2024-02-01", converted_at="2024-02-02", converted_opportunity_id="gone"),
        lead("L5", "2024-02-01"),
        lead("L6", "2024-02-01", converted_opportunity_id="O2"),
        lead("L7", "2024-02-01", converted_opportunity_id="gone"),
    ]
    opportunities = [
        opportunity("O1", "open", "2024-02-03", None, lead_id="L5"),
        opportunity("O2", "open", "2024-04-01", None),
    ]
    rows = kpi_table("lead_quality_v1", settings(), leads=leads, opportunities=opportunities)
    assert cell(rows, *FEBRUARY) == (4, 7, 7, 4 / 7)
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_scores_are_averaged_over_scored_leads():
    leads = [
        lead("L1", "2024-02-01", lead_score=80),
        lead("L2", "2024-02-29", lead_score=0),
        lead("L3", "2024-02-10", lead_score=None),
        lead("L4", None, lead_score=7),
    ]
    rows = kpi_table("lead_quality_v2", settings(), leads=leads)
    assert cell(rows, *FEBRUARY) == (80, 2, 2, 40)
    assert cell(rows, *MARCH) == (0, 0, 0, None)
    assert kpi_table("lead_quality_v2", settings(), leads=leads[2:]) == []


def test_marketing_qualified_leads_and_those_that_sales_qualified_too():
    leads = [
        lead("L1", "2024-01-01", marketing_qualified_at="2024-01-31", sales_qualified_at=None),
        lead("L2", None, marketing_qualified_at="2024-02-01", sales_qualified_at="2024-01-15"),
        lead("L3", None, marketing_qualified_at="2024-02-01", sales_qualified_at="2024-04-01"),
        lead("L4", None, marketing_qualified_at="2024-04-01", sales_qualified_at="2024-02-01"),
        lead("L5", "2024-04-01", marketing_qualified_at="2024-02-01"),
    ]
    tables = compute_kpis({"leads": leads}, settings(), None)
    rows = tables["marketing_qualified_leads_v1"]
    assert cell(rows, *JANUARY) == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY) == (2, None, 2, 2)
    assert cell(tables["mql_to_sql_rate_v1"], *JANUARY) == (0, 1, 1, 0)
    assert cell(tables["mql_to_sql_rate_v1"], *FEBRUARY) == (1, 2, 2, 0.5)
    assert cell(tables["mql_to_sql_rate_v1"], *MARCH) == (0, 0, 0, None)


def test_a_lead_became_a_customer_by_a_win_of_its_own_after_it_came_in():
    leads = [
        lead("L1", "2024-02-05 18:00"),
        lead("L2", "2024-02-05", converted_opportunity_id="O2"),
        lead("L3", "2024-02-05", account_id="A1"),
        lead("L4", None, sales_qualified_at="2024-02-29"),
        lead("L5", "2024-02-05", marketing_qualified_at="2024-02-06"),
    ]
    opportunities = [
        won("O1", "2024-02-05 09:00", 1, lead_id="L1"),
        won("O2", "2024-02-04", 1),
        won("O3", "2024-03-01", 1, account_id="A1"),
        won("O4", "2024-01-03", 1, lead_id="L4"),
        won("O5", "2024-04-01", 1, lead_id="L5"),
    ]
    crm = {"leads": leads, "opportunities": opportunities}
    tables = compute_kpis(crm, settings(), None)
    assert cell(tables["conversion_rate_v1"], *FEBRUARY) == (1, 4, 4, 0.25)
    assert cell(tables["conversion_rate_v1"], *MARCH) == (0, 0, 0, None)
    assert cell(tables["qualified_lead_conversion_rate_v1"], *FEBRUARY) == (1, 1, 1, 1)


def test_marketing_qualifies_where_sales_never_does():
    leads = [
        lead("L1", "2024-02-01", marketing_qualified_at="2024-02-02"),
        lead("L2", "2024-02-01", sales_qualified_at="2024-05-01") | {"source": "erp"},
        lead("L3", "2024-02-01", marketing_qualified_at="2024-02-03") | {"source": "erp"},
    ]
    kpi = "qualified_lead_conversion_rate_v1"
    assert kpi_table(kpi, settings(), leads=leads) == []
    open_deals = [opportunity("O1", "open", "2024-02-01", None)]
    rows = kpi_table(kpi, settings(), leads=leads, opportunities=open_deals)
    assert cell(rows, *FEBRUARY) == (0, 1, 1, 0)
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def responses(leads: list[dict], activities: list[dict], **more: object) -> dict:
    return compute_kpis({"leads": leads, "activities": activities, **more}, settings(), None)


def test_the_first_touchpoint_by_a_person_is_the_response():
    leads = [
        lead("L1", "2024-02-05 10:00"),
        lead("L2", "2024-02-29 23:59", channel="Search"),
        lead("L3", "2024-02-05 10:00"),
        lead("L4", None),
        lead("L5", "2024-02-06 10:00"),
    ]
    activities = [
        activity("call", "2024-02-05 09:59", lead_id="L1"),
        activity("email", "2024-02-05 10:01", lead_id="L1", is_automated=True),
        activity("call", "2024-02-05 10:02", lead_id="L1", direction="inbound"),
        activity("meeting", "2024-02-05 10:03", lead_id="L1"),
        activity("chat", "2024-02-05 10:05", lead_id="L1", is_automated=None),
        activity("call", "2024-02-05 10:07", lead_id="L1"),
        activity("email", "2024-03-01 00:09:30", lead_id="L2"),
        activity("email", "2024-04-01", lead_id="L3"),
        activity("email", "2024-02-05", lead_id="L4"),
        activity("email", "2024-02-06 10:00", lead_id="L5"),
    ]
    tables = responses(leads, activities)
    assert cell(tables["lead_response_time_v1"], *FEBRUARY) == (15.5, 3, 3, 15.5 / 3)
    assert cell(tables["lead_response_time_v2"], *FEBRUARY) == (None, None, 3, 5)
    assert cell(tables["lead_response_time_v2"], *FEBRUARY, "channel:Search")[3] == 10.5
    assert cell(tables["lead_response_time_v1"], *MARCH) == (0, 0, 0, None)
    assert cell(tables["lead_response_time_v2"], *MARCH) == (None, None, 0, None)
    assert cell(tables["lead_answer_rate_v1"], *FEBRUARY) == (3, 4, 4, 0.75)
    assert cell(tables["lead_response_within_5_minutes_v1"], *FEBRUARY) == (2, 4, 4, 0.5)
    assert cell(tables["lead_answer_rate_v1"], *MARCH) == (0, 0, 0, None)
    assert cell(tables["lead_response_within_5_minutes_v1"], *MARCH) == (0, 0, 0, None)


def test_the_median_of_two_is_halfway_and_five_minutes_and_a_bit_are_too_long():
    leads = [lead("L1", "2024-02-05 10:00"), lead("L2", "2024-02-05 10:00")]
    activities = [
        activity("call", "2024-02-05 10:05:00.000001", lead_id="L1"),
        activity("call", "2024-02-05 10:10:00.000001", lead_id="L2"),
    ]
    tables = responses(leads, activities)
    value = cell(tables["lead_response_time_v2"], *FEBRUARY)[3]
    assert value == pytest.approx(7.5 + 1 / 60_000_000, rel=1e-14)
    assert cell(tables["lead_response_within_5_minutes_v1"], *FEBRUARY) == (0, 2, 2, 0)


def test_answers_need_some_activity_in_time():
    leads = [lead("L1", "2024-02-05")]
    later = [activity("call", "2024-04-01", lead_id="L1")]
    unrelated = [activity("note", "2024-02-05", direction=None)]
    for kpi in ("lead_answer_rate_v1", "lead_response_within_5_minutes_v1"):
        assert responses(leads, later)[kpi] == []
        assert cell(responses(leads, unrelated)[kpi], *FEBRUARY) == (0, 1, 1, 0)
    assert responses(leads, unrelated)["lead_response_time_v1"] == []
    assert responses(leads, unrelated)["lead_response_time_v3"] == []


HOLIDAYS = [{"country": "NL", "holiday_date": date(2024, 2, 14)}]


@pytest.mark.parametrize(
    ("created", "responded", "rep", "minutes"),
    [
        ("2024-02-05 10:00", "2024-02-05 10:30", {}, 30),
        ("2024-02-05 08:00", "2024-02-05 09:10", {}, 10),
        ("2024-02-05 16:50", "2024-02-06 09:05", {}, 15),
        ("2024-02-05 17:00", "2024-02-06 09:00", {}, 0),
        ("2024-02-09 16:00", "2024-02-12 10:00", {}, 120),
        ("2024-02-13 16:00", "2024-02-15 10:00", {"country": "NL"}, 120),
        ("2024-02-13 16:00", "2024-02-15 10:00", {"country": "BE"}, 600),
        ("2024-02-13 16:00", "2024-02-15 10:00", {"country": ""}, 600),
        ("2024-02-05 08:00", "2024-02-05 09:10", {"time_zone": "Europe/Amsterdam"}, 70),
        ("2024-02-05 08:00", "2024-02-05 09:10", {"time_zone": ""}, 10),
        ("2024-02-05 13:00", "2024-02-05 15:00", {"time_zone": "America/New_York"}, 60),
        # Clocks go forward on the Sunday between: 16:30 on Friday and 09:30 on Monday.
        ("2024-03-29 15:30", "2024-04-01 07:30", {"time_zone": "Europe/Amsterdam"}, 60),
    ],
)
def test_business_minutes_are_those_of_the_reps_clock(created, responded, rep, minutes):
    rows = kpi_table(
        "lead_response_time_v3",
        settings("2024-04-01"),
        leads=[lead("L1", created, rep_id="crm:R9")],
        activities=[activity("call", responded, lead_id="L1")],
        reps=[row(rep_id="crm:R9", **rep)],
        holidays=HOLIDAYS,
    )
    assert cell(rows, "month", f"{created[:7]}-01") == (None, None, 1, minutes)


def test_business_hours_are_settings_and_the_reports_clock_stands_in():
    chosen = settings(
        reporting_timezone="Asia/Tokyo", business_hours_start=0, business_hours_end=24
    )
    rows = kpi_table(
        "lead_response_time_v3",
        chosen,
        leads=[lead("L1", "2024-02-09 14:50", rep_id="gone")],
        activities=[activity("call", "2024-02-11 15:30", lead_id="L1")],
    )
    assert cell(rows, *FEBRUARY) == (None, None, 1, 40)


def test_touchpoints_are_outbound_calls_emails_and_chats():
    activities = [
        activity("call", "2024-01-31 23:59:59", rep_id="crm:R1"),
        activity("email", "2024-02-01", rep_id="crm:R1", is_automated=True, account_id="A1"),
        activity("chat", "2024-02-01", rep_id="crm:R2"),
        activity("meeting", "2024-02-01"),
        activity("call", "2024-02-01", direction="inbound"),
        activity("call", "2024-02-01", direction=None),
        activity("call", None),
        activity("call", "2024-04-01"),
    ]
    accounts = [row(account_id="A1", region="North")]
    crm = {"activities": activities, "reps": REPS, "accounts": accounts}
    tables = compute_kpis(crm, settings(), None)
    rows = tables["touchpoints_v1"]
    assert cell(rows, *JANUARY) == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY) == (2, None, 2, 2)
    assert cell(rows, *MARCH) == (0, None, 0, 0)
    assert cell(rows, *JANUARY, "region:South")[0] == 1
    assert cell(rows, *FEBRUARY, "region:North")[0] == 1
    assert cell(rows, *FEBRUARY, "region:(unknown)")[0] == 1
    assert cell(rows, *FEBRUARY, "activity_type:chat")[0] == 1
    assert cell(rows, *FEBRUARY, "team:West")[0] == 1
    rows = tables["calls_and_meetings_v1"]
    assert cell(rows, *JANUARY) == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY) == (3, None, 3, 3)
    assert cell(rows, *FEBRUARY, "activity_type:call") == (2, None, 2, 2)
    assert members(rows) >= {"activity_type:meeting", "rep:Anna", "team:(unknown)"}


def test_a_person_is_a_contact_or_a_lead_and_counts_once():
    leads = [lead("L1", "2024-01-01", contact_id="K1"), lead("L2", "2024-01-01")]
    activities = [
        activity("call", "2024-02-01", contact_id="K1", lead_id="L2"),
        activity("email", "2024-02-29", lead_id="L1"),
        activity("email", "2024-02-02", lead_id="L2"),
        activity("email", "2024-03-01", lead_id="gone"),
        activity("email", "2024-02-02"),
    ]
    tables = compute_kpis({"leads": leads, "activities": activities}, settings(), None)
    rows = tables["unique_contacts_v1"]
    assert cell(rows, *FEBRUARY) == (2, None, 3, 2)
    assert cell(rows, *FEBRUARY, "activity_type:email") == (2, None, 2, 2)
    assert cell(rows, *FEBRUARY, "activity_type:call") == (1, None, 1, 1)
    assert cell(rows, *MARCH, "activity_type:call") == (0, None, 0, 0)
    assert cell(rows, "quarter", "2024-01-01") == (3, None, 4, 3)


@pytest.mark.parametrize(
    ("met", "has_appointment"),
    [
        ("2024-02-01 10:00", 1),
        ("2024-02-01 09:59", 0),
        ("2024-02-15 23:59", 1),
        ("2024-02-16 00:00", 0),
    ],
)
def test_a_meeting_within_the_window_is_an_appointment(met, has_appointment):
    activities = [
        activity("call", "2024-02-01 10:00", contact_id="K1"),
        activity("meeting", met, contact_id="K1", direction=None),
        activity("meeting", "2024-02-02", contact_id="K2"),
    ]
    rows = kpi_table("appointment_rate_v1", settings(), activities=activities)
    assert cell(rows, *FEBRUARY) == (has_appointment, 1, 1, has_appointment)
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_an_appointment_counts_a_person_once():
    activities = [
        activity("call", "2024-02-01", contact_id="K1", is_appointment_made=True),
        activity("call", "2024-02-02", contact_id="K1", is_appointment_made=True),
        activity("email", "2024-02-03", contact_id="K1"),
        activity("email", "2024-02-03", contact_id="K2", is_appointment_made=None),
        activity("call", "2024-02-03", is_appointment_made=True),
        activity("meeting", "2024-02-03"),
        activity("email", "2024-03-31", contact_id="K3"),
        activity("meeting", "2024-04-01", contact_id="K3"),
    ]
    rows = kpi_table("appointment_rate_v1", settings(), activities=activities)
    assert cell(rows, *FEBRUARY) == (1, 2, 4, 0.5)
    assert cell(rows, *FEBRUARY, "activity_type:email") == (0, 2, 2, 0)
    assert cell(rows, *MARCH) == (0, 1, 1, 0)


def test_activities_are_shared_by_everybody_employed():
    reps = [
        row(rep_id="crm:R1", role="ae", team="East", employed_until="2024-02-01"),
        row(rep_id="crm:R2", role=None, team="West", employed_from="2024-02-29"),
        row(rep_id="crm:R3", role="manager", team="West", employed_from="2024-03-01"),
    ]
    activities = [
        activity("note", "2024-02-29 23:59", rep_id="crm:R1", direction=None),
        activity("call", "2024-03-01", rep_id="gone"),
        activity("call", None),
    ]
    rows = kpi_table("activities_per_rep_v1", settings(), activities=activities, reps=reps)
    assert cell(rows, *FEBRUARY) == (1, 2, 3, 0.5)
    assert cell(rows, *FEBRUARY, "team:East") == (1, 1, 2, 1)
    assert cell(rows, *MARCH, "team:West") == (0, 2, 2, 0)
    assert cell(rows, *MARCH, "team:East") == (0, 0, 0, None)
    assert cell(rows, *MARCH, "team:(unknown)") == (1, 0, 1, None)
    leads = [lead("L1", "2024-02-01")]
    without = kpi_table("activities_per_rep_v1", settings(), leads=leads, reps=reps)
    assert without == []


def test_time_is_shared_by_the_leads_worked_on():
    leads = [lead("L1", "2024-01-01", channel="Search"), lead("L2", "2024-04-01", channel="Phone")]
    activities = [
        activity("call", "2024-02-01", lead_id="L1", duration_minutes=10, rep_id="crm:R1"),
        activity("note", "2024-02-29", lead_id="L1", duration_minutes=5, direction=None),
        activity("call", "2024-02-02", lead_id="L2", duration_minutes=None),
        activity("email", "2024-02-02", lead_id="L3", duration_minutes=9, is_automated=True),
        activity("call", "2024-02-02", duration_minutes=99),
        activity("call", "2024-04-01", lead_id="L1", duration_minutes=99),
    ]
    rows = kpi_table("time_per_lead_v1", settings(), leads=leads, activities=activities, reps=REPS)
    assert cell(rows, *FEBRUARY) == (15, 2, 3, 7.5)
    assert cell(rows, *FEBRUARY, "channel:Search") == (15, 1, 2, 15)
    assert cell(rows, *FEBRUARY, "channel:(unknown)") == (0, 1, 1, 0)
    assert cell(rows, *FEBRUARY, "rep:(unknown)") == (5, 2, 2, 2.5)
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_marketing_cost_is_shared_by_the_leads_created():
    costs = [
        cost("marketing", "2024-02-29", "2024-03-01", 100, campaign_id="C1"),
        cost("marketing", "2024-03-31", "2024-04-01", 20, channel="Search"),
        cost("sales", "2024-02-01", None, 999),
    ]
    crm = {
        "leads": [lead("L1", "2024-02-01", channel="Events"), lead("L2", None)],
        "campaigns": [row(campaign_id="C1", campaign_name="Spring", channel="Events")],
    }
    rows = kpi_table("cost_per_lead_v1", settings(), commercial_costs=costs, **crm)
    assert cell(rows, *FEBRUARY) == (50, 1, 2, 50)
    assert cell(rows, *MARCH) == (60, 0, 2, None)
    assert cell(rows, *FEBRUARY, "channel:Events") == (50, 1, 2, 50)
    assert cell(rows, *FEBRUARY, "campaign:Spring") == (50, 0, 1, None)
    assert cell(rows, *FEBRUARY, "campaign:(unknown)") == (0, 1, 1, 0)
    assert kpi_table("cost_per_lead_v1", settings(), commercial_costs=costs[2:], **crm) == []


WORKERS = [
    row(
        rep_id="crm:R1",
        rep_name="Anna",
        role="bdr",
        team="East",
        country="NL",
        maximum_leads_per_day=2.5,
        maximum_deals_per_day=9,
        employed_from="2024-02-12",
        employed_until="2024-02-19",
    ),
    row(rep_id="crm:R2", rep_name="Bo", role="ae", maximum_deals_per_day=0.5),
    row(rep_id="crm:R3", rep_name="Cas", role="bdr", maximum_leads_per_day=None),
    row(rep_id="crm:R4", rep_name="Dot", role="am", maximum_leads_per_day=7),
]


def test_capacity_is_that_of_the_business_days_employed():
    # 1 February is a Thursday; Anna works 12, 13, 15, 16 and 19 February, 14 is a holiday.
    crm = {
        "reps": WORKERS,
        "holidays": HOLIDAYS,
        "leads": [
            lead("L1", "2024-02-01", marketing_qualified_at="2024-02-29 23:59"),
            lead("L2", None, marketing_qualified_at="2024-03-01"),
        ],
        "opportunities": [
            won("O1", "2024-02-29 23:59", 1, rep_id="crm:R2"),
            won("O2", "2024-02-10", 1),
            opportunity("O3", "lost", "2024-02-01", "2024-02-10"),
        ],
    }
    tables = compute_kpis(crm, settings("2024-03-03"), None)
    assert starts(tables["bdr_capacity_v1"], "week")[0] == "2024-02-12"
    assert cell(tables["bdr_capacity_v1"], *FEBRUARY) == (12.5, None, 5, 12.5)
    assert cell(tables["bdr_capacity_v1"], "week", "2024-02-12", "team:East")[0] == 10
    assert cell(tables["bdr_capacity_v1"], *MARCH, "rep:Anna") == (0, None, 0, 0)
    assert cell(tables["bdr_utilisation_v1"], *FEBRUARY) == (1, 12.5, 6, 0.08)
    assert cell(tables["bdr_utilisation_v1"], *MARCH) == (1, 0, 1, None)
    assert members(tables["bdr_utilisation_v1"]) == {"total:(all)"}
    # O1 was created on 2 January, so January has 22 of 23 weekdays; 1 March is a Friday.
    assert cell(tables["ae_capacity_v1"], *JANUARY, "rep:Bo") == (11, None, 22, 11)
    assert cell(tables["ae_capacity_v1"], *FEBRUARY) == (10.5, None, 21, 10.5)
    assert cell(tables["ae_capacity_v1"], *MARCH) == (0.5, None, 1, 0.5)
    assert cell(tables["ae_utilisation_v1"], *FEBRUARY) == (2, 10.5, 23, 2 / 10.5)
    assert cell(tables["ae_utilisation_v1"], *FEBRUARY, "team:(unknown)")[0] == 2
    assert cell(tables["ae_utilisation_v1"], *MARCH) == (0, 0.5, 1, 0)


def test_utilisation_needs_something_to_use_capacity_for():
    calls = [activity("call", "2024-02-01")]
    tables = compute_kpis({"reps": WORKERS, "activities": calls}, settings(), None)
    assert tables["bdr_capacity_v1"] and tables["ae_capacity_v1"]
    assert tables["bdr_utilisation_v1"] == tables["ae_utilisation_v1"] == []
    crm = {"opportunities": [won("O1", "2024-02-01", 1)], "leads": [lead("L1", "2024-02-01")]}
    tables = compute_kpis(crm, settings(), None)
    assert tables["bdr_capacity_v1"] == tables["ae_capacity_v1"] == []
    assert tables["bdr_utilisation_v1"] == tables["ae_utilisation_v1"] == []
