"""The KPIs of the family prospecting."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction

from tests.oracle.activities import Activity
from tests.oracle.company import Company
from tests.oracle.leads import Lead
from tests.oracle.slices import UNKNOWN, first_known, keyed
from tests.oracle.table import Fact, facts_on
from tests.oracle.working_time import is_employed_between, minutes_of

FIVE_MINUTES = 5


def leads_generated(company: Company) -> Iterator[Fact]:
    """Number of leads, by creation."""
    yield from leads_by_creation(company, lambda lead: (1,))


def leads_by_creation(company: Company, parts: Callable[[Lead], tuple]) -> Iterator[Fact]:
    """Every lead with a creation date, by that date, with its parts."""
    for lead in company.leads:
        if lead.created_on is not None:
            yield from facts_on(company.calendar, lead.created_on, lead.slices, *parts(lead))


def share_of_qualified_leads(company: Company) -> Iterator[Fact]:
    """Leads that were qualified by marketing or came further, over all leads, by creation."""
    yield from leads_by_creation(
        company, lambda lead: (int(lead.is_marketing_qualified_or_better), 1)
    )


def average_lead_score(company: Company) -> Iterator[Fact]:
    """Sum of the scores over the leads that have one, by creation."""
    for lead in company.leads:
        if lead.score is not None and lead.created_on is not None:
            parts = (Fraction(lead.score), 1)
            yield from facts_on(company.calendar, lead.created_on, lead.slices, *parts)


def marketing_qualified_leads(company: Company) -> Iterator[Fact]:
    """Number of leads that marketing qualified, by the day on which it did."""
    for lead in company.leads:
        if lead.marketing_qualified_on is not None:
            yield from facts_on(company.calendar, lead.marketing_qualified_on, lead.slices, 1)


def mql_to_sql_rate(company: Company) -> Iterator[Fact]:
    """Leads that sales qualified too, over those that marketing qualified, by the latter's day."""
    for lead in company.leads:
        if lead.marketing_qualified_on is not None:
            parts = (int(lead.sales_qualified_on is not None), 1)
            yield from facts_on(company.calendar, lead.marketing_qualified_on, lead.slices, *parts)


def qualified_lead_conversion_rate(company: Company) -> Iterator[Fact]:
    """Leads that became customers, over the qualified ones, by the day of qualification.

    Not there without opportunities.
    """
    if not company.opportunities:
        return
    for lead in company.leads:
        if lead.qualified_on is not None:
            parts = (int(lead.became_customer), 1)
            yield from facts_on(company.calendar, lead.qualified_on, lead.slices, *parts)


def conversion_rate(company: Company) -> Iterator[Fact]:
    """Leads that became customers, over all leads, by creation; not there without opportunities."""
    if company.opportunities:
        yield from leads_by_creation(company, lambda lead: (int(lead.became_customer), 1))


def first_responses(company: Company) -> dict[str, datetime]:
    """The first touchpoint with each lead at or after its creation; no machine may have sent it."""
    created_at = {lead.lead_id: lead.created_at for lead in company.leads}
    first: dict[str, datetime] = {}
    for touchpoint in company.touchpoints:
        created = created_at.get(touchpoint.lead_id)
        is_response = created is not None and touchpoint.occurred_at >= created
        if is_response and not touchpoint.is_automated:
            moment = touchpoint.occurred_at
            first[touchpoint.lead_id] = min(first.get(touchpoint.lead_id, moment), moment)
    return first


def responded_leads(company: Company) -> Iterator[tuple[Lead, datetime]]:
    """The leads that got a response, each with the moment of the first one."""
    responses = first_responses(company)
    for lead in company.leads:
        if lead.lead_id in responses:
            yield lead, responses[lead.lead_id]


def average_response_time(company: Company) -> Iterator[Fact]:
    """Minutes from creation to the first response, over the leads that got one, by creation."""
    for lead, responded_at in responded_leads(company):
        minutes = minutes_of(responded_at - lead.created_at)
        yield from facts_on(company.calendar, lead.created_on, lead.slices, minutes, 1)


def response_time(company: Company) -> Iterator[Fact]:
    """Minutes from creation to the first response of each lead that got one, by creation."""
    for lead, responded_at in responded_leads(company):
        minutes = minutes_of(responded_at - lead.created_at)
        yield from facts_on(company.calendar, lead.created_on, lead.slices, minutes)


def response_time_in_business_hours(company: Company) -> Iterator[Fact]:
    """The same in minutes within the business hours of the lead's rep."""
    reps = keyed(company.crm.get("reps", []), "rep_id")
    for lead, responded_at in responded_leads(company):
        rep = reps.get(lead.rep_id, {})
        minutes = company.working_time.business_minutes(lead.created_at, responded_at, rep)
        yield from facts_on(company.calendar, lead.created_on, lead.slices, minutes)


def lead_answer_rate(company: Company) -> Iterator[Fact]:
    """Leads that got a response, over all leads, by creation; not there without activities."""
    if company.activities:
        responses = first_responses(company)
        yield from leads_by_creation(company, lambda lead: (int(lead.lead_id in responses), 1))


def lead_response_within_5_minutes(company: Company) -> Iterator[Fact]:
    """Leads that got a response within five minutes, over all leads, by creation.

    Exactly five minutes are within; the KPI is not there without activities.
    """
    responses = first_responses(company)

    def is_quick(lead: Lead) -> bool:
        responded_at = responses.get(lead.lead_id)
        if responded_at is None:
            return False
        return minutes_of(responded_at - lead.created_at) <= FIVE_MINUTES

    if company.activities:
        yield from leads_by_creation(company, lambda lead: (int(is_quick(lead)), 1))


