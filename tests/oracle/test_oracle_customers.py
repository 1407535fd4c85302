"""Hand-worked examples of the KPIs of the family customers."""

from dataclasses import replace

import pytest

from tests.oracle import compute_kpis
from tests.oracle.examples import (
    activity,
    cell,
    kpi_table,
    members,
    opportunity,
    response,
    row,
    settings,
    starts,
    subscription,
    won,
)

JANUARY = ("month", "2024-01-01")
FEBRUARY = ("month", "2024-02-01")
MARCH = ("month", "2024-03-01")

ACCOUNTS = [
    row(account_id="crm:A1", segment="Small", industry="Retail", region="North"),
    row(account_id="crm:A2", segment="Large", region=None),
]
REPS = [row(rep_id="crm:R1", rep_name="Anna", team="East", region="South")]


def test_a_subscriber_is_active_on_the_days_covered():
    rows = kpi_table(
        "active_customers_v1",
        settings(),
        accounts=ACCOUNTS,
        subscriptions=[
            subscription("B1", "crm:A1", "2024-01-31", "2024-02-28", 0),
            subscription("B2", "crm:A1", "2024-01-31", "2024-03-31", None),
            subscription("B3", None, "2024-02-29", "2024-02-29", 5),
            subscription("B4", None, "2024-02-29", "2024-02-28", 5),
            subscription("B5", "crm:A2", "2024-04-01", None, 5),
        ],
    )
    assert cell(rows, *JANUARY) == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY) == (2, None, 2, 2)
    assert cell(rows, *FEBRUARY, "segment:Small") == (1, None, 1, 1)
    assert cell(rows, *FEBRUARY, "region:(unknown)") == (1, None, 1, 1)
    assert cell(rows, *MARCH, "region:(unknown)") == (0, None, 0, 0)


@pytest.mark.parametrize(("active_days", "active"), [(28, 0), (29, 1), (30, 1)])
def test_a_purchase_makes_active_for_a_time(active_days, active):
    chosen = settings(customer_active_days=active_days)
    rows = kpi_table("active_customers_v1", chosen, opportunities=[won("O1", "2024-02-01", 1)])
    assert rows == []
    bought = [won("O1", "2024-02-01", 1, account_id="crm:A1", rep_id="crm:R1")]
    rows = kpi_table("active_customers_v1", chosen, opportunities=bought, reps=REPS)
    assert cell(rows, "week", "2024-01-29") == (1, None, 1, 1)
    assert starts(rows, "month") == ["2024-02-01", "2024-03-01"][: 2 * active]
    if active:
        assert cell(rows, *FEBRUARY, "region:(unknown)") == (1, None, 1, 1)


def test_who_ever_subscribed_is_not_active_by_purchases():
    crm = {
        "opportunities": [won("O1", "2024-03-01", 1, account_id="crm:A1")],
        "subscriptions": [subscription("B1", "crm:A1", "2024-01-01", "2024-01-31", 5)],
    }
    rows = kpi_table("active_customers_v1", settings(), **crm)
    assert cell(rows, *JANUARY)[0] == 1
    assert cell(rows, *MARCH)[0] == 0


def test_retention_and_churn_compare_the_day_before_with_the_last_day():
    subscriptions = [
        subscription("B1", "crm:A1", "2024-01-01", "2024-02-29", 5),
        subscription("B2", "crm:A2", "2024-01-31", None, 5),
        subscription("B3", "crm:A3", "2024-01-01", "2024-01-31", 5),
        subscription("B4", "crm:A4", "2024-02-29", None, 5),
        subscription("B5", "crm:A5", "2024-02-02", "2024-02-03", 5),
    ]
    crm = {"subscriptions": subscriptions, "accounts": ACCOUNTS}
    tables = compute_kpis(crm, settings("2024-03-15"), None)
    assert cell(tables["customer_retention_rate_v1"], *JANUARY) == (3, 0, 3, None)
    assert cell(tables["customer_retention_rate_v1"], *FEBRUARY) == (3, 3, 4, 1)
    assert cell(tables["customer_retention_rate_v2"], *FEBRUARY) == (2, 3, 3, 2 / 3)
    assert cell(tables["churn_rate_v1"], *FEBRUARY) == (1, 3, 3, 1 / 3)
    assert cell(tables["churn_rate_v1"], *MARCH) == (1, 3, 3, 1 / 3)
    assert cell(tables["churn_rate_v1"], *MARCH, "segment:Small") == (1, 1, 1, 1)
    assert starts(tables["churn_rate_v1"], "month") == ["2024-02-01", "2024-03-01"]
    assert starts(tables["customer_retention_rate_v1"], "quarter") == []


