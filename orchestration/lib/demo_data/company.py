"""Who the demo company is: where it sells, to whom, what and through which campaigns."""

from dataclasses import dataclass
from datetime import date, timedelta

from .plan import Plan


@dataclass(frozen=True)
class Region:
    """A sales region; `utc_offset` is the usual distance of its clocks from UTC in hours."""

    name: str
    countries: dict[str, float]
    rep_country: str
    time_zone: str
    utc_offset: int
    currency: str
    share: float


REGIONS = (
    Region("Benelux", {"NL": 0.8, "BE": 0.2}, "NL", "Europe/Amsterdam", 1, "EUR", 0.28),
    Region("DACH", {"DE": 0.8, "AT": 0.2}, "DE", "Europe/Berlin", 1, "EUR", 0.24),
    Region("British Isles", {"GB": 0.9, "IE": 0.1}, "GB", "Europe/London", 0, "GBP", 0.20),
    Region("US East", {"US": 1.0}, "US", "America/New_York", -5, "USD", 0.16),
    Region("US West", {"US": 1.0}, "US", "America/Los_Angeles", -8, "USD", 0.12),
)

SEGMENTS = {"Small business": 0.55, "Mid-market": 0.33, "Enterprise": 0.12}
# Share of the selling effort that each segment takes.
SEGMENT_EFFORT = {"Small business": 0.25, "Mid-market": 0.35, "Enterprise": 0.40}
INDUSTRIES = {
    "Manufacturing": 0.22,
    "Retail": 0.18,
    "Software": 0.18,
    "Healthcare": 0.13,
    "Logistics": 0.12,
    "Finance": 0.10,
    "Energy": 0.07,
}
STAGES = ("Qualification", "Needs analysis", "Proposal", "Negotiation")
TECHNIQUES = {
    "Consultative selling": 0.30,
    "Solution selling": 0.22,
    "Question-based selling": 0.20,
    "Storytelling": 0.15,
    "Challenger": 0.13,
}
ORGANIC_CHANNELS = {"Referral": 0.34, "Website": 0.33, "Partner": 0.20, "Outbound": 0.13}
# Amount of each currency for one euro, around which the daily rates move.
CURRENCY_PER_EURO = {"EUR": 1.0, "USD": 1.08, "GBP": 0.85}

PRODUCT_CATEGORIES = {
    "Platform": ("Core", "Team", "Business", "Premium", "Sandbox", "Archive"),
    "Analytics": ("Dashboards", "Forecast", "Reports", "Alerts", "Benchmarks", "Explorer"),
    "Integration": ("Mail", "Ledger", "Telephony", "Web forms", "Data feed"),
    "Support": ("Standard", "Extended", "Round the clock", "On site"),
    "Training": ("Basics", "Advanced", "Train the trainer", "Workshop"),
}
COST_SHARE = {
    "Platform": 0.26,
    "Analytics": 0.24,
    "Integration": 0.32,
    "Support": 0.38,
    "Training": 0.46,
}

# Name, channel, share of the first years after which it starts, share during which it runs
# (None: it never ends), and its monthly budget in euros at the default size.
CAMPAIGNS = (
    ("Search always on", "Search", 0.0, None, 14_000),
    ("Social always on", "Social", 0.0, None, 9_000),
    ("Newsletter", "E-mail", 0.0, None, 3_000),
    ("Partner programme", "Partner", 0.1, None, 7_000),
    ("Spring fair", "Events", 0.25, 0.12, 16_000),
    ("Autumn fair", "Events", 0.5, 0.12, 16_000),
    ("User conference", "Events", 0.7, 0.15, 20_000),
    ("Webinar series", "Webinars", 0.15, 0.5, 4_000),
    ("Trial offer", "Search", 0.4, 0.3, 8_000),
    ("Industry videos", "Social", 0.55, 0.35, 7_000),
    ("Win-back mailing", "E-mail", 0.6, 0.2, 2_500),
    ("Expert podcast", "Webinars", 0.75, None, 3_500),
)


@dataclass(frozen=True)
class Product:
    """A product; prices in its own currency, `euro_price` in euros."""

    number: int
    name: str
    category: str
    euro_price: int
    list_price: float
    unit_cost: float | None
    currency: str


@dataclass(frozen=True)
class Campaign:
    """A campaign; `ended_on` is None when it never ends."""

    number: int
    name: str
    channel: str
    started_on: date
    ended_on: date | None
    monthly_budget: float


def products(plan: Plan) -> list[Product]:
    """The price list; two products have no known cost and two are priced in dollars."""
    listed = []
    for category, names in PRODUCT_CATEGORIES.items():
        for name in names:
            number = len(listed) + 1
            random = plan.random("product", number)
            euro_price = random.choice((290, 390, 590, 790, 990, 1_290, 1_490, 1_990))
            currency = "USD" if number in (5, 15) else random.choice(("EUR", ""))
            list_price = round(euro_price * CURRENCY_PER_EURO[currency or "EUR"], 2)
            unit_cost = round(list_price * COST_SHARE[category] * random.uniform(0.85, 1.15), 2)
            listed.append(
                Product(
                    number,
                    f"{category} {name}",
                    category,
                    euro_price,
                    list_price,
                    None if number in (6, 21) else unit_cost,
                    currency,
                )
            )
    return listed


def campaigns(plan: Plan) -> list[Campaign]:
    """All campaigns that the plan ever runs."""
    span = (plan.planned_end - plan.start).days
    planned = []
    for number, (name, channel, begins, runs, budget) in enumerate(CAMPAIGNS, start=1):
        started_on = plan.start + timedelta(days=round(begins * span))
        ended_on = started_on + timedelta(days=round(runs * span)) if runs else None
        planned.append(Campaign(number, name, channel, started_on, ended_on, budget * plan.size))
    return planned
