"""Everything that the KPIs are computed from, read once from the canonical rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.oracle.money import Money
from tests.oracle.opportunities import Line, Opportunity, OpportunityReader
from tests.oracle.periods import Calendar, make_calendar
from tests.oracle.plans import DayAmount, Quota, cost_days, market_days
from tests.oracle.settings import Settings


@dataclass(frozen=True)
class Company:
    """The canonical CRM on the as-of date, in reporting currency and dates.

    `crm` still holds the rows as they came, `leads` those of them that were created by then.
    """

    crm: Mapping[str, list[dict]]
    calendar: Calendar
    money: Money
    leads: Sequence[dict]
    opportunities: Sequence[Opportunity]
    quota: Quota
    cost_days: Sequence[DayAmount]
    market_days: Sequence[DayAmount]

    @property
    def closed(self) -> list[Opportunity]:
        """The opportunities won or lost."""
        return [opportunity for opportunity in self.opportunities if opportunity.is_closed]

    @property
    def won(self) -> list[Opportunity]:
        """The opportunities won."""
        return [opportunity for opportunity in self.opportunities if opportunity.is_won]

    def won_lines(self) -> Iterator[tuple[Opportunity, Line]]:
        """The lines of won opportunities, each with its opportunity."""
        for opportunity in self.won:
            for line in opportunity.lines:
                yield opportunity, line


def read_company(
    crm: Mapping[str, list[dict]], settings: Settings, newest_landing: datetime | None
) -> Company | None:
    """The company behind the rows; none when nothing happened by the as-of date."""
    calendar = make_calendar(crm, settings, newest_landing)
    if calendar is None:
        return None
    money = Money(crm.get("exchange_rates", []), settings.reporting_currency)
    leads = [
        lead
        for lead in crm.get("leads", [])
        if lead.get("created_at") is None or calendar.past_date_of(lead["created_at"]) is not None
    ]
    reader = OpportunityReader(crm, settings, calendar, money, leads)
    return Company(
        crm=crm,
        calendar=calendar,
        money=money,
        leads=leads,
        opportunities=reader.read(crm.get("opportunities", [])),
        quota=Quota(crm, calendar, money),
        cost_days=cost_days(crm, calendar, money),
        market_days=market_days(crm, calendar, money),
    )
