"""Hand-worked examples of the KPIs of the family unit economics."""

from tests.oracle.examples import (
    cell,
    cost,
    kpi_table,
    members,
    row,
    settings,
    sold,
    starts,
    subscription,
    together,
    won,
)

JANUARY = ("month", "2024-01-01")
FEBRUARY = ("month", "2024-02-01")
MARCH = ("month", "2024-03-01")

ACCOUNTS = {"accounts": [row(account_id="A1", segment="Small"), row(account_id="A2")]}


def costs(*rows: dict) -> dict:
    return {"commercial_costs": list(rows)}


def test_acquisition_cost_is_shared_by_new_customers():
    crm = together(
        ACCOUNTS,
        costs(
            cost("sales", "2024-01-31", "2024-02-01", 100, segment="Small"),
            cost("marketing", "2024-03-31", None, 60, campaign_id="C1"),
            cost("service", "2024-02-01", None, 999),
            cost("sales", "2024-04-01", None, 999),
        ),
        {"campaigns": [row(campaign_id="C1", channel="Search")]},
        {
            "opportunities": [
                won("O1", "2024-02-29 23:59", 1, account_id="A1", channel="Phone"),
                won("O2", "2024-03-01", 1, account_id="A1"),
                won("O3", "2024-02-01", 1),
            ]
        },
    )
    rows = kpi_table("customer_acquisition_cost_v1", settings(), **crm)
    assert cell(rows, *JANUARY) == (50, 0, 1, None)
    assert cell(rows, *FEBRUARY) == (50, 1, 2, 50)
    assert cell(rows, *FEBRUARY, "segment:Small") == (50, 1, 2, 50)
    assert cell(rows, *FEBRUARY, "channel:Phone") == (0, 1, 1, 0)
    assert cell(rows, *MARCH, "channel:Search") == (60, 0, 1, None)
    without = {**crm, **costs(*crm["commercial_costs"][2:])}
    assert kpi_table("customer_acquisition_cost_v1", settings(), **without) == []


def test_return_on_investment_is_profit_above_all_commercial_cost():
    sales = together(
        sold("O1", "2024-02-29 23:59", 100, 40, channel="Search", campaign_id="C1"),
        sold("O2", "2024-03-01", 80, None),
        {"opportunities": [won("O3", "2024-02-01", 999)]},
        {"campaigns": [row(campaign_id="C1", campaign_name="Spring", channel="Search")]},
    )
    spent = costs(
        cost("marketing", "2024-02-01", None, 20, campaign_id="C1"),
        cost("service", "2024-02-29", None, 5),
        cost("sales", "2024-03-01", "2024-04-01", 32),
    )
    rows = kpi_table("return_on_investment_v1", settings(), **together(sales, spent))
    assert cell(rows, *FEBRUARY) == (35, 25, 3, 1.4)
    assert cell(rows, *FEBRUARY, "channel:Search") == (40, 20, 2, 2)
    assert cell(rows, *FEBRUARY, "campaign:Spring") == (40, 20, 2, 2)
    assert cell(rows, *FEBRUARY, "campaign:(unknown)") == (-5, 5, 1, -1)
    assert cell(rows, *MARCH) == (-31, 31, 31, -1)
    assert cell(rows, *MARCH, "campaign:Spring") == (0, 0, 0, None)
    assert kpi_table("return_on_investment_v1", settings(), **sales) == []
    unknown = together(sold("O2", "2024-03-01", 80, None), spent)
    assert kpi_table("return_on_investment_v1", settings(), **unknown) == []


def test_lifetime_value_so_far_adds_up_since_the_beginning():
    sales = together(
        ACCOUNTS,
        sold("O1", "2024-01-31 23:59", 100, 40, account_id="A1"),
        sold("O2", "2024-02-01", 50, 20, account_id="A1"),
        sold("O3", "2024-03-31", 10, None, account_id="A2"),
        sold("O4", "2024-01-01", 999, 1),
    )
    spent = costs(
        cost("service", "2024-02-10", None, 15, segment="Small"),
        cost("service", "2024-03-01", None, 5),
        cost("sales", "2024-01-01", None, 999),
        cost("service", "2024-04-01", None, 999),
    )
    rows = kpi_table("lifetime_value_v1", settings(), **together(sales, spent))
    assert cell(rows, *JANUARY) == (60, 1, 2, 60)
    assert cell(rows, *FEBRUARY) == (75, 1, 4, 75)
    assert cell(rows, *MARCH) == (70, 2, 6, 35)
    assert cell(rows, "week", "2024-02-12") == (75, 1, 4, 75)
    assert cell(rows, "quarter", "2024-01-01") == (70, 2, 6, 35)
    assert cell(rows, *MARCH, "segment:Small") == (75, 1, 4, 75)
    assert cell(rows, *MARCH, "segment:(unknown)") == (-5, 1, 2, -5)
    assert cell(rows, *FEBRUARY, "segment:(unknown)") == (0, 0, 0, None)
    assert kpi_table("lifetime_value_v1", settings(), **sales) == []
    nobody = together(sold("O4", "2024-01-01", 999, 1), spent)
    assert kpi_table("lifetime_value_v1", settings(), **nobody) == []


# Two customers at the start of February, one of whom leaves, and a third who comes: two at its end.
MEMBERS = {
    "subscriptions": [
        subscription("B1", "A1", "2024-01-01", "2024-02-28", 5),
        subscription("B2", "A2", "2024-01-31", None, 5),
        subscription("B3", "A3", "2024-02-29", None, 5),
    ]
}
SALES = together(
    ACCOUNTS,
    sold("O1", "2024-02-29 23:59", 100, 40, account_id="A1"),
    sold("O2", "2024-02-01", 60, None, account_id="A2"),
    sold("O3", "2024-02-01", 999, 0),
)


