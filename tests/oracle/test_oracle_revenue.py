"""Hand-worked examples of the KPIs that rest on won opportunities."""

from tests.oracle import compute_kpis
from tests.oracle.examples import (
    cell,
    kpi_table,
    members,
    opportunity,
    quota,
    row,
    settings,
    starts,
    won,
)

REPS = [row(rep_id="crm:R1", rep_name="Anna", team="East", region="South")]


def line(key: str, opportunity_id: str, amount: object, **more: object) -> dict:
    return row(opportunity_line_id=key, opportunity_id=opportunity_id, amount=amount, **more)


def test_revenue_counts_negative_and_zero_amounts_and_unknown_owners():
    opportunities = [
        won("O1", "2024-02-29 23:59:59", 100, rep_id="crm:R1"),
        won("O2", "2024-03-01 00:00:00", -40, rep_id="crm:R1"),
        won("O3", "2024-03-10", 0),
        opportunity("O4", "lost", "2024-01-02", "2024-03-10", amount=500),
        opportunity("O5", "open", "2024-01-02", "2024-03-10", amount=500),
        opportunity("O6", "won", "2024-01-02", None, amount=500),
    ]
    tables = compute_kpis({"opportunities": opportunities, "reps": REPS}, settings(), None)
    rows = tables["revenue_v1"]
    assert cell(rows, "month", "2024-02-01") == (100, None, 1, 100)
    assert cell(rows, "month", "2024-03-01") == (-40, None, 2, -40)
    assert cell(rows, "quarter", "2024-01-01") == (60, None, 3, 60)
    assert cell(rows, "week", "2024-02-26") == (60, None, 2, 60)
    assert cell(rows, "month", "2024-03-01", "rep:Anna") == (-40, None, 1, -40)
    assert cell(rows, "month", "2024-03-01", "rep:(unknown)") == (0, None, 1, 0)
    assert cell(rows, "month", "2024-02-01", "rep:(unknown)") == (0, None, 0, 0)
    assert cell(tables["deals_won_v1"], "quarter", "2024-01-01") == (3, None, 3, 3)
    assert cell(tables["average_deal_value_v1"], "quarter", "2024-01-01") == (60, 3, 3, 20)


def test_revenue_uses_the_rate_of_the_close_date_and_keeps_a_deal_without_rate():
    rates = [
        row(from_currency="USD", to_currency="EUR", rate_date="2024-01-01", exchange_rate=0.9),
        row(from_currency="USD", to_currency="EUR", rate_date="2024-02-05", exchange_rate=0.5),
    ]
    opportunities = [
        won("O1", "2024-02-04", 100, currency="USD"),
        won("O2", "2024-02-05", 100, currency="USD"),
        won("O3", "2024-02-06", 100, currency="GBP"),
    ]
    crm = {"opportunities": opportunities, "exchange_rates": rates}
    tables = compute_kpis(crm, settings(), None)
    assert cell(tables["revenue_v1"], "month", "2024-02-01") == (140, None, 3, 140)
    assert cell(tables["deals_won_v1"], "month", "2024-02-01") == (3, None, 3, 3)


def test_slices_fall_back_from_opportunity_to_lead_and_from_account_to_rep():
    opportunities = [
        won("O1", "2024-02-01", 1, lead_id="crm:L1", account_id="crm:A1", rep_id="crm:R1"),
        won("O2", "2024-02-01", 2, lead_id="crm:gone", account_id="crm:gone", rep_id="crm:R1"),
        won("O3", "2024-02-01", 4, campaign_id="crm:C2", channel="Events", lead_id="crm:L1"),
        won("O4", "2024-02-01", 8, channel=""),
    ]
    rows = kpi_table(
        "revenue_v1",
        settings(),
        opportunities=opportunities,
        reps=REPS,
        accounts=[row(account_id="crm:A1", region="North", segment="Small", industry="")],
        campaigns=[
            row(campaign_id="crm:C1", campaign_name="Spring"),
            row(campaign_id="crm:C2", campaign_name=None),
        ],
        leads=[
            row(lead_id="crm:L1", channel="Search", campaign_id="crm:C1", created_at="2024-01-01"),
            row(lead_id="crm:L3", channel="Phone", converted_opportunity_id="O4"),
            row(lead_id="crm:L2", channel="Mail", converted_opportunity_id="O4"),
        ],
    )
    amounts = {
        member: cell(rows, "month", "2024-02-01", member)[0]
        for member in members(rows)
        if member.split(":")[0] in ("region", "channel", "campaign", "segment", "industry")
    }
    assert amounts == {
        "region:North": 1,
        "region:South": 2,
        "region:(unknown)": 12,
        "channel:Search": 1,
        "channel:(unknown)": 2,
        "channel:Events": 4,
        "channel:Mail": 8,
        "campaign:Spring": 5,
        "campaign:(unknown)": 10,
        "segment:Small": 1,
        "segment:(unknown)": 14,
        "industry:(unknown)": 15,
    }


