"""The scorecard that a refresh ends with."""

import csv
import io
from collections import Counter
from dataclasses import replace

import duckdb
import pytest
from rich.console import Console

from orchestration.lib.scorecard import (
    ScorecardRow,
    format_change,
    format_value,
    read_scorecard,
    scorecard_table,
)
from orchestration.lib.settings import PROJECT_FOLDER, Settings


def row(
    value: float | None,
    previous_value: float | None = None,
    unit: str = "currency",
    label: str = "Revenue",
    family: str = "revenue",
    missing_inputs: str | None = None,
) -> ScorecardRow:
    return ScorecardRow(family, label, unit, "August 2026", value, previous_value, missing_inputs)


def printed(rows: list[ScorecardRow]) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(scorecard_table(rows, "EUR"))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.25, "fraction", "25.0%"),
        (1.068, "fraction", "106.8%"),
        (-0.004, "fraction", "-0.4%"),
        (1234567.4, "currency", "EUR 1,234,567"),
        (-1500, "currency", "EUR -1,500"),
        (6737.2, "currency_per_day", "EUR 6,737 a day"),
        (51.782, "days", "51.8 days"),
        (4238, "count", "4,238"),
        (0, "count", "0"),
        (12.34, "count", "12.3"),
        (47.18, "minutes", "47.2 minutes"),
        (-11.1, "points", "-11.1"),
        (1.066, "ratio", "1.07"),
        (0, "fraction", "0.0%"),
        (None, "fraction", "–"),
        (None, "currency", "–"),
    ],
)
def test_a_value_is_written_in_its_unit(value: float | None, unit: str, expected: str) -> None:
    assert format_value(value, unit, "EUR") == expected


def test_money_is_in_the_reporting_currency() -> None:
    assert format_value(10, "currency", "GBP") == "GBP 10"


@pytest.mark.parametrize(
    ("value", "previous_value", "unit", "expected"),
    [
        (0.432, 0.334, "fraction", "+9.8 points"),
        (0.20, 0.25, "fraction", "-5.0 points"),
        (0.1, 0, "fraction", "+10.0 points"),
        (-11.5, 20, "points", "-31.5 points"),
        (110, 100, "currency", "+10.0%"),
        (75, 100, "count", "-25.0%"),
        # from a loss of 100 to a gain of 50 it rises, by one and a half times the loss
        (50, -100, "currency", "+150.0%"),
        (0, 100, "count", "-100.0%"),
        (10, 0, "count", ""),
        (None, 100, "currency", ""),
        (100, None, "currency", ""),
    ],
)
def test_a_change_is_relative_but_for_fractions(
    value: float | None, previous_value: float | None, unit: str, expected: str
) -> None:
    assert format_change(row(value, previous_value, unit)) == expected


def test_the_table_shows_each_kpi_with_value_and_change() -> None:
    text = printed(
        [
            row(110, 100),
            row(0.25, 0.2, unit="fraction", label="Win rate", family="pipeline"),
        ]
    )

    assert "Last complete month: August 2026" in text
    assert [line.strip("│ ").split() for line in text.splitlines() if "%" in line] == [
        ["Revenue", "│", "EUR", "110", "│", "+10.0%"],
        ["Win", "rate", "│", "25.0%", "│", "+5.0", "points"],
    ]


def test_the_table_shows_how_much_of_the_target_was_reached() -> None:
    reached = replace(row(110, 100), attainment=0.926, status="at_risk")

    assert "│       93% │" in printed([reached])


def test_a_kpi_without_its_inputs_names_them() -> None:
    text = printed([row(None, missing_inputs="commercial_costs, costs_of_goods")])

    assert "needs commercial costs, costs of goods" in text


def test_a_null_for_another_reason_is_a_dash() -> None:
    text = printed([row(None)])

    assert "Revenue │     – │" in text
    assert "needs" not in text


def test_without_a_month_the_title_says_so() -> None:
    assert "No complete month yet" in printed([])


def test_the_demo_company_has_a_row_per_kpi(demo_warehouse: Settings) -> None:
    with (PROJECT_FOLDER / "seeds" / "kpi_catalog.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        newest = {line["kpi"]: line for line in csv.DictReader(stream)}
    rows = read_scorecard(demo_warehouse.published_file)

    assert Counter(row.label for row in rows) == Counter(
        line["label_english"] for line in newest.values()
    )
    # demo data ends on 16 September 2026
    assert {row.month for row in rows} == {"August 2026"}
    assert all(row.missing_inputs is None for row in rows)
    # so small a company may have a month in which nobody answers, or leaves: a lifetime without end
    assert {row.label for row in rows if row.value is None} <= {
        "Net promoter score (NPS)",
        "Employee net promoter score (eNPS)",
        "Lifetime value",
        "Lifetime value to acquisition cost",
    }


def test_the_values_are_the_published_ones_of_the_month_and_the_one_before(
    demo_warehouse: Settings,
) -> None:
    with duckdb.connect(demo_warehouse.published_file, read_only=True) as connection:
        won_rates = connection.execute(
            """
            select kpi_value from kpis.kpi_win_rate_v2
            where
                period_grain = 'month'
                and dimension = 'total'
                and period_start_date in ('2026-07-01', '2026-08-01')
            order by period_start_date
            """
        ).fetchall()
    (win_rate,) = [
        row for row in read_scorecard(demo_warehouse.published_file) if row.label == "Win rate"
    ]

    assert [(win_rate.previous_value,), (win_rate.value,)] == won_rates


def test_maven_has_the_kpis_that_it_cannot_compute_with_what_they_need(
    maven_warehouse: Settings,
) -> None:
    rows = {row.label: row for row in read_scorecard(maven_warehouse.published_file)}

    assert rows["Market share"].value is None
    assert rows["Market share"].missing_inputs == "market_revenue"
    # the reference value of December 2017
    assert rows["Revenue"].value == 1_131_573
    assert rows["Revenue"].previous_value == 938_943
    assert rows["Revenue"].month == "December 2017"