def test_revenue_is_retained_over_a_year():
    subscriptions = [
        subscription("B1", "crm:A1", "2023-02-28", "2023-02-28", 100),
        subscription("B2", "crm:A1", "2024-02-29", "2024-02-29", 130),
        subscription("B3", "crm:A2", "2023-02-28", "2024-02-28", 50),
        subscription("B4", "crm:A3", "2023-03-01", None, 70),
        subscription("B5", None, "2023-01-01", None, 40),
        subscription("B6", "crm:A3", "2023-02-28", None, 0),
    ]
    crm = {"subscriptions": subscriptions, "accounts": ACCOUNTS}
    tables = compute_kpis(crm, settings(), None)
    assert cell(tables["net_revenue_retention_v1"], *FEBRUARY) == (170, 190, 3, 170 / 190)
    assert cell(tables["gross_revenue_retention_v1"], *FEBRUARY) == (140, 190, 3, 140 / 190)
    net = tables["net_revenue_retention_v1"]
    assert cell(net, *FEBRUARY, "segment:Small") == (130, 100, 1, 1.3)
    assert cell(net, *JANUARY, "segment:Small") == (0, 0, 0, None)
    assert cell(net, *MARCH) == (110, 160, 3, 110 / 160)
    assert starts(net, "month") == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_the_year_of_a_running_period_ends_on_the_as_of_date():
    subscriptions = [
        subscription("B1", "crm:A1", "2023-02-01", "2023-02-10", 10),
        subscription("B2", "crm:A2", "2023-02-11", None, 7),
    ]
    crm = {"subscriptions": subscriptions}
    rows = kpi_table("net_revenue_retention_v1", settings("2024-02-10"), **crm)
    assert cell(rows, *FEBRUARY) == (0, 10, 1, 0)
    assert kpi_table("gross_revenue_retention_v1", settings("2024-01-31"), **crm) == []


def test_satisfaction_is_a_part_of_the_scale_or_of_the_responses():
    def satisfaction(responded: str, score: object, maximum: object, **more: object) -> dict:
        return response("customer_satisfaction", responded, score, maximum, **more)

    responses = [
        satisfaction("2024-01-31 23:59:59", 4, 5, account_id="crm:A1", channel="Phone"),
        satisfaction("2024-02-01", 9, 10, account_id="crm:A2", rep_id="crm:R1"),
        satisfaction("2024-02-29", 8.9, 10, account_id="gone", channel=""),
        satisfaction("2024-02-01", None, 10),
        satisfaction("2024-02-01", 5, 0),
        satisfaction("2024-02-01", 5, None),
        satisfaction("2024-04-01", 5, 5),
        response("net_promoter_score", "2024-03-01", 5, 5),
    ]
    crm = {"survey_responses": responses, "accounts": ACCOUNTS, "reps": REPS}
    tables = compute_kpis(crm, settings(), None)
    average, satisfied = tables["customer_satisfaction_v1"], tables["customer_satisfaction_v2"]
    assert cell(average, *JANUARY) == (0.8, 1, 1, 0.8)
    assert cell(average, *FEBRUARY) == (1.79, 2, 2, 0.895)
    assert cell(average, *MARCH) == (0, 0, 0, None)
    assert cell(average, *FEBRUARY, "region:South") == (0.9, 1, 1, 0.9)
    assert cell(satisfied, *JANUARY, "channel:Phone") == (1, 1, 1, 1)
    assert cell(satisfied, *FEBRUARY, "channel:(unknown)") == (1, 2, 2, 0.5)
    assert cell(satisfied, *MARCH) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("kpi", "survey"),
    [
        ("net_promoter_score_v1", "net_promoter_score"),
        ("employee_net_promoter_score_v1", "employee_net_promoter_score"),
    ],
)
def test_promoters_less_detractors_per_hundred(kpi, survey):
    scores = [9, 10, 8.5, 7, 6.5, 6, None]
    responses = [response(survey, "2024-02-29 23:59", score, None) for score in scores]
    responses += [response(survey, "2024-03-01", -1, 0), response(survey, "2024-04-01", 9, 10)]
    rows = kpi_table(kpi, settings("2024-03-31"), survey_responses=responses)
    assert cell(rows, *FEBRUARY) == (1, 6, 6, 100 / 6)
    assert cell(rows, *MARCH) == (-1, 1, 1, -100)
    rows = kpi_table(kpi, settings("2024-04-30"), survey_responses=responses[:7])
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_scores_lie_in_the_slices_of_who_answered():
    kind = "employee_net_promoter_score"
    responses = [
        response(kind, "2024-02-01", 9, 10, team="West", rep_id="crm:R1"),
        response(kind, "2024-02-01", 9, 10, team="", rep_id="crm:R1"),
        response(kind, "2024-02-01", 9, 10, team=None, rep_id="gone"),
        response("net_promoter_score", "2024-02-01", 9, 10, account_id="crm:A2", rep_id="crm:R1"),
    ]
    crm = {"survey_responses": responses, "accounts": ACCOUNTS, "reps": REPS}
    tables = compute_kpis(crm, settings(), None)
    teams = members(tables["employee_net_promoter_score_v1"])
    assert teams == {"total:(all)", "team:West", "team:East", "team:(unknown)"}
    slices = members(tables["net_promoter_score_v1"])
    assert slices == {"total:(all)", "segment:Large", "industry:(unknown)", "region:South"}


