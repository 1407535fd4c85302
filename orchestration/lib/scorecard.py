"""The scorecard that a refresh ends with: each KPI's total over the last complete month."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.table import Table

from orchestration.lib.sql_text import attach_read_only

_QUERY = """
with

last_month as (

    select max(period_start_date) as period_start_date

    from reporting.kpi_values
    where period_grain = 'month' and is_complete

),

month_totals as (

    select
        kpi,
        period_start_date,
        kpi_value,
        lag(kpi_value) over (partition by kpi order by period_start_date) as previous_value

    from reporting.kpi_values
    where period_grain = 'month' and dimension = 'total' and is_latest

)

select
    catalog.family,
    catalog.label_english,
    catalog.unit,
    last_month.period_start_date,
    month_totals.kpi_value,
    month_totals.previous_value,
    readiness.missing_inputs

from reporting.kpi_catalog as catalog
inner join reporting.kpi_readiness as readiness
    on
        catalog.kpi = readiness.kpi
        and catalog.version = readiness.version
cross join last_month
left join month_totals
    on
        catalog.kpi = month_totals.kpi
        and last_month.period_start_date = month_totals.period_start_date
qualify catalog.version = max(catalog.version) over (partition by catalog.kpi)
order by catalog.family desc, catalog.label_english
"""


@dataclass(frozen=True)
class ScorecardRow:
    """A KPI in the last complete month; values are null where there is none."""

    family: str
    label: str
    unit: str
    month: str
    value: float | None
    previous_value: float | None
    missing_inputs: str | None


def read_scorecard(published_file: Path) -> list[ScorecardRow]:
    """One row per KPI, newest version, total over all slices."""
    with duckdb.connect() as connection:
        attach_read_only(connection, published_file, "sales_kpis")
        connection.execute("use sales_kpis")
        rows = connection.execute(_QUERY).fetchall()
    return [
        ScorecardRow(
            family=family,
            label=label,
            unit=unit,
            month=month.strftime("%B %Y") if month else "",
            value=value,
            previous_value=previous_value,
            missing_inputs=missing_inputs,
        )
        for family, label, unit, month, value, previous_value, missing_inputs in rows
    ]


def scorecard_table(rows: list[ScorecardRow], currency: str) -> Table:
    """The rows as a table for the terminal, one section per family."""
    month = rows[0].month if rows else ""
    table = Table(title=f"Last complete month: {month}" if month else "No complete month yet")
    table.add_column("KPI", no_wrap=True)
    table.add_column("Value", justify="right")
    table.add_column("Change", justify="right")
    for number, row in enumerate(rows):
        ends_family = number + 1 == len(rows) or rows[number + 1].family != row.family
        if row.value is None and row.missing_inputs:
            value = f"needs {row.missing_inputs.replace('_', ' ')}"
        else:
            value = format_value(row.value, row.unit, currency)
        table.add_row(row.label, value, format_change(row), end_section=ends_family)
    return table


def format_value(value: float | None, unit: str, currency: str) -> str:
    """A value as a person reads it: a fraction as a percentage, money with its currency."""
    if value is None:
        return "–"
    if unit == "fraction":
        return f"{value:.1%}"
    if unit == "currency":
        return f"{currency} {value:,.0f}"
    if unit == "currency_per_day":
        return f"{currency} {value:,.0f} a day"
    if unit == "days":
        return f"{value:,.1f} days"
    return f"{value:,.0f}"


def format_change(row: ScorecardRow) -> str:
    """The change on the month before: in points for a fraction, else relative."""
    if row.value is None or row.previous_value is None:
        return ""
    if row.unit == "fraction":
        return f"{(row.value - row.previous_value) * 100:+.1f} points"
    if row.previous_value == 0:
        return ""
    return f"{(row.value - row.previous_value) / abs(row.previous_value):+.1%}"
