"""The KPIs of the family unit economics."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from tests.oracle.company import Company
from tests.oracle.opportunities import Line, Opportunity
from tests.oracle.recurring import net_new_mrr
from tests.oracle.revenue import first_wins, new_customers
from tests.oracle.table import Fact, Number, Outcome, facts_on, ratio

MONTHS_OF_YEAR = 12
ACQUISITION = ("sales", "marketing")


def customer_acquisition_cost(company: Company) -> Iterator[Fact]:
    """Cost of sales and marketing over new customers; not there when that cost is unknown."""
    costs = company.cost_days_of(*ACQUISITION)
    for cost in costs:
        yield from facts_on(company.calendar, cost.day, cost.slices, cost.amount, 0)
    if costs:
        for fact in new_customers(company):
            yield Fact(fact.period, fact.slices, (0, *fact.parts))


def is_margin_known(line: Line) -> bool:
    """Whether both amount and cost of the line are known."""
    return line.amount is not None and line.cost is not None


def margin_of(line: Line) -> Fraction:
    """What a line, of which amount and cost are known, brought in above its cost."""
    return Fraction(line.amount) - Fraction(line.cost)


def lines_with_margin(company: Company) -> list[tuple[Opportunity, Line]]:
    """The won lines whose amount and cost are known."""
    return [(won, line) for won, line in company.won_lines() if is_margin_known(line)]


def account_lines(company: Company) -> list[tuple[Opportunity, Line]]:
    """The won lines of accounts; what nobody bought is no part of a customer's value."""
    return [
        (opportunity, line)
        for opportunity, line in company.won_lines()
        if opportunity.account_id is not None
    ]


def return_on_investment(company: Company) -> Iterator[Fact]:
    """Gross profit less commercial cost, over that cost.

    Not there unless some commercial cost and some gross profit are known.
    """
    calendar, lines = company.calendar, lines_with_margin(company)
    if not lines or not company.cost_days:
        return
    for opportunity, line in lines:
        yield from facts_on(calendar, opportunity.closed_on, line.slices, margin_of(line), 0)
    for cost in company.cost_days:
        yield from facts_on(calendar, cost.day, cost.slices, -cost.amount, cost.amount)


def lifetime_value_so_far(company: Company) -> Iterator[Fact]:
    """Gross profit of accounts less cost of service, over the accounts that became customers.

    Not there unless some commercial cost and some gross profit of accounts are known. The table
    adds up everything since the beginning.
    """
    calendar = company.calendar
    lines = [(won, line) for won, line in account_lines(company) if is_margin_known(line)]
    if not lines or not company.cost_days:
        return
    for opportunity, line in lines:
        yield from facts_on(calendar, opportunity.closed_on, line.slices, margin_of(line), 0)
    for cost in company.cost_days_of("service"):
        yield from facts_on(calendar, cost.day, cost.slices, -cost.amount, 0)
    for opportunity in first_wins(company).values():
        yield from facts_on(calendar, opportunity.closed_on, opportunity.slices, 0, 1)


def lifetime_value_parts(company: Company) -> Iterator[Fact]:
    """Revenue, gross profit, its revenue, customers at the end and at the start, churned ones.

    Revenue is that of accounts, gross profit that of their lines whose amount and cost are known;
    without such a line the KPI is not there. `lifetime_value` puts the parts together.
    """
    lines = account_lines(company)
    if not any(is_margin_known(line) for _, line in lines):
        return
    for opportunity, line in lines:
        profit, profit_revenue = Fraction(0), Fraction(0)
        if is_margin_known(line):
            profit, profit_revenue = margin_of(line), Fraction(line.amount)
        parts = (Fraction(line.amount or 0), profit, profit_revenue, 0, 0, 0)
        yield from facts_on(company.calendar, opportunity.closed_on, line.slices, *parts)
    for presence in company.presences:
        if presence.at_start or presence.at_end:
            has_churned = presence.at_start and not presence.at_end
            counts = (int(presence.at_end), int(presence.at_start), int(has_churned))
            yield Fact(presence.period, presence.customer.slices, (0, 0, 0, *counts))


def lifetime_value(
    revenue: Number,
    profit: Number,
    profit_revenue: Number,
    at_end: int,
    at_start: int,
    churned: int,
) -> Outcome:
    """Average revenue per active customer x gross margin, over the churn rate.

    Both sides are 0 when a part is missing; nobody churned leaves the upper side as it is.
    """
    if not (at_end and profit_revenue and at_start):
        return ratio(0, 0)
    gross_profit = Fraction(revenue) / at_end * Fraction(profit) / profit_revenue
    return ratio(gross_profit, Fraction(churned) / at_start)


def value_and_cost_parts(company: Company) -> Iterator[Fact]:
    """The parts of `lifetime_value_parts`, then acquisition cost and new customers.

    Not there unless both KPIs are.
    """
    value_facts = list(lifetime_value_parts(company))
    cost_facts = list(customer_acquisition_cost(company))
    if value_facts and cost_facts:
        yield from padded(value_facts, before=0, after=2)
        yield from padded(cost_facts, before=6, after=0)


def padded(facts: Sequence[Fact], before: int, after: int) -> Iterator[Fact]:
    """The facts with so many parts of 0 before and after their own."""
    for fact in facts:
        yield Fact(fact.period, fact.slices, ((0,) * before + fact.parts + (0,) * after))


def value_per_cost(
    revenue: Number,
    profit: Number,
    profit_revenue: Number,
    at_end: int,
    at_start: int,
    churned: int,
    cost: Number,
    new: int,
) -> Outcome:
    """Lifetime value over the cost of acquiring a customer, as one fraction of whole sides."""
    if not (at_end and profit_revenue and at_start and new):
        return ratio(0, 0)
    gross_profit = Fraction(revenue) / at_end * Fraction(profit) / profit_revenue
    return ratio(gross_profit * at_start * new, churned * cost)


def magic_number(company: Company) -> Iterator[Fact]:
    """Recurring revenue a year gained in the period, over the acquisition cost of the one before.

    Not there unless subscriptions and some of that cost are known.
    """
    calendar, costs = company.calendar, company.cost_days_of(*ACQUISITION)
    if not costs or not company.subscriptions:
        return
    for fact in net_new_mrr(company):
        (change,) = fact.parts
        yield Fact(fact.period, {}, (MONTHS_OF_YEAR * change, 0))
    for cost in costs:
        for period in calendar.periods_of(cost.day):
            following = calendar.period_of(period.end + timedelta(days=1), period.grain)
            yield Fact(following, {}, (0, cost.amount))
