"""The KPIs of the family revenue that rest on won opportunities."""

from collections.abc import Iterator
from fractions import Fraction

from tests.oracle.company import Company
from tests.oracle.opportunities import Opportunity
from tests.oracle.periods import Calendar, Period
from tests.oracle.slices import first_known
from tests.oracle.table import Fact, facts_on
from tests.oracle.working_time import is_employed_between

SELLING_ROLES = ("ae", "am")


def revenue(company: Company) -> Iterator[Fact]:
    """Sum of the amounts of won lines, by close date."""
    for opportunity, line in company.won_lines():
        amount = Fraction(line.amount or 0)
        yield from facts_on(company.calendar, opportunity.closed_on, line.slices, amount)


def deals_won(company: Company) -> Iterator[Fact]:
    """Number of won opportunities, by close date."""
    for opportunity in company.won:
        yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, 1)


def average_deal_value(company: Company) -> Iterator[Fact]:
    """Revenue over deals won; each deal counts on its largest line, each amount on its own."""
    for opportunity, line in company.won_lines():
        deals = int(line is opportunity.largest_line)
        amount = Fraction(line.amount or 0)
        yield from facts_on(company.calendar, opportunity.closed_on, line.slices, amount, deals)


def gross_margin(company: Company) -> Iterator[Fact]:
    """Revenue less cost of goods, over revenue; only won lines whose amount and cost are known."""
    for opportunity, line in company.won_lines():
        if line.amount is not None and line.cost is not None:
            amount = Fraction(line.amount)
            margin = amount - Fraction(line.cost)
            yield from facts_on(
                company.calendar, opportunity.closed_on, line.slices, margin, amount
            )


def net_margin(company: Company) -> Iterator[Fact]:
    """Gross margin less the commercial cost of the period, over the revenue of gross margin.

    Not there at all for a company whose commercial costs are unknown.
    """
    if company.cost_days:
        yield from gross_margin(company)
    for cost in company.cost_days:
        yield from facts_on(company.calendar, cost.day, cost.slices, -cost.amount, 0)


def first_wins(company: Company) -> dict[str, Opportunity]:
    """The first won opportunity of each account; of two on one day that with the lowest key."""
    first: dict[str, Opportunity] = {}
    for opportunity in sorted(company.won, key=lambda won: (won.closed_on, won.opportunity_id)):
        if opportunity.account_id is not None:
            first.setdefault(opportunity.account_id, opportunity)
    return first


def new_customers(company: Company) -> Iterator[Fact]:
    """Number of accounts that became a customer, by the close date of their first won deal."""
    for opportunity in first_wins(company).values():
        yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, 1)


def new_customer_revenue_share(company: Company) -> Iterator[Fact]:
    """Revenue in the period in which the account became a customer, over all revenue.

    Revenue without an account is in the denominator only.
    """
    calendar, first = company.calendar, first_wins(company)
    for opportunity, line in company.won_lines():
        amount = Fraction(line.amount or 0)
        for period in calendar.periods_of(opportunity.closed_on):
            first_win = first.get(opportunity.account_id)
            is_new = first_win is not None and first_win.closed_on >= period.start
            yield Fact(period, line.slices, (amount if is_new else Fraction(0), amount))


def market_share(company: Company) -> Iterator[Fact]:
    """Revenue over the revenue of the whole market, which is spread evenly over its days."""
    for opportunity, line in company.won_lines():
        amount = Fraction(line.amount or 0)
        yield from facts_on(company.calendar, opportunity.closed_on, line.slices, amount, 0)
    for market in company.market_days:
        yield from facts_on(company.calendar, market.day, market.slices, 0, market.amount)


def quota_attainment(company: Company) -> Iterator[Fact]:
    """Revenue of reps on days on which they carry a quota, over the quota.

    The quota of a running period is that of the whole period.
    """
    for opportunity, line in company.won_lines():
        if (opportunity.rep_id, opportunity.closed_on) in company.quota.carried:
            amount = Fraction(line.amount or 0)
            yield from facts_on(company.calendar, opportunity.closed_on, line.slices, amount, 0)
    for quota in company.quota.days:
        yield from facts_on(company.calendar, quota.day, quota.slices, 0, quota.amount)


def revenue_per_rep(company: Company) -> Iterator[Fact]:
    """Revenue over the account executives and managers employed on any day of the period.

    Everybody's revenue counts. A missing date of employment leaves that side open.
    """
    calendar = company.calendar
    for opportunity, line in company.won_lines():
        amount = Fraction(line.amount or 0)
        yield from facts_on(calendar, opportunity.closed_on, line.slices, amount, 0)
    for rep in company.crm.get("reps", []):
        slices = {column: first_known(rep.get(column)) for column in ("team", "region")}
        for period in calendar.periods():
            if rep.get("role") in SELLING_ROLES and is_employed_in(rep, period, calendar):
                yield Fact(period, slices, (0, 1))


def is_employed_in(rep: dict, period: Period, calendar: Calendar) -> bool:
    """Whether the rep is employed on any day of the period up to the as-of date."""
    return is_employed_between(rep, period.start, calendar.as_of_end(period))
