"""The scorecard that a refresh ends with: each KPI's total over the last complete month."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.table import Table
from rich.text import Text

from orchestration.lib.sql_text import attach_read_only

STATUS_STYLES = {"on_track": "green", "at_risk": "yellow", "off_track": "red"}
FAMILIES = ("revenue", "pipeline", "prospecting", "customers", "unit_economics")

_QUERY = """
with

last_month as (

    select max(period_start_date) as period_start_date

    from reporting.kpi_values
    where period_grain = 'month' and is_complete

)

select
    catalog.family,
    catalog.label_english,
    catalog.unit,
    last_month.period_start_date,
    scorecard.kpi_value,
    scorecard.previous_value,
    readiness.missing_inputs,
    scorecard.attainment,
    scorecard.status

from reporting.kpi_catalog as catalog
inner join reporting.kpi_readiness as readiness
    on
        catalog.kpi = readiness.kpi
        and catalog.version = readiness.version
cross join last_month
left join reporting.kpi_scorecard as scorecard
    on
        catalog.kpi = scorecard.kpi
        and scorecard.period_grain = 'month'
        and last_month.period_start_date = scorecard.period_start_date
        and scorecard.dimension = 'total'
qualify catalog.version = max(catalog.version) over (partition by catalog.kpi)
order by list_position($families, catalog.family), catalog.label_english
"""


@dataclass(frozen=True)
class ScorecardRow:
    """A KPI in the last complete month; values are null where there is none.

    `attainment` is the share of its target, and `status` what the scorecard makes of it.
    """

    family: str
    label: str
    unit: str
    month: str
    value: float | None
    previous_value: float | None
    missing_inputs: str | None
    attainment: float | None = None
    status: str | None = None


def read_scorecard(published_file: Path) -> list[ScorecardRow]:
    """One row per KPI, newest version, total over all slices."""
    with duckdb.connect() as connection:
        attach_read_only(connection, published_file, "sales_kpis")
        connection.execute("use sales_kpis")
        rows = connection.execute(_QUERY, {"families": list(FAMILIES)}).fetchall()
    return [
        ScorecardRow(
            family=family,
            label=label,
            unit=unit,
            month=month.strftime("%B %Y") if month else "",
            value=value,
            previous_value=previous_value,
            missing_inputs=missing_inputs,
            attainment=attainment,
            status=status,
        )
        for (
            family,
            label,
            unit,
            month,
            value,
            previous_value,
            missing_inputs,
            attainment,
            status,
        ) in rows
    ]


def scorecard_table(rows: list[ScorecardRow], currency: str) -> Table:
    """The rows as a table for the terminal, one section per family."""
    month = rows[0].month if rows else ""
    table = Table(title=f"Last complete month: {month}" if month else "No complete month yet")
    table.add_column("KPI", no_wrap=True)
    table.add_column("Value", justify="right")
    table.add_column("Change", justify="right")
    table.add_column("Of target", justify="right")
    for number, row in enumerate(rows):
        ends_family = number + 1 == len(rows) or rows[number + 1].family != row.family
        if row.value is None and row.missing_inputs:
            value = f"needs {row.missing_inputs.replace('_', ' ')}"
        else:
            value = format_value(row.value, row.unit, currency)
        attainment = "" if row.attainment is None else f"{row.attainment:.0%}"
        table.add_row(
            row.label,
            value,
            format_change(row),
            Text(attainment, style=STATUS_STYLES.get(row.status, "")),
            end_section=ends_family,
        )
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
    if unit in ("days", "minutes"):
        return f"{value:,.1f} {unit}"
    if unit == "ratio":
        return f"{value:,.2f}"
    if unit == "points" or value != round(value):
        return f"{value:,.1f}"
    return f"{value:,.0f}"


def format_change(row: ScorecardRow) -> str:
    """The change on the month before: in points for a fraction and a score, else relative."""
    if row.value is None or row.previous_value is None:
        return ""
    if row.unit == "fraction":
        return f"{(row.value - row.previous_value) * 100:+.1f} points"
    if row.unit == "points":
        return f"{row.value - row.previous_value:+.1f} points"
    if row.previous_value == 0:
        return ""
    return f"{(row.value - row.previous_value) / abs(row.previous_value):+.1%}"