PRODUCTS = [
    row(product_id="crm:P1", product_category="Hardware", unit_cost=10),
    row(product_id="crm:P2", product_category="Software"),
]


def test_a_deal_counts_on_its_largest_line_and_revenue_on_every_line():
    lines = [
        line("crm:N9", "O1", 60, product_id="crm:P1"),
        line("crm:N10", "O1", 60, product_id="crm:P2"),
        line("crm:N11", "O1", None, product_id="crm:gone"),
    ]
    crm = {
        "opportunities": [won("O1", "2024-02-10", 999)],
        "opportunity_lines": lines,
        "products": PRODUCTS,
    }
    tables = compute_kpis(crm, settings(), None)
    month = ("month", "2024-02-01")
    hardware, software = "product_category:Hardware", "product_category:Software"
    assert cell(tables["revenue_v1"], *month) == (120, None, 3, 120)
    assert cell(tables["revenue_v1"], *month, hardware) == (60, None, 1, 60)
    assert cell(tables["revenue_v1"], *month, "product_category:(unknown)") == (0, None, 1, 0)
    assert cell(tables["deals_won_v1"], *month, software) == (1, None, 1, 1)
    assert hardware not in members(tables["deals_won_v1"])
    assert cell(tables["average_deal_value_v1"], *month) == (120, 1, 3, 120)
    assert cell(tables["average_deal_value_v1"], *month, software) == (60, 1, 1, 60)
    assert cell(tables["average_deal_value_v1"], *month, hardware) == (60, 0, 1, None)


def test_an_unknown_amount_is_smaller_than_a_negative_one():
    lines = [
        line("N1", "O1", None, product_id="crm:P1"),
        line("N2", "O1", -5, product_id="crm:P2"),
    ]
    rows = kpi_table(
        "deals_won_v1",
        settings(),
        opportunities=[won("O1", "2024-02-10", 999)],
        opportunity_lines=lines,
        products=PRODUCTS,
    )
    assert cell(rows, "month", "2024-02-01", "product_category:Software") == (1, None, 1, 1)


def test_margins_leave_out_lines_without_a_known_cost():
    lines = [
        line("N1", "O1", 100, cost_amount=60, product_id="crm:P1", quantity=1),
        line("N2", "O1", 50, product_id="crm:P1", quantity=2.5),
        line("N3", "O1", 30, product_id="crm:P2", quantity=1),
        line("N4", "O1", 30, product_id="crm:P1"),
        line("N5", "O1", None, cost_amount=5),
    ]
    costs = [
        row(cost_type="sales", amount=310, started_on="2024-03-01", ended_on="2024-03-31"),
        row(cost_type="rent", amount=999, started_on="2024-03-05"),
        row(cost_type="service", amount=4, started_on="2024-03-05", campaign_id="crm:C1"),
    ]
    crm = {
        "opportunities": [won("O1", "2024-03-05", None), won("O2", "2024-03-05", 500)],
        "opportunity_lines": lines,
        "products": PRODUCTS,
        "commercial_costs": costs,
        "campaigns": [row(campaign_id="crm:C1", channel="Events")],
    }
    tables = compute_kpis(crm, settings("2024-03-10"), None)
    gross, net = tables["gross_margin_v1"], tables["net_margin_v1"]
    assert cell(gross, "month", "2024-03-01") == (65, 150, 2, 65 / 150)
    # Ten of the 31 days have been, seven of them in the week of the 4th.
    assert cell(net, "month", "2024-03-01") == (65 - 100 - 4, 150, 13, -39 / 150)
    assert cell(net, "week", "2024-03-04") == (65 - 70 - 4, 150, 10, -9 / 150)
    assert cell(net, "week", "2024-02-26") == (-30, 0, 3, None)
    assert cell(net, "month", "2024-03-01", "channel:Events") == (-4, 0, 1, None)