def test_engagement_is_that_of_customers_active_in_the_period():
    crm = {
        "accounts": ACCOUNTS,
        "subscriptions": [
            subscription("B1", "crm:A1", "2024-02-10", "2024-02-20", 5),
            subscription("B2", "crm:A2", "2024-02-28", None, 5),
            subscription("B3", None, "2024-02-29", None, 5),
        ],
        "activities": [
            activity("call", "2024-02-29", account_id="crm:A1", direction=None),
            activity("call", "2024-02-01", account_id="crm:A2", is_automated=True),
            activity(None, "2024-03-31 23:59", account_id="crm:A2"),
            activity("email", "2024-02-10", account_id="crm:A3"),
            activity("email", "2024-02-10"),
            activity("call", "2024-04-01", account_id="crm:A2"),
        ],
    }
    rows = kpi_table("customer_engagement_v1", settings(), **crm)
    assert cell(rows, *FEBRUARY) == (2, 2, 4, 1)
    assert cell(rows, *MARCH) == (1, 2, 3, 0.5)
    assert cell(rows, *FEBRUARY, "segment:Small") == (1, 0, 1, None)
    assert cell(rows, *FEBRUARY, "segment:Large") == (1, 1, 2, 1)
    assert cell(rows, *FEBRUARY, "activity_type:call") == (2, 2, 4, 1)
    assert cell(rows, *FEBRUARY, "activity_type:(unknown)") == (0, 2, 2, 0)
    assert cell(rows, *MARCH, "activity_type:(unknown)") == (1, 2, 3, 0.5)
    assert "activity_type:email" not in members(rows)
    # In the week of 26 February the account without a subscription any more is no customer.
    assert cell(rows, "week", "2024-02-26")[0] == 0
    strangers = {**crm, "activities": crm["activities"][3:5]}
    rows = kpi_table("customer_engagement_v1", settings(), **strangers)
    assert cell(rows, *FEBRUARY) == (0, 2, 2, 0)
    assert not any(member.startswith("activity_type") for member in members(rows))
    nothing_yet = {**crm, "activities": crm["activities"][5:]}
    assert kpi_table("customer_engagement_v1", settings(), **nothing_yet) == []


def test_engagement_has_no_value_when_nobody_is_left():
    crm = {
        "opportunities": [won("O1", "2024-02-01", 1, account_id="crm:A1")],
        "activities": [activity("call", "2024-02-02", account_id="crm:A1")],
    }
    chosen = replace(settings(), customer_active_days=29)
    rows = kpi_table("customer_engagement_v1", chosen, **crm)
    assert cell(rows, *FEBRUARY) == (1, 1, 2, 1)
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_a_technique_counts_once_per_closed_opportunity():
    def used(technique: str | None, occurred: str | None, key: str | None) -> dict:
        more = {"opportunity_id": key, "direction": None}
        return activity("call", occurred, sales_technique=technique, **more)

    rows = kpi_table(
        "sales_technique_win_rate_v1",
        settings(),
        opportunities=[
            won("O1", "2024-02-29 10:00", 1),
            opportunity("O2", "lost", "2024-01-02", "2024-02-01"),
            opportunity("O3", "open", "2024-01-02", None),
            won("O4", "2024-01-31", 1),
        ],
        activities=[
            used("Trial", "2024-02-29 23:59", "O1"),
            used("Trial", "2024-02-01", "O1"),
            used("Demo", "2024-02-01", "O1"),
            used("Trial", "2024-02-01", "O2"),
            used("Demo", "2024-02-02", "O2"),
            used("", "2024-02-01", "O2"),
            used("Trial", "2024-02-01", "O3"),
            used("Trial", "2024-02-01", "O4"),
            used("Trial", None, "O4"),
            used("Trial", "2024-01-01", None),
        ],
    )
    assert cell(rows, *FEBRUARY) == (1, 2, 3, 0.5)
    assert cell(rows, *FEBRUARY, "technique:Trial") == (1, 2, 2, 0.5)
    assert cell(rows, *FEBRUARY, "technique:Demo") == (1, 1, 1, 1)
    assert starts(rows, "month")[0] == "2024-02-01"
    assert cell(rows, *MARCH) == (0, 0, 0, None)


def test_feedback_on_a_technique_is_a_part_of_the_scale():
    kind = "sales_technique_feedback"
    responses = [
        response(kind, "2024-02-29 23:59", 3, 5, sales_technique="Trial"),
        response(kind, "2024-03-01", 9, 10, sales_technique=""),
        response(kind, "2024-02-01", 9, 0, sales_technique="Trial"),
        response(kind, "2024-02-01", None, 5, sales_technique="Trial"),
    ]
    rows = kpi_table("sales_technique_feedback_v1", settings(), survey_responses=responses)
    assert cell(rows, *FEBRUARY) == (0.6, 1, 1, 0.6)
    assert cell(rows, *MARCH, "technique:(unknown)") == (0.9, 1, 1, 0.9)
    assert cell(rows, *MARCH, "technique:Trial") == (0, 0, 0, None)
