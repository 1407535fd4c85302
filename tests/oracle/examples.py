"""Builders for canonical rows, with the columns that an example is about."""

from datetime import date, datetime
from decimal import Decimal

from tests.oracle import KpiRow, Settings, compute_kpis

LADDER = ["Qualification", "Needs analysis", "Proposal", "Negotiation"]


def settings(as_of: str | None = "2024-03-31", **changes: object) -> Settings:
    """UTC, EUR and calendar quarters, with the four stages for the source `crm`."""
    as_of_date = None if as_of is None else date.fromisoformat(as_of)
    return Settings(as_of_date=as_of_date, stages={"crm": LADDER}, **changes)


def row(**columns: object) -> dict:
    """A canonical row of the source `crm`: text in date columns and numbers are converted."""
    return {"source": "crm"} | {name: converted(name, value) for name, value in columns.items()}


def converted(name: str, value: object) -> object:
    """The value with the type that a column of this name has."""
    if isinstance(value, str) and name.endswith("_at"):
        return datetime.fromisoformat(value)
    is_date = name.endswith(("_on", "_date", "employed_from", "employed_until", "valid_from"))
    if isinstance(value, str) and is_date:
        return date.fromisoformat(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


def opportunity(key: str, status: str, created: str | None, closed: str | None, **more) -> dict:
    """An opportunity with its status and moments."""
    return row(opportunity_id=key, status=status, created_at=created, closed_at=closed, **more)


def won(key: str, closed: str, amount: object, **more: object) -> dict:
    """A won opportunity that was created on 2 January 2024."""
    return opportunity(key, "won", "2024-01-02", closed, amount=amount, **more)


def stage_entry(opportunity_id: str, stage: str, entered: str) -> dict:
    """An entry of an opportunity into a stage."""
    return row(opportunity_id=opportunity_id, stage=stage, entered_at=entered)


def quota(key: str, rep: str, grain: str, start: str, value: object, **more: object) -> dict:
    """A revenue target of a rep."""
    return row(
        target_id=key,
        kpi="revenue",
        dimension="rep",
        dimension_value=rep,
        period_grain=grain,
        period_start_date=start,
        target_value=value,
        **more,
    )


def subscription(key: str, account: str | None, start: str, end: str | None, value: object) -> dict:
    """A subscription of an account."""
    return row(
        subscription_id=key,
        account_id=account,
        started_on=start,
        ended_on=end,
        monthly_recurring_revenue=value,
    )


def lead(key: str, created: str | None, **more: object) -> dict:
    """A lead that came in at the moment."""
    return row(lead_id=key, created_at=created, **more)


def activity(kind: str, occurred: str | None, **more: object) -> dict:
    """An activity that is outbound unless it says otherwise."""
    return row(**{"activity_type": kind, "direction": "outbound", "occurred_at": occurred} | more)


def cost(kind: str, start: str, end: str | None, amount: object, **more: object) -> dict:
    """A commercial cost of a type over some days."""
    return row(cost_type=kind, started_on=start, ended_on=end, amount=amount, **more)


def response(survey: str, responded: str, score: object, maximum: object, **more: object) -> dict:
    """A survey response with its score and the highest one of the scale."""
    return row(
        survey_type=survey, responded_at=responded, score=score, scale_maximum=maximum, **more
    )


def sold(key: str, closed: str, amount: object, cost_amount: object, **more: object) -> dict:
    """Entities of a won opportunity with one line, of that amount and cost."""
    line = row(
        opportunity_line_id=f"N{key}", opportunity_id=key, amount=amount, cost_amount=cost_amount
    )
    return {"opportunities": [won(key, closed, amount, **more)], "opportunity_lines": [line]}


def together(*parts: dict) -> dict:
    """The entities of several CRMs in one."""
    entities = sorted({entity for part in parts for entity in part})
    return {entity: sum((part.get(entity, []) for part in parts), []) for entity in entities}


def kpi_table(kpi: str, chosen: Settings, **entities: list[dict]) -> list[KpiRow]:
    """The table of one KPI version."""
    return compute_kpis(entities, chosen, None)[kpi]


def cell(rows: list[KpiRow], grain: str, start: str, member: str = "total:(all)") -> tuple:
    """Numerator, denominator, sample size and value of one row; `member` as dimension:value."""
    found = [
        (one.numerator, one.denominator, one.sample_size, one.kpi_value)
        for one in rows
        if one.period_grain == grain
        and one.period_start_date == date.fromisoformat(start)
        and f"{one.dimension}:{one.dimension_value}" == member
    ]
    assert len(found) == 1, f"{len(found)} rows for {grain} {start} {member}"
    return found[0]


def members(rows: list[KpiRow]) -> set[str]:
    """The slices in the table, as dimension:value."""
    return {f"{one.dimension}:{one.dimension_value}" for one in rows}


def starts(rows: list[KpiRow], grain: str) -> list[str]:
    """The first days of the periods of a grain, in order."""
    return sorted({str(one.period_start_date) for one in rows if one.period_grain == grain})