def test_a_cost_that_ends_before_it_starts_falls_on_one_day():
    costs = [row(cost_type="sales", amount=9, started_on="2024-03-05", ended_on="2024-02-01")]
    line = row(opportunity_line_id="N1", opportunity_id="O1", amount=10, cost_amount=4)
    rows = kpi_table(
        "net_margin_v1",
        settings(),
        opportunities=[won("O1", "2024-02-10", 10)],
        opportunity_lines=[line],
        commercial_costs=costs,
    )
    assert cell(rows, "month", "2024-02-01") == (6, 10, 1, 0.6)
    assert cell(rows, "month", "2024-03-01") == (-9, 0, 1, None)


def test_net_margin_is_not_known_without_commercial_costs():
    line = row(opportunity_line_id="N1", opportunity_id="O1", amount=10, cost_amount=4)
    rows = kpi_table(
        "net_margin_v1",
        settings(),
        opportunities=[won("O1", "2024-02-10", 10)],
        opportunity_lines=[line],
    )
    assert rows == []


def test_an_account_is_new_once_at_its_first_win():
    opportunities = [
        won("O2", "2024-02-10", 100, account_id="crm:A1", channel="Events"),
        won("O1", "2024-02-10", 150, account_id="crm:A1", channel="Search"),
        won("O3", "2024-03-05", 300, account_id="crm:A1", channel="Search"),
        won("O4", "2024-02-20", 50),
        won("O5", "2024-03-31", 0, account_id="crm:A2"),
        opportunity("O0", "lost", "2024-01-02", "2024-01-20", account_id="crm:A1", amount=1),
    ]
    tables = compute_kpis({"opportunities": opportunities}, settings(), None)
    customers = tables["new_customers_v1"]
    assert cell(customers, "month", "2024-02-01") == (1, None, 1, 1)
    assert cell(customers, "month", "2024-02-01", "channel:Search") == (1, None, 1, 1)
    assert "channel:Events" not in members(customers)
    assert cell(customers, "month", "2024-03-01") == (1, None, 1, 1)
    assert cell(customers, "quarter", "2024-01-01") == (2, None, 2, 2)
    share = tables["new_customer_revenue_share_v1"]
    assert cell(share, "month", "2024-02-01") == (250, 300, 3, 250 / 300)
    assert cell(share, "month", "2024-03-01") == (0, 300, 2, 0)
    assert cell(share, "quarter", "2024-01-01") == (550, 600, 5, 550 / 600)


def test_market_revenue_is_spread_over_its_days_up_to_the_as_of_date():
    market = [
        row(
            market_revenue_id="M1",
            industry="Retail",
            amount=9100,
            started_on="2024-01-01",
            ended_on="2024-03-31",
        )
    ]
    opportunities = [won("O1", "2024-02-15", 290, account_id="crm:A1")]
    accounts = [row(account_id="crm:A1", industry="Retail", region="North")]
    rows = kpi_table(
        "market_share_v1",
        settings("2024-02-29"),
        market_revenue=market,
        opportunities=opportunities,
        accounts=accounts,
    )
    assert cell(rows, "month", "2024-02-01") == (290, 2900, 30, 0.1)
    assert cell(rows, "month", "2024-02-01", "industry:Retail") == (290, 2900, 30, 0.1)
    assert cell(rows, "month", "2024-02-01", "region:North") == (290, 0, 1, None)
    assert cell(rows, "week", "2024-02-26") == (0, 400, 4, 0)


def attainment(as_of: str, targets: list[dict], opportunities: list[dict]) -> list:
    return kpi_table(
        "quota_attainment_v1",
        settings(as_of),
        targets=targets,
        opportunities=opportunities,
        reps=REPS,
    )


