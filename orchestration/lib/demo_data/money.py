"""Rows of the small money tables: rates, costs, targets and what the markets bought."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

from .company import (
    CURRENCY_PER_EURO,
    INDUSTRIES,
    REGIONS,
    SEGMENT_EFFORT,
    campaigns,
)
from .people import SEATS_AT_DEFAULT_SIZE, Rep, open_seats, reps, seats_by_role
from .plan import Plan, days, next_month, next_quarter, quarter_start

Row = dict[str, object]

# Euros of won deals in an average year at the default size; the plan that targets rest on.
YEARLY_REVENUE = 12_000_000
# Share of the revenue that each quota-carrying role brings in.
ROLE_REVENUE = {"ae": 0.72, "am": 0.28}
MONTHLY_SALARY = {"bdr": 4_200, "ae": 7_000, "am": 6_000, "manager": 9_000}
SERVICE_SHARE = 0.05
# Monthly targets at the default size; those of money follow from the yearly revenue.
MONTHLY_COUNTS = {
    "deals_won": 92,
    "new_customers": 46,
    "leads_generated": 480,
    "marketing_qualified_leads": 265,
}


def exchange_rates(plan: Plan, as_of: date) -> Iterator[Row]:
    """Dollars every day and pounds every Monday, from a month before the start."""
    for day in days(plan.start - timedelta(days=35), as_of):
        for currency, per_euro in CURRENCY_PER_EURO.items():
            if currency == "EUR" or (currency == "GBP" and day.weekday() != 0):
                continue
            wave = math.sin(day.toordinal() / (60 if currency == "USD" else 95))
            noise = plan.random("rate", currency, day).uniform(-0.004, 0.004)
            yield {
                "from_currency": currency,
                "to_currency": "EUR",
                "rate_date": day,
                "exchange_rate": f"{(1 + 0.03 * wave + noise) / per_euro:.8f}",
            }


def commercial_costs(plan: Plan, as_of: date) -> Iterator[Row]:
    """Salaries, service and campaign spend of every month that began by the as-of date."""
    for month in _months(plan.start, as_of):
        yield from _salaries(plan, month)
        yield from _service(plan, month)
        yield from _campaign_spend(plan, month, as_of)


def targets(plan: Plan, as_of: date) -> Iterator[Row]:
    """Quotas of reps by quarter and company targets by month, as set by the as-of date."""
    rows = (*_quotas(plan, as_of), *_company_targets(plan, as_of))
    return (row for row in rows if row["valid_from"] <= as_of)


def market_revenue(plan: Plan, as_of: date) -> Iterator[Row]:
    """What each industry bought in each region by quarter, to the end of the as-of year."""
    quarter = quarter_start(plan.start)
    while quarter <= date(as_of.year, 12, 31):
        first, last = max(quarter, plan.start), next_quarter(quarter) - timedelta(days=1)
        for industry, industry_share in INDUSTRIES.items():
            for region in REGIONS:
                random = plan.random("market", industry, region.name)
                market_share = random.uniform(0.015, 0.045)
                planned = planned_revenue(plan, first, last) * industry_share * region.share
                noise = plan.random("market", industry, region.name, quarter).uniform(0.93, 1.07)
                amount = planned / market_share * noise * CURRENCY_PER_EURO[region.currency]
                yield {
                    "market_revenue_id": f"MARKET-{quarter}-{industry}-{region.name}",
                    "industry": industry,
                    "region": region.name,
                    "amount": f"{amount:.2f}",
                    "currency": region.currency,
                    "started_on": first,
                    "ended_on": last,
                }
        quarter = next_quarter(quarter)


def planned_revenue(plan: Plan, first: date, last: date) -> float:
    """Euros of won deals that the plan expects from first to last day, inclusive."""
    middle = first + (last - first) / 2
    number_of_days = (last - first).days + 1
    # The first deals are still being negotiated in the first months.
    ramp = min(1.0, 0.35 + (middle - plan.start).days / 200)
    return YEARLY_REVENUE * plan.size * plan.growth(middle) * ramp * number_of_days / 365


def _months(first: date, last: date) -> list[date]:
    months = [first]
    while next_month(months[-1]) <= last:
        months.append(next_month(months[-1]))
    return months


def _salaries(plan: Plan, month: date) -> Iterator[Row]:
    counts = seats_by_role(plan)
    # Each rep of a larger company sells more and has more people behind the scenes.
    support = plan.size * SEATS_AT_DEFAULT_SIZE / (sum(counts.values()) * len(REGIONS))
    a_region = sum(
        MONTHLY_SALARY[role] * (1 if role == "manager" else open_seats(plan, role, month))
        for role in counts
    )
    for currency, per_euro in CURRENCY_PER_EURO.items():
        regions = sum(region.currency == currency for region in REGIONS)
        for segment, effort in SEGMENT_EFFORT.items():
            amount = a_region * regions * support * effort * per_euro
            yield _cost(f"salaries-{currency}-{segment}", "sales", amount, month) | {
                "currency": currency,
                "segment": segment,
            }


def _service(plan: Plan, month: date) -> Iterator[Row]:
    revenue = planned_revenue(plan, month, next_month(month) - timedelta(days=1))
    for segment, effort in SEGMENT_EFFORT.items():
        amount = revenue * SERVICE_SHARE * effort
        yield _cost(f"service-{segment}", "service", amount, month) | {"segment": segment}


def _campaign_spend(plan: Plan, month: date, as_of: date) -> Iterator[Row]:
    for campaign in campaigns(plan):
        first = max(month, campaign.started_on)
        last = next_month(month) - timedelta(days=1)
        last = min(last, campaign.ended_on) if campaign.ended_on else last
        if first > min(last, as_of):
            continue
        random = plan.random("spend", campaign.number, month)
        share = ((last - first).days + 1) / 30
        amount = campaign.monthly_budget * plan.growth(month) * share * random.uniform(0.8, 1.2)
        of_campaign = {"channel": campaign.channel, "campaign_id": f"CAMPAIGN-{campaign.number}"}
        yield (
            _cost(f"campaign-{campaign.number}", "marketing", amount, first)
            | of_campaign
            | {"ended_on": last}
        )
        if campaign.channel == "Events" and first == campaign.started_on:
            stand = campaign.monthly_budget * 0.8
            yield (
                _cost(f"stand-{campaign.number}", "marketing", stand, first)
                | of_campaign
                | {"ended_on": None}
            )
    website = 5_000 * plan.size * plan.growth(month)
    yield _cost("website", "marketing", website, month) | {"channel": "Website"}


def _cost(name: str, cost_type: str, amount: float, first: date) -> Row:
    return {
        "commercial_cost_id": f"COST-{first:%Y-%m}-{name}",
        "cost_type": cost_type,
        "amount": f"{amount:.2f}",
        "currency": None,
        "started_on": first,
        "ended_on": next_month(first) - timedelta(days=1),
        "channel": None,
        "campaign_id": None,
        "segment": None,
    }


def _quotas(plan: Plan, as_of: date) -> Iterator[Row]:
    # Before the first full quarter nobody carries a quota.
    quarter = quarter_start(plan.start)
    quarter = quarter if quarter == plan.start else next_quarter(quarter)
    people = [rep for rep in reps(plan, as_of) if rep.seat.role in ROLE_REVENUE]
    while quarter <= as_of:
        last = next_quarter(quarter) - timedelta(days=1)
        for rep in people:
            first_day, last_day = max(quarter, rep.employed_from), min(last, rep.employed_until)
            if first_day <= last_day:
                yield from _quota(plan, rep, quarter, last, first_day, last_day)
        quarter = next_quarter(quarter)


def _quota(
    plan: Plan, rep: Rep, quarter: date, last: date, first_day: date, last_day: date
) -> Iterator[Row]:
    random = plan.random("quota", rep.rep_id, quarter)
    region = REGIONS[rep.seat.region]
    carriers = open_seats(plan, rep.seat.role, quarter)
    of_role = planned_revenue(plan, quarter, last) * ROLE_REVENUE[rep.seat.role] * region.share
    if rep.seat.role == "am":
        # Follow-up deals come only once there are customers.
        of_role *= 1.35 * min(1.0, max(0.1, ((last - plan.start).days - 270) / 330))
    employed_share = ((last_day - first_day).days + 1) / ((last - quarter).days + 1)
    # A new rep carries less until the first deals can have closed.
    experience = min(1.0, 0.3 + 0.7 * (last_day - rep.employed_from).days / 270)
    value = of_role / carriers * employed_share * experience * random.uniform(0.95, 1.25)
    # A quota is set in round hundreds of the company's own currency.
    quota = _target("revenue", "rep", rep.rep_id, "quarter", quarter) | {
        "target_value": max(100, round(value, -2)),
        "currency": "EUR",
        "valid_from": max(quarter - timedelta(days=7), rep.employed_from),
    }
    yield quota
    if random.random() < 0.08:
        changed_on = max(quarter + timedelta(days=40), first_day)
        yield quota | {
            "target_id": f"{quota['target_id']}-changed",
            "target_value": max(100, round(value * random.choice((0.8, 0.9, 1.1)), -2)),
            "valid_from": changed_on,
        }


def _company_targets(plan: Plan, as_of: date) -> Iterator[Row]:
    for month in _months(plan.start, as_of):
        valid_from = {"valid_from": max(plan.start, month - timedelta(days=14))}
        revenue = planned_revenue(plan, month, next_month(month) - timedelta(days=1))
        yield (
            _target("revenue", "total", "(all)", "month", month)
            | valid_from
            | {
                "target_value": round(revenue * 1.05, -2),
                "currency": "EUR",
            }
        )
        for kpi, count in MONTHLY_COUNTS.items():
            value = max(1, round(count * plan.size * plan.growth(month)))
            yield (
                _target(kpi, "total", "(all)", "month", month)
                | valid_from
                | {
                    "target_value": value,
                    "currency": None,
                }
            )


def _target(kpi: str, dimension: str, value: str, grain: str, period: date) -> Row:
    return {
        "target_id": f"TARGET-{period}-{grain}-{kpi}-{value.strip('()')}",
        "kpi": kpi,
        "dimension": dimension,
        "dimension_value": value,
        "period_grain": grain,
        "period_start_date": period,
    }
