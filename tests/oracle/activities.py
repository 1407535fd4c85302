"""Calls, e-mails, chats, meetings and other activities up to the as-of date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tests.oracle.leads import Lead
from tests.oracle.periods import Calendar
from tests.oracle.slices import MarketSlices, RepSlices, first_known

TOUCHPOINT_TYPES = ("call", "email", "chat")


@dataclass(frozen=True)
class Activity:
    """An activity that took place; `person` is whom it was with, if anybody is known."""

    occurred_at: datetime
    day: date
    activity_type: str | None
    is_outbound: bool
    is_automated: bool
    is_appointment_made: bool
    minutes: Fraction
    technique: str | None
    person: str | None
    account_id: str | None
    lead_id: str | None
    opportunity_id: str | None
    slices: Mapping[str, str]

    @property
    def is_touchpoint(self) -> bool:
        """Whether it is an outbound call, e-mail or chat; a machine may have sent it."""
        return self.is_outbound and self.activity_type in TOUCHPOINT_TYPES


def read_activities(
    rows: Iterable[dict],
    calendar: Calendar,
    markets: MarketSlices,
    reps: RepSlices,
    leads: Mapping[str, Lead],
) -> list[Activity]:
    """The activities with a time, up to the as-of date; without a duration they take none."""
    activities = []
    for row in rows:
        day = calendar.past_date_of(row.get("occurred_at"))
        if day is None:
            continue
        slices = {
            "activity_type": first_known(row.get("activity_type")),
            "region": markets.of(row.get("account_id"), row.get("rep_id"))["region"],
            **reps.of(row.get("rep_id")),
        }
        activities.append(
            Activity(
                occurred_at=row["occurred_at"],
                day=day,
                activity_type=row.get("activity_type"),
                is_outbound=row.get("direction") == "outbound",
                is_automated=bool(row.get("is_automated")),
                is_appointment_made=bool(row.get("is_appointment_made")),
                minutes=Fraction(row.get("duration_minutes") or 0),
                technique=row.get("sales_technique") or None,
                person=person_of(row, leads),
                account_id=row.get("account_id"),
                lead_id=row.get("lead_id"),
                opportunity_id=row.get("opportunity_id"),
                slices=slices,
            )
        )
    return activities


def person_of(row: dict, leads: Mapping[str, Lead]) -> str | None:
    """The contact, else the contact of the lead, else the lead itself, even one not there."""
    lead_id = row.get("lead_id")
    lead_contact = leads[lead_id].contact_id if lead_id in leads else None
    return row.get("contact_id") or lead_contact or lead_id
