"""The demo company's sales organisation: seats, and the reps who hold them one after the other."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from .company import REGIONS
from .plan import Plan

ROLE_SHARES = {"bdr": 0.30, "ae": 0.40, "am": 0.20}
SEATS_AT_DEFAULT_SIZE = 40
# Share of the seats that is open at the start; the others open as the company grows.
FIRST_SEATS = 0.6
BUSINESS_DAYS_A_YEAR = 252

FIRST_NAMES = (
    "Anna Bram Carlos Daan Emma Fatima George Hanna Ivo Julia Karim Laura Marco Nina Oscar Petra "
    "Quinn Rosa Sven Tess Umar Vera Wout Xenia Yara Zoe Aaron Bella Clara David Elif Finn Greta "
    "Hugo Iris Jonas Kate Liam Mia Noah"
).split()
LAST_NAMES = (
    "Adams Bakker Clark Dekker Evans Fischer Garcia Hofmann Ivanov Jansen Keller Lopez Meyer Nolan "
    "Ortega Peters Quist Romero Smit Turner Ulrich Visser Weber Young Zimmer Brandt Carter Davies "
    "Ellis Fraser Graham Hughes Jacobs Kramer Lambert Mulder Novak Olsen Parker Reed"
).split()


@dataclass(frozen=True)
class Seat:
    """A post for one rep; `place` counts the posts of its role in its region from 0."""

    number: int
    role: str
    region: int
    place: int
    opens_on: date


@dataclass(frozen=True)
class Rep:
    """A person in a seat; `employed_until` is the last day, also when it lies in the future."""

    rep_id: str
    seat: Seat
    name: str
    employed_from: date
    employed_until: date
    has_known_start: bool
    maximum_leads_per_day: float | None
    maximum_deals_per_day: float | None

    @property
    def team(self) -> str:
        """Team of the rep's region and work."""
        kind = "Accounts" if self.seat.role == "am" else "New business"
        return f"{REGIONS[self.seat.region].name} {kind}"


def seats_by_role(plan: Plan) -> dict[str, int]:
    """Seats of every role in each region when the company is fully staffed."""
    seats_a_region = SEATS_AT_DEFAULT_SIZE * math.sqrt(plan.size) / len(REGIONS)
    counts = {role: max(1, round(seats_a_region * share)) for role, share in ROLE_SHARES.items()}
    return counts | {"manager": 1}


def seat_offsets(plan: Plan) -> dict[str, int]:
    """Number of the first seat of every role within a region's block of seats."""
    offsets = {}
    reached = 0
    for role, count in seats_by_role(plan).items():
        offsets[role] = reached
        reached += count
    return offsets


def open_seats(plan: Plan, role: str, day: date) -> int:
    """Seats of the role that are open in each region on a day."""
    share = FIRST_SEATS + (1 - FIRST_SEATS) * (day - plan.start).days / (300 * plan.years)
    return max(1, math.floor(seats_by_role(plan)[role] * min(1.0, share) + 0.5))


def seats(plan: Plan, until: date) -> list[Seat]:
    """All seats that are open by a day, region after region."""
    counts = seats_by_role(plan)
    offsets = seat_offsets(plan)
    block = sum(counts.values())
    opened = []
    for role, count in counts.items():
        for place in range(count):
            opens_on = _opening_day(plan, role, place, until)
            if opens_on is None:
                continue
            for region in range(len(REGIONS)):
                number = region * block + offsets[role] + place
                opened.append(Seat(number, role, region, place, opens_on))
    return sorted(opened, key=lambda seat: seat.number)


def reps(plan: Plan, until: date) -> list[Rep]:
    """Everyone employed from the plan's start up to a day, also those who left."""
    employed = []
    for seat in seats(plan, until):
        random = plan.random("seat", seat.number)
        employed_from = seat.opens_on
        if seat.opens_on == plan.start:
            employed_from -= timedelta(days=random.randint(30, 900))
        holder = 1
        while employed_from <= until:
            employed_until = employed_from + timedelta(days=random.randint(250, 1500))
            name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
            has_known_start = employed_from >= plan.start or random.random() > 0.2
            leads, deals = _daily_maxima(plan, seat.role, random.choice((0.9, 1.0, 1.1)))
            if employed_until >= plan.start:
                rep_id = f"REP-{seat.number * 100 + holder}"
                employed.append(
                    Rep(
                        rep_id,
                        seat,
                        name,
                        employed_from,
                        employed_until,
                        has_known_start,
                        leads,
                        deals,
                    )
                )
                holder += 1
            employed_from = employed_until + timedelta(days=random.randint(1, 25))
    return employed


def _opening_day(plan: Plan, role: str, place: int, until: date) -> date | None:
    if open_seats(plan, role, plan.start) > place:
        return plan.start
    if open_seats(plan, role, until) <= place:
        return None
    first, last = plan.start, until
    while (last - first).days > 1:
        middle = first + (last - first) // 2
        if open_seats(plan, role, middle) > place:
            last = middle
        else:
            first = middle
    return last


def _daily_maxima(plan: Plan, role: str, factor: float) -> tuple[float | None, float | None]:
    business_days = BUSINESS_DAYS_A_YEAR * plan.years
    all_seats = seats_by_role(plan)[role] * len(REGIONS)
    if role == "bdr":
        leads = 1.3 * plan.rows("leads") * 0.55 / business_days / all_seats
        return round(max(0.1, leads * factor), 1), None
    if role == "ae":
        deals = 1.6 * plan.scale * 0.011 / business_days / all_seats
        return None, round(max(0.01, deals * factor), 2)
    return None, None
