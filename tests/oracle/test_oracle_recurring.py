"""Hand-worked examples of the KPIs that rest on subscriptions."""

from tests.oracle.examples import cell, kpi_table, members, opportunity, row, settings, subscription


def recurring(*subscriptions: dict, as_of: str = "2024-03-31") -> list:
    return kpi_table("monthly_recurring_revenue_v1", settings(as_of), subscriptions=subscriptions)


def movements(*subscriptions: dict, as_of: str = "2024-03-31") -> dict[str, dict[str, float]]:
    """The change of each movement in each month and in the first quarter, without zeros."""
    rows = kpi_table("net_new_mrr_v1", settings(as_of), subscriptions=subscriptions)
    changes: dict[str, dict[str, float]] = {}
    for one in rows:
        if one.dimension == "movement" and one.period_grain != "week" and one.numerator:
            period = f"{one.period_grain} {one.period_start_date:%Y-%m}"
            changes.setdefault(period, {})[one.dimension_value] = one.numerator
    return changes


def test_the_balance_is_that_of_the_last_day():
    rows = recurring(
        subscription("B1", "crm:A1", "2024-01-15", "2024-02-28", 50),
        subscription("B2", "crm:A1", "2024-02-29", "2024-12-31", 80),
        subscription("B3", "crm:A2", "2024-01-31", "2024-01-31", 5),
        subscription("B4", "crm:A3", "2024-02-02", "2024-02-03", 1000),
        subscription("B5", "crm:A4", "2024-04-01", None, 1000),
    )
    assert cell(rows, "month", "2024-01-01") == (55, None, 2, 55)
    assert cell(rows, "month", "2024-02-01") == (80, None, 1, 80)
    assert cell(rows, "quarter", "2024-01-01") == (80, None, 1, 80)
    assert cell(rows, "week", "2024-01-15") == (50, None, 1, 50)
    assert cell(rows, "week", "2024-02-26") == (80, None, 1, 80)


def test_a_running_period_has_the_balance_of_the_as_of_date():
    rows = recurring(
        subscription("B1", "crm:A1", "2024-01-15", "2024-03-20", 50),
        subscription("B2", "crm:A1", "2024-03-13", None, 7),
        as_of="2024-03-12",
    )
    assert cell(rows, "month", "2024-03-01") == (50, None, 1, 50)
    assert cell(rows, "week", "2024-03-11") == (50, None, 1, 50)


def test_the_region_is_the_accounts_and_an_unknown_amount_is_zero():
    rows = kpi_table(
        "monthly_recurring_revenue_v1",
        settings(),
        subscriptions=[
            subscription("B1", "crm:A1", "2024-03-01", None, 50) | {"product_id": "crm:P1"},
            subscription("B2", None, "2024-03-01", None, None),
            subscription("B3", "crm:A1", "2024-03-01", None, 9) | {"currency": "USD"},
        ],
        accounts=[row(account_id="crm:A1", region="North")],
        products=[row(product_id="crm:P1", product_category="Software")],
    )
    month = ("month", "2024-03-01")
    assert cell(rows, *month) == (50, None, 3, 50)
    assert cell(rows, *month, "region:North") == (50, None, 2, 50)
    assert cell(rows, *month, "region:(unknown)") == (0, None, 1, 0)
    assert cell(rows, *month, "product_category:(unknown)") == (0, None, 2, 0)


def test_a_price_change_is_expansion_or_contraction():
    assert movements(
        subscription("B1", "crm:A1", "2024-01-15", "2024-02-28", 50),
        subscription("B2", "crm:A1", "2024-02-29", "2024-03-30", 80),
        subscription("B3", "crm:A1", "2024-03-31", None, 60),
    ) == {
        "month 2024-01": {"new": 50},
        "month 2024-02": {"expansion": 30},
        "month 2024-03": {"contraction": -20},
        "quarter 2024-01": {"new": 60},
    }


def test_who_comes_back_in_a_later_period_is_reactivated():
    assert movements(
        subscription("B1", "crm:A1", "2024-01-01", "2024-01-31", 40),
        subscription("B2", "crm:A1", "2024-03-01", None, 45),
    ) == {
        "month 2024-01": {"new": 40},
        "month 2024-02": {"churn": -40},
        "month 2024-03": {"reactivation": 45},
        "quarter 2024-01": {"new": 45},
    }


def test_a_gap_inside_a_period_does_not_show():
    assert movements(
        subscription("B1", "crm:A1", "2024-01-01", "2024-02-09", 30),
        subscription("B2", "crm:A1", "2024-02-20", None, 30),
    ) == {"month 2024-01": {"new": 30}, "quarter 2024-01": {"new": 30}}


def test_who_only_had_a_free_subscription_is_new():
    assert movements(
        subscription("B1", "crm:A1", "2023-12-01", "2024-01-31", 0),
        subscription("B2", "crm:A1", "2024-02-01", None, 20),
    ) == {"month 2024-02": {"new": 20}, "quarter 2024-01": {"new": 20}}


def test_who_paid_before_and_inside_no_balance_is_reactivated():
    # Paid from 10 to 12 January only, so no balance at any month's end before March.
    assert movements(
        subscription("B1", "crm:A1", "2024-01-10", "2024-01-12", 20),
        subscription("B2", "crm:A1", "2024-03-10", None, 20),
    ) == {"month 2024-03": {"reactivation": 20}, "quarter 2024-01": {"new": 20}}


def test_accounts_move_as_a_whole_and_subscriptions_without_account_alone():
    changes = movements(
        subscription("B1", "crm:A1", "2023-12-01", "2024-01-31", 30),
        subscription("B2", "crm:A1", "2024-02-01", None, 50),
        subscription("B3", None, "2023-12-01", "2024-02-10", 7),
        subscription("B4", None, "2024-02-10", None, 9),
    )
    assert changes["month 2024-02"] == {"expansion": 20, "churn": -7, "new": 9}
    assert changes["quarter 2024-01"] == {"expansion": 20, "churn": -7, "new": 9}


def test_an_account_that_did_not_move_is_no_fact():
    rows = kpi_table(
        "net_new_mrr_v1",
        settings(),
        subscriptions=[subscription("B1", "crm:A1", "2024-01-01", None, 30)],
        opportunities=[opportunity("O1", "open", "2023-01-01", None)],
    )
    assert members(rows) == {"total:(all)", "movement:new"}
    assert cell(rows, "month", "2024-01-01") == (30, None, 1, 30)
    assert cell(rows, "month", "2024-02-01") == (0, None, 0, 0)
    assert min(str(one.period_start_date) for one in rows) == "2024-01-01"
