"""Opportunities as they stood on the as-of date, with lines, slices and stage entries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.money import Money, multiply_to_four_places
from tests.oracle.periods import Calendar
from tests.oracle.settings import Settings
from tests.oracle.slices import RepSlices, first_known, keyed


class Line(NamedTuple):
    """A sold product, or the whole opportunity when it has no lines.

    Amount and cost are in the reporting currency, none when unknown; the stated amount is in the
    currency of the opportunity. `slices` are those of the opportunity with the category of the
    line's own product.
    """

    line_id: str
    stated_amount: Decimal | None
    amount: Decimal | None
    cost: Decimal | None
    slices: Mapping[str, str]


class StageEntry(NamedTuple):
    """An entry into a stage of the ladder; `rank` 0 is the lowest stage."""

    entered_at: datetime
    rank: int
    day: date
    stage: str


@dataclass(frozen=True)
class Opportunity:
    """An opportunity on the as-of date.

    `closed_on` is none as long as it is open. `cycle_days` runs from first contact to close, 0
    when they come in the wrong order and none when open or without any first contact.
    `stage_entries` has the entries into ladder stages, oldest first.
    """

    opportunity_id: str
    account_id: str | None
    rep_id: str | None
    lead_id: str | None
    created_on: date | None
    closed_on: date | None
    is_won: bool
    cycle_days: int | None
    pipeline_amount: Fraction
    slices: Mapping[str, str]
    lines: Sequence[Line]
    largest_line: Line
    ladder: Sequence[str]
    stage_entries: Sequence[StageEntry]
    stage: str

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    def is_open_after(self, day: date) -> bool:
        """Whether it existed and was open when the day ended."""
        return (
            self.created_on is not None
            and self.created_on <= day
            and (self.closed_on is None or self.closed_on > day)
        )

    def stage_on(self, day: date) -> str:
        """The stage it was in when the day ended.

        The last entry up to then counts, before any entry the first one that was to come, and
        without entries the stage that the opportunity carries today.
        """
        if not self.stage_entries:
            return self.stage
        entered = [entry for entry in self.stage_entries if entry.day <= day]
        return entered[-1].stage if entered else self.stage_entries[0].stage

    @property
    def last_stage(self) -> str:
        """The stage of its newest entry, else the one that it carries today."""
        return self.stage_entries[-1].stage if self.stage_entries else self.stage


def largest(lines: Iterable[Line]) -> Line:
    """The line with the highest stated amount; unknown ones last, ties go to the lowest key."""
    return max(
        sorted(lines, key=lambda line: line.line_id),
        key=lambda line: (line.stated_amount is not None, line.stated_amount or 0),
    )


class OpportunityReader:
    """Reads canonical rows into opportunities; what is dated after the as-of date is not there."""

    def __init__(
        self,
        crm: Mapping[str, list[dict]],
        settings: Settings,
        calendar: Calendar,
        money: Money,
        leads: Sequence[dict],
    ) -> None:
        self.settings = settings
        self.calendar = calendar
        self.money = money
        self.accounts = keyed(crm.get("accounts", []), "account_id")
        self.campaigns = keyed(crm.get("campaigns", []), "campaign_id")
        self.products = keyed(crm.get("products", []), "product_id")
        self.reps = RepSlices(crm.get("reps", []))
        self.leads = keyed(leads, "lead_id")
        self.converting_leads = self._converting_leads(leads)
        self.line_rows = self._by_opportunity(crm.get("opportunity_lines", []))
        self.stage_rows = self._by_opportunity(crm.get("opportunity_stages", []))
        self.activity_dates = self._first_activity_dates(crm.get("activities", []))

    @staticmethod
    def _converting_leads(leads: Sequence[dict]) -> dict[str, str]:
        """The lead that each opportunity was converted from, the lowest key of several."""
        converting: dict[str, str] = {}
        for lead in sorted(leads, key=lambda lead: lead["lead_id"], reverse=True):
            if lead.get("converted_opportunity_id") is not None:
                converting[lead["converted_opportunity_id"]] = lead["lead_id"]
        return converting

    @staticmethod
    def _by_opportunity(rows: Iterable[dict]) -> dict[str, list[dict]]:
        grouped = defaultdict(list)
        for row in rows:
            grouped[row.get("opportunity_id")].append(row)
        return grouped

    def _first_activity_dates(self, activities: Iterable[dict]) -> dict[tuple[str, str], date]:
        """The first activity with each opportunity and each lead, by column and key."""
        first: dict[tuple[str, str], datetime] = {}
        for activity in activities:
            occurred_at = activity.get("occurred_at")
            for column in ("opportunity_id", "lead_id"):
                concerned = (column, activity.get(column))
                if occurred_at is not None and concerned[1] is not None:
                    first[concerned] = min(first.get(concerned, occurred_at), occurred_at)
        return {concerned: self.calendar.date_of(stamp) for concerned, stamp in first.items()}

    def read(self, rows: Iterable[dict]) -> list[Opportunity]:
        """The opportunities that were not created after the as-of date."""
        created = [(row, self.calendar.date_of(row.get("created_at"))) for row in rows]
        return [
            self._opportunity(row, created_on)
            for row, created_on in created
            if created_on is None or created_on <= self.calendar.as_of
        ]

    def _opportunity(self, row: dict, created_on: date | None) -> Opportunity:
        has_ended = row.get("status") in ("won", "lost")
        closed_on = self.calendar.past_date_of(row.get("closed_at")) if has_ended else None
        lead_id = row.get("lead_id") or self.converting_leads.get(row["opportunity_id"])
        slices = self._slices(row, self.leads.get(lead_id, {}))
        lines = self._lines(row, closed_on or created_on, slices)
        largest_line = largest(lines)
        category = {"product_category": largest_line.slices["product_category"]}
        ladder = self.settings.stages.get(row["source"], ())
        return Opportunity(
            opportunity_id=row["opportunity_id"],
            account_id=row.get("account_id"),
            rep_id=row.get("rep_id"),
            lead_id=lead_id,
            created_on=created_on,
            closed_on=closed_on,
            is_won=row.get("status") == "won" and closed_on is not None,
            cycle_days=self._cycle_days(row["opportunity_id"], lead_id, created_on, closed_on),
            pipeline_amount=self._pipeline_amount(row, created_on),
            slices={**slices, **category},
            lines=lines,
            largest_line=largest_line,
            ladder=ladder,
            stage_entries=self._stage_entries(row["opportunity_id"], ladder),
            stage=first_known(row.get("stage")),
        )

    def _slices(self, row: dict, lead: dict) -> dict[str, str]:
        account = self.accounts.get(row.get("account_id"), {})
        campaign = self.campaigns.get(row.get("campaign_id"), {})
        lead_campaign = self.campaigns.get(lead.get("campaign_id"), {})
        region = first_known(account.get("region"), self.reps.region(row.get("rep_id")))
        campaign_names = campaign.get("campaign_name"), lead_campaign.get("campaign_name")
        return {
            "segment": first_known(account.get("segment")),
            "industry": first_known(account.get("industry")),
            "region": region,
            "channel": first_known(row.get("channel"), lead.get("channel")),
            "campaign": first_known(*campaign_names),
            "opportunity_type": first_known(row.get("opportunity_type")),
            **self.reps.of(row.get("rep_id")),
        }

    def _lines(self, row: dict, day: date | None, slices: Mapping[str, str]) -> list[Line]:
        """The lines in the reporting currency of the day, or one that stands for them all."""
        source, currency = row["source"], row.get("currency")
        lines = []
        for line in self.line_rows.get(row["opportunity_id"], []):
            product = self.products.get(line.get("product_id"), {})
            category = first_known(product.get("product_category"))
            amount = self.money.convert(source, line.get("amount"), currency, day)
            cost = self._cost(line, product, source, currency, day)
            line_slices = {**slices, "product_category": category}
            stated = line.get("amount")
            lines.append(Line(line["opportunity_line_id"], stated, amount, cost, line_slices))
        if lines:
            return lines
        amount = self.money.convert(source, row.get("amount"), currency, day)
        line_slices = {**slices, "product_category": first_known()}
        return [Line(row["opportunity_id"], row.get("amount"), amount, None, line_slices)]

    def _cost(
        self, line: dict, product: dict, source: str, currency: str | None, day: date | None
    ) -> Decimal | None:
        """The cost of the line, else the product's unit cost for its quantity, else none."""
        if line.get("cost_amount") is not None:
            return self.money.convert(source, line["cost_amount"], currency, day)
        if product.get("unit_cost") is None or line.get("quantity") is None:
            return None
        cost = multiply_to_four_places(product["unit_cost"], line["quantity"])
        return self.money.convert(source, cost, product.get("currency"), day)

    def _pipeline_amount(self, row: dict, created_on: date | None) -> Fraction:
        """The amount at the rate of the creation date, else that of the lines; unknown is 0."""
        amount = row.get("amount")
        if amount is None:
            lines = self.line_rows.get(row["opportunity_id"], [])
            amounts = [line["amount"] for line in lines if line.get("amount") is not None]
            amount = sum(amounts, Decimal(0)) if amounts else None
        converted = self.money.convert(row["source"], amount, row.get("currency"), created_on)
        return Fraction(converted or 0)

    def _cycle_days(
        self,
        opportunity_id: str,
        lead_id: str | None,
        created_on: date | None,
        closed_on: date | None,
    ) -> int | None:
        contacts = [
            created_on,
            self.calendar.date_of(self.leads.get(lead_id, {}).get("created_at")),
            self.activity_dates.get(("opportunity_id", opportunity_id)),
            self.activity_dates.get(("lead_id", lead_id)),
        ]
        as_of = self.calendar.as_of
        contacts = [day for day in contacts if day is not None and day <= as_of]
        if not contacts or closed_on is None:
            return None
        return max(0, (closed_on - min(contacts)).days)

    def _stage_entries(self, opportunity_id: str, ladder: Sequence[str]) -> list[StageEntry]:
        entries = []
        for row in self.stage_rows.get(opportunity_id, []):
            day = self.calendar.past_date_of(row.get("entered_at"))
            if day is not None and row.get("stage") in ladder:
                rank = ladder.index(row["stage"])
                entries.append(StageEntry(row["entered_at"], rank, day, row["stage"]))
        return sorted(entries)