def touchpoints(company: Company) -> Iterator[Fact]:
    """Number of outbound calls, e-mails and chats, those of machines included."""
    for touchpoint in company.touchpoints:
        yield from facts_on(company.calendar, touchpoint.day, touchpoint.slices, 1)


def personal_touchpoints(company: Company) -> list[Activity]:
    """The touchpoints of which it is known whom they reached."""
    return [touchpoint for touchpoint in company.touchpoints if touchpoint.person is not None]


def unique_contacts(company: Company) -> Iterator[Fact]:
    """The people reached by touchpoints; each counts once, however often it was reached."""
    for touchpoint in personal_touchpoints(company):
        yield from facts_on(company.calendar, touchpoint.day, touchpoint.slices, touchpoint.person)


def appointment_rate(company: Company) -> Iterator[Fact]:
    """People with a touchpoint that led to an appointment, over the people reached."""
    meetings = meetings_by_person(company)
    window = timedelta(days=company.settings.appointment_window_days)
    for touchpoint in personal_touchpoints(company):
        person = touchpoint.person
        has_met = touchpoint.is_appointment_made or any(
            meeting.occurred_at >= touchpoint.occurred_at and meeting.day <= touchpoint.day + window
            for meeting in meetings.get(person, [])
        )
        parts = (person if has_met else None, person)
        yield from facts_on(company.calendar, touchpoint.day, touchpoint.slices, *parts)


def meetings_by_person(company: Company) -> dict[str, list[Activity]]:
    """The meetings with each person that is known."""
    meetings = defaultdict(list)
    for activity in company.activities:
        if activity.activity_type == "meeting" and activity.person is not None:
            meetings[activity.person].append(activity)
    return meetings


def calls_and_meetings(company: Company) -> Iterator[Fact]:
    """Number of calls, in either direction, and of meetings."""
    for activity in company.activities:
        if activity.activity_type in ("call", "meeting"):
            yield from facts_on(company.calendar, activity.day, activity.slices, 1)


def activities_per_rep(company: Company) -> Iterator[Fact]:
    """Activities over the reps, of any role, employed on any day of the period.

    Everybody's activities count; without any activity the KPI is not there.
    """
    calendar = company.calendar
    if not company.activities:
        return
    for activity in company.activities:
        yield from facts_on(calendar, activity.day, activity.slices, 1, 0)
    for rep in company.crm.get("reps", []):
        for period in calendar.periods():
            if is_employed_between(rep, period.start, calendar.as_of_end(period)):
                yield Fact(period, {"team": first_known(rep.get("team"))}, (0, 1))


def time_per_lead(company: Company) -> Iterator[Fact]:
    """Minutes of activities on leads, over the leads worked on; machines spend no time.

    The channel is the lead's, rep and team are those of the activity.
    """
    channels = {lead.lead_id: lead.slices["channel"] for lead in company.leads}
    for activity in company.activities:
        if activity.lead_id is not None and not activity.is_automated:
            slices = {**activity.slices, "channel": channels.get(activity.lead_id, UNKNOWN)}
            parts = (activity.minutes, activity.lead_id)
            yield from facts_on(company.calendar, activity.day, slices, *parts)


def cost_per_lead(company: Company) -> Iterator[Fact]:
    """Cost of marketing over the leads created; not there when that cost is unknown."""
    costs = company.cost_days_of("marketing")
    for cost in costs:
        yield from facts_on(company.calendar, cost.day, cost.slices, cost.amount, 0)
    if costs:
        yield from leads_by_creation(company, lambda lead: (0, 1))


def capacity_days(
    company: Company, role: str, column: str
) -> Iterator[tuple[date, Mapping[str, str], Fraction]]:
    """What reps of the role can handle on each of their business days, with their slices."""
    first_day, last_day = company.calendar.first_day, company.calendar.as_of
    for rep in company.crm.get("reps", []):
        if rep.get("role") == role and rep.get(column) is not None:
            slices = company.reps.of(rep["rep_id"])
            for day in company.working_time.business_days(rep, first_day, last_day):
                yield day, slices, Fraction(rep[column])


def bdr_capacity(company: Company) -> Iterator[Fact]:
    """Leads that the business development reps can handle, by business day."""
    for day, slices, leads in capacity_days(company, "bdr", "maximum_leads_per_day"):
        yield from facts_on(company.calendar, day, slices, leads)


def bdr_utilisation(company: Company) -> Iterator[Fact]:
    """Leads that marketing qualified, over the capacity for them; not there without leads."""
    if not company.leads:
        return
    for lead in company.leads:
        if lead.marketing_qualified_on is not None:
            yield from facts_on(company.calendar, lead.marketing_qualified_on, {}, 1, 0)
    for day, _, leads in capacity_days(company, "bdr", "maximum_leads_per_day"):
        yield from facts_on(company.calendar, day, {}, 0, leads)


def ae_capacity(company: Company) -> Iterator[Fact]:
    """Deals that the account executives can close, by business day."""
    for day, slices, deals in capacity_days(company, "ae", "maximum_deals_per_day"):
        yield from facts_on(company.calendar, day, slices, deals)


def ae_utilisation(company: Company) -> Iterator[Fact]:
    """Won opportunities over the capacity for them; not there without opportunities."""
    if not company.opportunities:
        return
    for opportunity in company.won:
        yield from facts_on(company.calendar, opportunity.closed_on, opportunity.slices, 1, 0)
    for day, slices, deals in capacity_days(company, "ae", "maximum_deals_per_day"):
        yield from facts_on(company.calendar, day, slices, 0, deals)
