"""The ground of the oracle: days and periods, money, dense tables, comparison."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.oracle import KPIS, KpiRow, compare, compute_kpis
from tests.oracle.examples import (
    cell,
    kpi_table,
    members,
    opportunity,
    row,
    settings,
    starts,
    subscription,
    won,
)
from tests.oracle.money import Money
from tests.oracle.periods import make_calendar, period_of
from tests.oracle.slices import rep_labels


def test_there_are_sixty_three_versions_of_fifty_five_kpis():
    assert len(KPIS) == 63
    assert len({name.rsplit("_v", 1)[0] for name in KPIS}) == 55


@pytest.mark.parametrize(
    ("day", "grain", "fiscal_month", "start", "end"),
    [
        ("2023-12-31", "week", 1, "2023-12-25", "2023-12-31"),
        ("2024-12-30", "week", 1, "2024-12-30", "2025-01-05"),
        ("2027-01-03", "week", 1, "2026-12-28", "2027-01-03"),
        ("2024-02-29", "month", 1, "2024-02-01", "2024-02-29"),
        ("2024-12-31", "month", 1, "2024-12-01", "2024-12-31"),
        ("2024-03-31", "quarter", 1, "2024-01-01", "2024-03-31"),
        ("2024-03-31", "quarter", 4, "2024-01-01", "2024-03-31"),
        ("2024-01-31", "quarter", 2, "2023-11-01", "2024-01-31"),
        ("2024-02-01", "quarter", 2, "2024-02-01", "2024-04-30"),
        ("2024-02-01", "quarter", 12, "2023-12-01", "2024-02-29"),
    ],
)
def test_a_day_lies_in_its_period(day, grain, fiscal_month, start, end):
    period = period_of(date.fromisoformat(day), grain, fiscal_month)
    assert (str(period.start), str(period.end)) == (start, end)


@pytest.mark.parametrize(
    ("timezone", "closed", "month"),
    [
        ("UTC", "2024-03-01 00:00:00", "2024-03-01"),
        ("America/New_York", "2024-03-01 04:59:59", "2024-02-01"),
        ("America/New_York", "2024-03-01 05:00:00", "2024-03-01"),
        ("Asia/Tokyo", "2024-02-29 14:59:59", "2024-02-01"),
        ("Asia/Tokyo", "2024-02-29 15:00:00", "2024-03-01"),
    ],
)
def test_a_timestamp_gets_the_date_of_the_reporting_time_zone(timezone, closed, month):
    chosen = settings(reporting_timezone=timezone)
    rows = kpi_table("revenue_v1", chosen, opportunities=[won("O1", closed, 10)])
    assert starts(rows, "month")[0] == month


@pytest.mark.parametrize(
    ("closed", "week"), [("2024-03-11 03:59:59", "2024-03-04"), ("2024-03-11 04:00", "2024-03-11")]
)
def test_daylight_saving_moves_midnight(closed, week):
    chosen = settings(reporting_timezone="America/New_York")
    rows = kpi_table("revenue_v1", chosen, opportunities=[won("O1", closed, 10)])
    assert starts(rows, "week")[0] == week


def test_the_as_of_date_is_the_newest_event_and_not_after_the_landing():
    crm = {
        "opportunities": [
            opportunity("O1", "open", "2024-01-05", "2024-06-01"),
            opportunity("O2", "lost", "2024-01-06", "2024-03-05 10:00"),
        ]
    }
    unset = settings(as_of=None)
    assert make_calendar(crm, unset, None).as_of == date(2024, 3, 5)
    assert make_calendar(crm, unset, datetime(2024, 3, 3, 23)).as_of == date(2024, 3, 3)
    tokyo = replace(unset, reporting_timezone="Asia/Tokyo")
    assert make_calendar(crm, tokyo, datetime(2024, 3, 3, 23)).as_of == date(2024, 3, 4)
    assert make_calendar(crm, settings("2024-02-02"), None).as_of == date(2024, 2, 2)
    crm["subscriptions"] = [subscription("B1", None, "2024-03-09", None, 5)]
    assert make_calendar(crm, unset, None).as_of == date(2024, 3, 9)


def test_the_calendar_begins_with_plans_too_and_ends_with_the_longest_running_period():
    crm = {
        "opportunities": [opportunity("O1", "open", "2024-12-31", None)],
        "commercial_costs": [row(started_on="2024-11-30"), row(started_on="2025-02-01")],
    }
    calendar = make_calendar(crm, settings(as_of=None), None)
    assert calendar.first_day == date(2024, 11, 30)
    assert calendar.last_day == date(2025, 1, 5)


def test_without_anything_by_the_as_of_date_every_table_is_empty():
    later = {"opportunities": [won("O1", "2024-05-01", 10)]}
    for crm in ({}, later):
        tables = compute_kpis(crm, settings("2023-12-31"), None)
        assert tables == {name: [] for name in KPIS}


def test_what_is_dated_after_the_as_of_date_is_not_there():
    opportunities = [
        opportunity("O1", "won", "2024-01-05", "2024-02-11", amount=100),
        opportunity("O2", "lost", "2024-02-10", "2024-02-10", amount=7),
        opportunity("O3", "won", "2024-02-11", "2024-02-09", amount=1),
    ]
    tables = compute_kpis({"opportunities": opportunities}, settings("2024-02-10"), None)
    assert tables["revenue_v1"] == []
    assert cell(tables["win_rate_v2"], "month", "2024-02-01") == (0, 1, 1, 0)
    assert cell(tables["open_pipeline_value_v1"], "month", "2024-02-01") == (100, None, 1, 100)
    assert cell(tables["win_rate_v1"], "quarter", "2024-01-01") == (0, 2, 2, 0)


RATES = [
    row(from_currency="USD", to_currency="EUR", rate_date="2024-01-15", exchange_rate=0.5),
    row(from_currency="USD", to_currency="EUR", rate_date="2024-01-08", exchange_rate=0.9),
    row(from_currency="EUR", to_currency="GBP", rate_date="2024-01-01", exchange_rate=0.8),
]


@pytest.mark.parametrize(
    ("amount", "currency", "day", "expected"),
    [
        ("100", "USD", "2024-01-14", "90"),
        ("100", "USD", "2024-01-15", "50"),
        ("100", "USD", "2024-01-07", None),
        ("0.0005", "USD", "2024-02-01", "0.0003"),
        ("-0.0005", "USD", "2024-02-01", "-0.0003"),
        ("0.0004", "USD", "2024-01-09", "0.0004"),
        ("99999999999999.9999", "USD", "2024-01-09", "89999999999999.9999"),
        ("0.12345", None, "2024-01-01", "0.12345"),
        ("7", "EUR", "2024-01-01", "7"),
        ("7", "GBP", "2024-02-01", None),
        (None, "USD", "2024-02-01", None),
    ],
)
def test_amounts_take_the_newest_rate_on_or_before_the_day(amount, currency, day, expected):
    converted = Money(RATES, "EUR").convert(
        "crm", None if amount is None else Decimal(amount), currency, date.fromisoformat(day)
    )
    assert converted == (None if expected is None else Decimal(expected))


def test_another_source_has_rates_of_its_own():
    assert Money(RATES, "EUR").convert("erp", Decimal(1), "USD", date(2024, 2, 1)) is None


def test_reps_of_one_name_are_told_apart():
    reps = [
        row(rep_id="crm:R1", rep_name="Anna"),
        row(rep_id="crm:R2", rep_name="Anna"),
        row(rep_id="crm:R3", rep_name="Bo"),
        row(rep_id="crm:R4", rep_name=None),
        row(rep_id="crm:R5", rep_name=""),
        row(rep_id="crm:R6", rep_name=""),
    ]
    assert list(rep_labels(reps).values()) == [
        "Anna (crm:R1)",
        "Anna (crm:R2)",
        "Bo",
        "crm:R4",
        "crm:R5",
        "crm:R6",
    ]


def test_a_table_is_dense_from_the_first_fact_to_the_as_of_date():
    opportunities = [
        won("O1", "2024-01-31", 10, channel="Search"),
        won("O2", "2024-03-28", 20, channel="Events"),
    ]
    rows = kpi_table("revenue_v1", settings("2024-04-02"), opportunities=opportunities)
    assert starts(rows, "month") == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert starts(rows, "quarter") == ["2024-01-01", "2024-04-01"]
    assert starts(rows, "week")[0] == "2024-01-29"
    assert starts(rows, "week")[-1] == "2024-04-01"
    assert len(starts(rows, "week")) == 10
    assert cell(rows, "month", "2024-02-01", "channel:Events") == (0, None, 0, 0)
    assert len(rows) == (10 + 4 + 2) * len(members(rows))
    complete = {str(one.period_start_date) for one in rows if one.is_complete}
    assert {"2024-03-01", "2024-03-25"} <= complete
    assert "2024-04-01" not in complete


def test_a_period_that_ends_on_the_as_of_date_is_complete():
    rows = kpi_table(
        "revenue_v1", settings("2024-03-31"), opportunities=[won("O1", "2024-03-30", 1)]
    )
    assert len(rows) == 30
    assert all(one.is_complete for one in rows)


def test_a_ratio_without_denominator_is_null():
    opportunities = [won("O1", "2024-01-31", 10), won("O2", "2024-03-28", 20)]
    rows = kpi_table("win_rate_v2", settings(), opportunities=opportunities)
    assert cell(rows, "month", "2024-02-01") == (0, 0, 0, None)


ROW = KpiRow(
    "month", date(2024, 2, 1), date(2024, 2, 29), True, "total", "(all)", 1.0, 3.0, 3, 1 / 3
)


@pytest.mark.parametrize(
    "same",
    [
        replace(ROW, kpi_value=1 / 3 + 9e-10),
        replace(ROW, numerator=1 + 5e-10),
        replace(ROW, denominator=3),
    ],
)
def test_rounding_is_no_difference(same):
    assert compare({"k": [ROW]}, {"k": [same]}) == []


def test_large_numbers_agree_relatively():
    large = replace(ROW, numerator=1e12)
    assert compare({"k": [large]}, {"k": [replace(ROW, numerator=1e12 + 500)]}) == []
    assert len(compare({"k": [large]}, {"k": [replace(ROW, numerator=1e12 + 2000)]})) == 1


@pytest.mark.parametrize(
    ("other", "column"),
    [
        (replace(ROW, kpi_value=None), "kpi_value"),
        (replace(ROW, kpi_value=0.3334), "kpi_value"),
        (replace(ROW, kpi_value=float("nan")), "kpi_value"),
        (replace(ROW, denominator=None), "denominator"),
        (replace(ROW, sample_size=4), "sample_size"),
        (replace(ROW, is_complete=False), "is_complete"),
        (replace(ROW, period_end_date=date(2024, 2, 28)), "period_end_date"),
    ],
)
def test_a_difference_names_the_row_and_the_column(other, column):
    (difference,) = compare({"k": [ROW]}, {"k": [other]})
    assert difference.startswith(f"k month 2024-02-01 total:(all): {column} expected ")
    (reverse,) = compare({"k": [other]}, {"k": [ROW]})
    assert f": {column} expected " in reverse


def test_missing_extra_and_repeated_rows_are_differences():
    other = replace(ROW, dimension="rep", dimension_value="Anna")
    assert len(compare({"k": [ROW]}, {"k": []})) == 1
    assert len(compare({"k": []}, {"k": [ROW, other]})) == 2
    assert "2 actual rows" in compare({"k": [ROW]}, {"k": [ROW, ROW]})[0]
    assert compare({"k": []}, {}) == ["k: no actual table"]
