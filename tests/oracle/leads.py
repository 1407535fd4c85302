"""Leads as they stood on the as-of date, with the opportunities that came of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tests.oracle.opportunities import Opportunity
from tests.oracle.periods import Calendar
from tests.oracle.slices import MarketSlices, RepSlices, first_known, keyed


@dataclass(frozen=True)
class Lead:
    """A lead on the as-of date; a milestone that comes later is none.

    `qualified_on` is the day on which sales qualified it, or marketing where the source has no
    sales qualified leads at all.
    """

    lead_id: str
    contact_id: str | None
    rep_id: str | None
    score: Decimal | None
    created_at: datetime | None
    created_on: date | None
    marketing_qualified_on: date | None
    sales_qualified_on: date | None
    qualified_on: date | None
    disqualified_on: date | None
    converted_on: date | None
    converted_opportunity_id: str | None
    opportunities: Sequence[Opportunity]
    slices: Mapping[str, str]

    @property
    def is_marketing_qualified_or_better(self) -> bool:
        """Whether it was ever qualified or converted, or came as far as an opportunity."""
        milestones = self.marketing_qualified_on, self.sales_qualified_on, self.converted_on
        return bool(self.opportunities) or any(day is not None for day in milestones)

    @property
    def became_customer(self) -> bool:
        """Whether one of its opportunities was won on the day of its creation or later."""
        return any(
            opportunity.is_won
            and (self.created_on is None or opportunity.closed_on >= self.created_on)
            for opportunity in self.opportunities
        )


def existing_leads(rows: Iterable[dict], calendar: Calendar) -> list[dict]:
    """The leads that were not created after the as-of date."""
    return [
        row
        for row in rows
        if row.get("created_at") is None or calendar.past_date_of(row["created_at"]) is not None
    ]


class LeadReader:
    """Reads the rows of leads that exist on the as-of date."""

    def __init__(
        self,
        crm: Mapping[str, list[dict]],
        calendar: Calendar,
        markets: MarketSlices,
        reps: RepSlices,
        opportunities: Iterable[Opportunity],
    ) -> None:
        self.calendar = calendar
        self.markets = markets
        self.reps = reps
        self.campaigns = keyed(crm.get("campaigns", []), "campaign_id")
        self.opportunities = {one.opportunity_id: one for one in opportunities}
        self.by_lead = defaultdict(list)
        for opportunity in self.opportunities.values():
            self.by_lead[opportunity.lead_id].append(opportunity)

    def read(self, rows: Sequence[dict]) -> list[Lead]:
        """The leads; a source has sales qualified leads when it says so of any, even of later."""
        sources = {row["source"] for row in rows if row.get("sales_qualified_at") is not None}
        return [self._lead(row, row["source"] in sources) for row in rows]

    def _lead(self, row: dict, is_qualified_by_sales: bool) -> Lead:
        past_date_of = self.calendar.past_date_of
        marketing_qualified_on = past_date_of(row.get("marketing_qualified_at"))
        sales_qualified_on = past_date_of(row.get("sales_qualified_at"))
        return Lead(
            lead_id=row["lead_id"],
            contact_id=row.get("contact_id"),
            rep_id=row.get("rep_id"),
            score=row.get("lead_score"),
            created_at=row.get("created_at"),
            created_on=past_date_of(row.get("created_at")),
            marketing_qualified_on=marketing_qualified_on,
            sales_qualified_on=sales_qualified_on,
            qualified_on=sales_qualified_on if is_qualified_by_sales else marketing_qualified_on,
            disqualified_on=past_date_of(row.get("disqualified_at")),
            converted_on=past_date_of(row.get("converted_at")),
            converted_opportunity_id=row.get("converted_opportunity_id"),
            opportunities=self._opportunities(row),
            slices=self._slices(row),
        )

    def _opportunities(self, row: dict) -> list[Opportunity]:
        """The opportunities that carry the lead and the one that it was converted to."""
        found = {one.opportunity_id: one for one in self.by_lead.get(row["lead_id"], [])}
        converted_to = self.opportunities.get(row.get("converted_opportunity_id"))
        if converted_to is not None:
            found[converted_to.opportunity_id] = converted_to
        return list(found.values())

    def _slices(self, row: dict) -> dict[str, str]:
        campaign = self.campaigns.get(row.get("campaign_id"), {})
        return {
            "channel": first_known(row.get("channel")),
            "campaign": first_known(campaign.get("campaign_name")),
            **self.markets.of(row.get("account_id"), row.get("rep_id")),
            **self.reps.of(row.get("rep_id")),
        }