def test_the_finest_target_of_a_day_counts():
    targets = [
        quota("G1", "R1", "quarter", "2024-01-01", 9100),
        quota("G2", "R1", "month", "2024-02-01", 5800),
        quota("G3", "R1", "week", "2024-02-26", 70),
        quota("G4", "R1", "year", "2024-01-01", 366_000),
        quota("G5", "R1", "week", "2024-01-01", 1) | {"kpi": "deals_won"},
        quota("G6", "R1", "week", "2024-01-01", 1) | {"dimension": "team"},
    ]
    rows = attainment("2024-04-03", targets, [won("O1", "2024-01-31", 310, rep_id="crm:R1")])
    assert cell(rows, "month", "2024-01-01") == (310, 3100, 32, 0.1)
    # Twenty-five days at 200 and four at 10; then three at 10 and twenty-eight at 100.
    assert cell(rows, "month", "2024-02-01") == (0, 5040, 29, 0)
    assert cell(rows, "month", "2024-03-01") == (0, 2830, 31, 0)
    # From April on only the year is left, and a running period has its whole quota.
    assert cell(rows, "month", "2024-04-01") == (0, 30_000, 30, 0)
    assert cell(rows, "quarter", "2024-04-01") == (0, 91_000, 91, 0)
    assert cell(rows, "week", "2024-04-01") == (0, 7_000, 7, 0)
    assert starts(rows, "month")[-1] == "2024-04-01"


def test_the_plan_of_record_is_the_newest_one_by_the_as_of_date():
    targets = [
        quota("G1", "R1", "month", "2024-02-01", 2900),
        quota("G3", "R1", "month", "2024-02-01", 290, valid_from="2024-02-10"),
        quota("G2", "R1", "month", "2024-02-01", 5800, valid_from="2024-02-10"),
    ]
    before, after = attainment("2024-02-09", targets, []), attainment("2024-02-10", targets, [])
    assert cell(before, "month", "2024-02-01") == (0, 2900, 29, 0)
    assert cell(after, "month", "2024-02-01") == (0, 290, 29, 0)


def test_only_revenue_under_a_quota_attains_it():
    targets = [quota("G1", "R1", "month", "2024-02-01", 2900)]
    opportunities = [
        won("O1", "2024-02-29", 580, rep_id="crm:R1"),
        won("O2", "2024-03-01", 10_000, rep_id="crm:R1"),
        won("O3", "2024-02-10", 10_000, rep_id="crm:R2"),
        won("O4", "2024-02-10", 10_000),
    ]
    rows = attainment("2024-03-31", targets, opportunities)
    assert cell(rows, "month", "2024-02-01") == (580, 2900, 30, 0.2)
    assert cell(rows, "month", "2024-02-01", "team:East") == (580, 2900, 30, 0.2)
    assert cell(rows, "month", "2024-03-01") == (0, 0, 0, None)
    assert members(rows) == {"total:(all)", "rep:Anna", "team:East"}


def test_revenue_per_rep_counts_sellers_employed_on_any_day():
    reps = [
        row(rep_id="crm:R1", role="ae", team="East", employed_from="2024-02-29"),
        row(rep_id="crm:R2", role="am", team="West"),
        row(rep_id="crm:R3", role="bdr", team="West"),
        row(rep_id="crm:R4", role="ae", team="East", employed_until="2024-02-01"),
        row(rep_id="crm:R5", role="ae", team="East", employed_from="2024-03-16"),
    ]
    opportunities = [won("O1", "2024-02-10", 300, rep_id="crm:R3")]
    rows = kpi_table(
        "revenue_per_rep_v1", settings("2024-03-15"), reps=reps, opportunities=opportunities
    )
    assert cell(rows, "month", "2024-01-01") == (0, 2, 2, 0)
    assert cell(rows, "month", "2024-02-01") == (300, 3, 4, 100)
    assert cell(rows, "month", "2024-02-01", "team:West") == (300, 1, 2, 300)
    assert cell(rows, "month", "2024-03-01") == (0, 2, 2, 0)
    assert cell(rows, "week", "2024-02-26", "team:East") == (0, 1, 1, 0)