def test_lifetime_value_is_revenue_times_margin_over_churn():
    rows = kpi_table("lifetime_value_v2", settings(), **MEMBERS, **SALES)
    # 160 of revenue over 2 customers, at a margin of 60 in 100, with 1 in 2 gone.
    assert cell(rows, *FEBRUARY) == (48, 0.5, 5, 96)
    assert cell(rows, *JANUARY) == (0, 0, 2, None)
    assert cell(rows, *MARCH) == (0, 0, 2, None)
    assert cell(rows, *FEBRUARY, "segment:Small") == (0, 0, 2, None)
    nobody_left = {**MEMBERS, "subscriptions": MEMBERS["subscriptions"][1:2]}
    assert kpi_table("lifetime_value_v2", settings(), **nobody_left, **SALES) == []
    unknown = sold("O2", "2024-02-01", 60, None, account_id="A2")
    assert kpi_table("lifetime_value_v2", settings(), **MEMBERS, **unknown) == []


def test_without_churn_the_upper_side_stays():
    leaving = [subscription("B4", "A4", "2024-01-01", "2024-03-30", 5)]
    staying = {"subscriptions": MEMBERS["subscriptions"][1:] + leaving}
    sales = together(SALES, sold("O4", "2024-03-31", 10, 5, account_id="A2"))
    rows = kpi_table("lifetime_value_v2", settings(), **staying, **sales)
    # A1 has no subscription here and is active by its purchase.
    assert cell(rows, *FEBRUARY) == (24, 0, 6, None)
    assert cell(rows, *MARCH) == (5 / 3, 0.25, 5, 20 / 3)


def test_a_loss_has_a_lifetime_value_too_and_revenue_of_zero_none():
    loss = together(sold("O1", "2024-02-01", 100, 150, account_id="A1"))
    rows = kpi_table("lifetime_value_v2", settings(), **MEMBERS, **loss)
    assert cell(rows, *FEBRUARY) == (-25, 0.5, 4, -50)
    balanced = together(
        sold("O1", "2024-02-01", 100, 50, account_id="A1"),
        sold("O2", "2024-02-01", -100, 5, account_id="A1"),
        sold("O3", "2024-03-31", 100, 50, account_id="A3"),
    )
    ending = {"subscriptions": [*MEMBERS["subscriptions"][:1], *MEMBERS["subscriptions"][2:]]}
    ending["subscriptions"].append(subscription("B5", "A5", "2024-01-01", "2024-03-01", 5))
    rows = kpi_table("lifetime_value_v2", settings(), **ending, **balanced)
    assert cell(rows, *FEBRUARY) == (0, 0, 5, None)
    assert cell(rows, *MARCH) == (50, 0.5, 3, 100)


def test_lifetime_value_over_acquisition_cost():
    spent = costs(
        cost("sales", "2024-02-29", "2024-03-01", 40, segment="Small"),
        cost("marketing", "2024-02-01", None, 4),
    )
    rows = kpi_table("ltv_to_cac_v1", settings(), **MEMBERS, **SALES, **spent)
    # A lifetime value of 96 over a cost of 24 for two new customers.
    assert cell(rows, *FEBRUARY) == (192, 24, 9, 8)
    assert cell(rows, *MARCH) == (0, 0, 3, None)
    assert cell(rows, *FEBRUARY, "segment:Small") == (0, 0, 4, None)
    assert members(rows) == {"total:(all)", "segment:Small", "segment:(unknown)"}
    assert kpi_table("ltv_to_cac_v1", settings(), **MEMBERS, **SALES) == []
    service = costs(cost("service", "2024-02-01", None, 4))
    assert kpi_table("ltv_to_cac_v1", settings(), **MEMBERS, **SALES, **service) == []
    unknown = sold("O2", "2024-02-01", 60, None, account_id="A2")
    assert kpi_table("ltv_to_cac_v1", settings(), **MEMBERS, **unknown, **spent) == []


def test_the_magic_number_is_new_revenue_a_year_over_the_cost_before():
    subscriptions = [
        subscription("B1", "A1", "2024-01-31", "2024-02-28", 5),
        subscription("B2", "A1", "2024-02-29", None, 8),
        subscription("B3", "A2", "2024-02-01", None, 7),
    ]
    spent = costs(
        cost("sales", "2024-01-31", "2024-02-01", 80),
        cost("marketing", "2024-01-01", None, 10),
        cost("service", "2024-01-01", None, 999),
        cost("marketing", "2024-03-10", None, 10),
    )
    crm = {"subscriptions": subscriptions, **spent}
    rows = kpi_table("magic_number_v1", settings(), **crm)
    assert cell(rows, *JANUARY) == (60, 0, 1, None)
    assert cell(rows, *FEBRUARY) == (120, 50, 4, 2.4)
    assert cell(rows, *MARCH) == (0, 40, 1, 0)
    # The cost of the first quarter counts in the second, which has not begun.
    assert starts(rows, "quarter") == []
    rows = kpi_table("magic_number_v1", settings("2024-04-01"), **crm)
    assert cell(rows, "quarter", "2024-01-01") == (180, 0, 2, None)
    assert cell(rows, "quarter", "2024-04-01") == (0, 100, 4, 0)
    assert members(rows) == {"total:(all)"}
    assert kpi_table("magic_number_v1", settings(), **spent) == []
    assert kpi_table("magic_number_v1", settings(), subscriptions=subscriptions) == []
    service = costs(cost("service", "2024-01-01", None, 9))
    assert kpi_table("magic_number_v1", settings(), subscriptions=subscriptions, **service) == []
