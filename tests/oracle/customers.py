"""The KPIs of the family customers."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from tests.oracle.company import Company
from tests.oracle.customer_base import Presence
from tests.oracle.periods import add_months
from tests.oracle.recurring import revenue_on, subscriptions_by_payer
from tests.oracle.slices import first_known
from tests.oracle.table import Fact, facts_on

PROMOTER_FROM = 9
DETRACTOR_UP_TO = 6


def active_customers(company: Company) -> Iterator[Fact]:
    """Number of customers active on the period's last day, or the as-of date when running."""
    for presence in company.presences:
        if presence.at_end:
            yield Fact(presence.period, presence.customer.slices, (1,))


def staying_customers(company: Company) -> Iterator[Presence]:
    """The customers active when the period began."""
    return (presence for presence in company.presences if presence.at_start)


def customers_at_end_per_start(company: Company) -> Iterator[Fact]:
    """Customers active at the period's end, new ones too, over those active at its start."""
    for presence in company.presences:
        if presence.at_start or presence.at_end:
            parts = (int(presence.at_end), int(presence.at_start))
            yield Fact(presence.period, presence.customer.slices, parts)


def retained_customers(company: Company) -> Iterator[Fact]:
    """Of the customers active at the period's start, those active at its end too."""
    for presence in staying_customers(company):
        yield Fact(presence.period, presence.customer.slices, (int(presence.at_end), 1))


def churned_customers(company: Company) -> Iterator[Fact]:
    """Of the customers active at the period's start, those no longer active at its end."""
    for presence in staying_customers(company):
        yield Fact(presence.period, presence.customer.slices, (int(not presence.at_end), 1))


def net_revenue_retention(company: Company) -> Iterator[Fact]:
    """Recurring revenue now of who had any a year before, over what they had then."""
    for period, slices, then, now in revenue_a_year_apart(company):
        yield Fact(period, slices, (now, then))


def gross_revenue_retention(company: Company) -> Iterator[Fact]:
    """The same without what anybody has gained since."""
    for period, slices, then, now in revenue_a_year_apart(company):
        yield Fact(period, slices, (min(now, then), then))


def revenue_a_year_apart(company: Company) -> Iterator[tuple]:
    """Period, slices, and recurring revenue a year before the period's end and at its end.

    For everybody who had recurring revenue then. The end of a running period is the as-of date.
    """
    for owned in subscriptions_by_payer(company).values():
        for period in company.calendar.periods():
            end = company.calendar.as_of_end(period)
            then = revenue_on(owned, add_months(end, -12))
            if then:
                yield period, owned[0].slices, then, revenue_on(owned, end)


def responses(company: Company, survey_type: str) -> Iterator[tuple[date, dict]]:
    """The survey responses of the type that have a score, with the day of the response."""
    for row in company.crm.get("survey_responses", []):
        day = company.calendar.past_date_of(row.get("responded_at"))
        if row.get("survey_type") == survey_type and row.get("score") is not None:
            if day is not None:
                yield day, row


def scaled_responses(company: Company, survey_type: str) -> Iterator[tuple[date, dict]]:
    """Those of them whose scale has a highest score above 0."""
    for day, row in responses(company, survey_type):
        if row.get("scale_maximum") is not None and row["scale_maximum"] > 0:
            yield day, row


def share_of_scale(row: dict) -> Fraction:
    """The score as a part of the highest one."""
    return Fraction(row["score"]) / Fraction(row["scale_maximum"])


def survey_slices(company: Company, row: dict) -> dict[str, str]:
    """Market and channel of a customer's response."""
    return {
        **company.markets.of(row.get("account_id"), row.get("rep_id")),
        "channel": first_known(row.get("channel")),
    }


def average_satisfaction(company: Company) -> Iterator[Fact]:
    """Scores of customer satisfaction as parts of their scale, over the responses."""
    for day, row in scaled_responses(company, "customer_satisfaction"):
        slices = survey_slices(company, row)
        yield from facts_on(company.calendar, day, slices, share_of_scale(row), 1)


def share_of_satisfied_customers(company: Company) -> Iterator[Fact]:
    """Responses with the highest score or at most one below it, over the responses."""
    for day, row in scaled_responses(company, "customer_satisfaction"):
        is_satisfied = row["score"] >= row["scale_maximum"] - 1
        slices = survey_slices(company, row)
        yield from facts_on(company.calendar, day, slices, int(is_satisfied), 1)


def promotion(row: dict) -> int:
    """1 for a promoter, -1 for a detractor, 0 for anybody between."""
    return int(row["score"] >= PROMOTER_FROM) - int(row["score"] <= DETRACTOR_UP_TO)


def net_promoter_score(company: Company) -> Iterator[Fact]:
    """Promoters less detractors among customers, over the responses."""
    for day, row in responses(company, "net_promoter_score"):
        slices = survey_slices(company, row)
        yield from facts_on(company.calendar, day, slices, promotion(row), 1)


def employee_net_promoter_score(company: Company) -> Iterator[Fact]:
    """Promoters less detractors among employees; the team is the response's, else the rep's."""
    for day, row in responses(company, "employee_net_promoter_score"):
        rep_team = company.reps.of(row.get("rep_id"))["team"]
        slices = {"team": first_known(row.get("team"), rep_team)}
        yield from facts_on(company.calendar, day, slices, promotion(row), 1)


def customer_engagement(company: Company) -> Iterator[Fact]:
    """Activities with customers active in the period, over those active on its last day.

    All of the latter are below the line of every type of activity. Not there without activities.
    """
    if not company.activities:
        return
    active = {
        (presence.customer.key, presence.period): presence.customer.slices
        for presence in company.presences
        if presence.during
    }
    activity_types = set()
    for activity in company.activities:
        for period in company.calendar.periods_of(activity.day):
            slices = active.get((activity.account_id, period))
            if slices is not None:
                activity_type = activity.slices["activity_type"]
                activity_types.add(activity_type)
                yield Fact(period, {**slices, "activity_type": activity_type}, (1, 0))
    for presence in company.presences:
        if presence.at_end:
            slices = {**presence.customer.slices, "activity_type": sorted(activity_types)}
            yield Fact(presence.period, slices, (0, 1))


def sales_technique_win_rate(company: Company) -> Iterator[Fact]:
    """Won opportunities over closed ones on which a technique was used, by close date.

    An opportunity counts once with each technique of its activities up to its close.
    """
    by_opportunity = defaultdict(list)
    for activity in company.activities:
        if activity.technique is not None and activity.opportunity_id is not None:
            by_opportunity[activity.opportunity_id].append(activity)
    for opportunity in company.closed:
        key = opportunity.opportunity_id
        used = by_opportunity.get(key, [])
        for technique in {one.technique for one in used if one.day <= opportunity.closed_on}:
            parts = (key if opportunity.is_won else None, key)
            slices = {"technique": technique}
            yield from facts_on(company.calendar, opportunity.closed_on, slices, *parts)


def sales_technique_feedback(company: Company) -> Iterator[Fact]:
    """Scores of sales techniques as parts of their scale, over the responses."""
    for day, row in scaled_responses(company, "sales_technique_feedback"):
        slices = {"technique": first_known(row.get("sales_technique"))}
        yield from facts_on(company.calendar, day, slices, share_of_scale(row), 1)
