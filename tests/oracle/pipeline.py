"""The KPIs of the family pipeline."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from tests.oracle.company import Company
from tests.oracle.leads import Lead
from tests.oracle.opportunities import Opportunity
from tests.oracle.periods import GRAINS, Period
from tests.oracle.table import Fact, Number, Outcome, facts_on, ratio


def sales_cycle_days(company: Company) -> Iterator[Fact]:
    """Days from first contact to close, over the won opportunities for which they are known."""
    for opportunity in company.won:
        if opportunity.cycle_days is not None:
            parts = (opportunity.cycle_days, 1)
            yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, *parts)


def pipeline_velocity_in_days(company: Company) -> Iterator[Fact]:
    """Days from first contact to close, over the closed opportunities for which they are known."""
    for opportunity in company.closed:
        if opportunity.cycle_days is not None:
            parts = (opportunity.cycle_days, 1)
            yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, *parts)


def pipeline_velocity_in_money(company: Company) -> Iterator[Fact]:
    """The parts of money won a day: worked, closed, won, revenue, days of wins, wins with days.

    An opportunity is worked in each period from its creation to its close. `velocity` puts the
    parts together.
    """
    calendar = company.calendar
    for opportunity in company.opportunities:
        for period in periods_worked(company, opportunity):
            yield Fact(period, opportunity.slices, (1, 0, 0, 0, 0, 0))
        if opportunity.is_closed:
            is_known = opportunity.is_won and opportunity.cycle_days is not None
            days = opportunity.cycle_days if is_known else 0
            parts = (0, 1, int(opportunity.is_won), 0, days, int(is_known))
            yield from facts_on(calendar, opportunity.closed_on, opportunity.slices, *parts)
    for opportunity, line in company.won_lines():
        parts = (0, 0, 0, Fraction(line.amount or 0), 0, 0)
        yield from facts_on(calendar, opportunity.closed_on, line.slices, *parts)


def periods_worked(company: Company, opportunity: Opportunity) -> Iterator[Period]:
    """The periods from the opportunity's creation to its close, or to the as-of date."""
    created_on = opportunity.created_on
    if created_on is None:
        return
    last_day = company.calendar.as_of
    if opportunity.is_closed:
        last_day = max(opportunity.closed_on, created_on)
    for grain in GRAINS:
        yield from company.calendar.periods_between(created_on, last_day, grain)


def velocity(
    worked: int, closed: int, won: int, revenue: Number, days: int, wins_with_days: int
) -> Outcome:
    """Worked x win rate x average deal value, over the average days of a won opportunity.

    Each side is 0 when one of its parts is missing; the value is missing when the days are 0.
    """
    numerator, denominator = Fraction(0), Fraction(0)
    if won:
        numerator = worked * Fraction(won, closed) * Fraction(revenue) / won
    if wins_with_days:
        denominator = Fraction(days, wins_with_days)
    return ratio(numerator, denominator)


def won_per_created(company: Company) -> Iterator[Fact]:
    """Opportunities won in the period, over those created in it."""
    for opportunity in company.opportunities:
        if opportunity.created_on is not None:
            yield from facts_on(company.calendar, opportunity.created_on, opportunity.slices, 0, 1)
        if opportunity.is_won:
            yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, 1, 0)


def won_per_closed(company: Company) -> Iterator[Fact]:
    """Opportunities won, over those won or lost, by close date."""
    for opportunity in company.closed:
        parts = (int(opportunity.is_won), 1)
        yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, *parts)


def stage_conversion_rate(company: Company) -> Iterator[Fact]:
    """Opportunities that went past a stage or won, over those that entered it, by first entry.

    An entry into a later stage, and a win, enter every stage below; going back undoes nothing.
    Opportunities without any entry into a stage of the ladder are left out.
    """
    for opportunity in company.opportunities:
        entries = opportunity.stage_entries
        for rank, stage in enumerate(opportunity.ladder if entries else ()):
            entry_dates = [entry.day for entry in entries if entry.rank >= rank]
            if opportunity.is_won:
                entry_dates.append(opportunity.closed_on)
            if entry_dates:
                advanced = opportunity.is_won or any(entry.rank > rank for entry in entries)
                parts = (int(advanced), 1)
                yield from facts_on(company.calendar, min(entry_dates), {"stage": stage}, *parts)


def drop_off_rate(company: Company) -> Iterator[Fact]:
    """Lost opportunities and leads disqualified without one, over those and the won ones.

    By close or disqualification date. The stage is the last one; a lead's is its last milestone.
    """
    calendar = company.calendar
    for opportunity in company.closed:
        slices = {**opportunity.slices, "stage": opportunity.last_stage}
        parts = (int(not opportunity.is_won), 1)
        yield from facts_on(calendar, opportunity.closed_on, slices, *parts)
    for lead in company.leads:
        has_opportunity = lead.opportunities or lead.converted_opportunity_id is not None
        if lead.disqualified_on is not None and not has_opportunity:
            slices = {**lead.slices, "stage": last_milestone(lead)}
            yield from facts_on(calendar, lead.disqualified_on, slices, 1, 1)


def last_milestone(lead: Lead) -> str:
    """The furthest qualification that the lead had by the as-of date."""
    if lead.sales_qualified_on is not None:
        return "Sales qualified lead"
    if lead.marketing_qualified_on is not None:
        return "Marketing qualified lead"
    return "Lead"


def open_pipeline_value(company: Company) -> Iterator[Fact]:
    """Amount of the opportunities open on the period's last day, by the stage they were in then.

    The last day of a running period is the as-of date; an unknown amount is 0.
    """
    for opportunity in company.opportunities:
        for period in periods_worked(company, opportunity):
            end = company.calendar.as_of_end(period)
            if opportunity.is_open_after(end):
                slices = {**opportunity.slices, "stage": opportunity.stage_on(end)}
                yield Fact(period, slices, (opportunity.pipeline_amount,))


def pipeline_coverage(company: Company) -> Iterator[Fact]:
    """Amount of the opportunities open when the period began, over the quota of the period.

    The quota of a running period is that of the whole period.
    """
    for opportunity in company.opportunities:
        for period in periods_worked(company, opportunity):
            if opportunity.is_open_after(period.start - timedelta(days=1)):
                yield Fact(period, opportunity.slices, (opportunity.pipeline_amount, 0))
    for quota in company.quota.days:
        yield from facts_on(company.calendar, quota.day, quota.slices, 0, quota.amount)
