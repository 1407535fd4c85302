"""Everything that the KPIs are computed from, read once from the canonical rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.oracle.activities import Activity, read_activities
from tests.oracle.customer_base import Presence, presences, read_customers
from tests.oracle.leads import Lead, LeadReader, existing_leads
from tests.oracle.money import Money
from tests.oracle.opportunities import Line, Opportunity, OpportunityReader
from tests.oracle.periods import Calendar, make_calendar
from tests.oracle.plans import CostDay, DayAmount, Quota, cost_days, market_days
from tests.oracle.settings import Settings
from tests.oracle.slices import MarketSlices, RepSlices
from tests.oracle.subscriptions import Subscription, read_subscriptions
from tests.oracle.working_time import WorkingTime


@dataclass(frozen=True)
class Company:
    """The canonical CRM on the as-of date, in reporting currency and dates.

    `crm` still holds the rows as they came. `presences` are the customers in the periods around
    which they are active.
    """

    crm: Mapping[str, list[dict]]
    settings: Settings
    calendar: Calendar
    reps: RepSlices
    markets: MarketSlices
    working_time: WorkingTime
    leads: Sequence[Lead]
    opportunities: Sequence[Opportunity]
    activities: Sequence[Activity]
    subscriptions: Sequence[Subscription]
    presences: Sequence[Presence]
    quota: Quota
    cost_days: Sequence[CostDay]
    market_days: Sequence[DayAmount]

    @property
    def closed(self) -> list[Opportunity]:
        """The opportunities won or lost."""
        return [opportunity for opportunity in self.opportunities if opportunity.is_closed]

    @property
    def won(self) -> list[Opportunity]:
        """The opportunities won."""
        return [opportunity for opportunity in self.opportunities if opportunity.is_won]

    @property
    def touchpoints(self) -> list[Activity]:
        """The outbound calls, e-mails and chats."""
        return [activity for activity in self.activities if activity.is_touchpoint]

    def won_lines(self) -> Iterator[tuple[Opportunity, Line]]:
        """The lines of won opportunities, each with its opportunity."""
        for opportunity in self.won:
            for line in opportunity.lines:
                yield opportunity, line

    def cost_days_of(self, *cost_types: str) -> list[CostDay]:
        """The days of commercial costs of these types."""
        return [cost_day for cost_day in self.cost_days if cost_day.cost_type in cost_types]


def read_company(
    crm: Mapping[str, list[dict]], settings: Settings, newest_landing: datetime | None
) -> Company | None:
    """The company behind the rows; none when nothing happened by the as-of date."""
    calendar = make_calendar(crm, settings, newest_landing)
    if calendar is None:
        return None
    money = Money(crm.get("exchange_rates", []), settings.reporting_currency)
    reps = RepSlices(crm.get("reps", []))
    markets = MarketSlices(crm.get("accounts", []), reps)
    lead_rows = existing_leads(crm.get("leads", []), calendar)
    opportunities = OpportunityReader(crm, settings, calendar, money, lead_rows).read(
        crm.get("opportunities", [])
    )
    leads = LeadReader(crm, calendar, markets, reps, opportunities).read(lead_rows)
    leads_by_key = {lead.lead_id: lead for lead in leads}
    subscriptions = read_subscriptions(crm, calendar, money, markets)
    customers = read_customers(
        subscriptions,
        [opportunity for opportunity in opportunities if opportunity.is_won],
        markets,
        calendar,
        settings.customer_active_days,
    )
    return Company(
        crm=crm,
        settings=settings,
        calendar=calendar,
        reps=reps,
        markets=markets,
        working_time=WorkingTime(crm.get("holidays", []), settings),
        leads=leads,
        opportunities=opportunities,
        activities=read_activities(
            crm.get("activities", []), calendar, markets, reps, leads_by_key
        ),
        subscriptions=subscriptions,
        presences=list(presences(customers, calendar)),
        quota=Quota(crm, calendar, money),
        cost_days=cost_days(crm, calendar, money),
        market_days=market_days(crm, calendar, money),
    )
