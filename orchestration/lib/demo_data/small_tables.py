"""Rows of the small snapshot entities, which do not grow with the number of activities."""

from collections.abc import Iterator
from datetime import date

from .company import REGIONS, campaigns, products
from .money import Row, commercial_costs, exchange_rates, market_revenue, targets
from .people import reps
from .plan import Plan


def rep_rows(plan: Plan, as_of: date) -> Iterator[Row]:
    """Everyone hired by the as-of date; the last day is empty until it has come."""
    for rep in reps(plan, as_of):
        region = REGIONS[rep.seat.region]
        yield {
            "rep_id": rep.rep_id,
            "rep_name": rep.name,
            "role": rep.seat.role,
            "team": rep.team,
            "region": region.name,
            "country": region.rep_country,
            "time_zone": region.time_zone,
            "employed_from": rep.employed_from if rep.has_known_start else None,
            "employed_until": rep.employed_until if rep.employed_until <= as_of else None,
            "maximum_leads_per_day": rep.maximum_leads_per_day,
            "maximum_deals_per_day": rep.maximum_deals_per_day,
        }


def product_rows(plan: Plan, as_of: date) -> Iterator[Row]:
    """The price list, the same on every day."""
    for product in products(plan):
        yield {
            "product_id": f"PRODUCT-{product.number}",
            "product_name": product.name,
            "product_category": product.category,
            "list_price": product.list_price,
            "unit_cost": product.unit_cost,
            "currency": product.currency,
        }


def campaign_rows(plan: Plan, as_of: date) -> Iterator[Row]:
    """Campaigns that began by the as-of date; the last day is empty until it has come."""
    for campaign in campaigns(plan):
        if campaign.started_on > as_of:
            continue
        has_ended = campaign.ended_on and campaign.ended_on <= as_of
        yield {
            "campaign_id": f"CAMPAIGN-{campaign.number}",
            "campaign_name": campaign.name,
            "channel": campaign.channel,
            "started_on": campaign.started_on,
            "ended_on": campaign.ended_on if has_ended else None,
        }


SMALL_TABLES = {
    "reps": rep_rows,
    "products": product_rows,
    "campaigns": campaign_rows,
    "commercial_costs": commercial_costs,
    "targets": targets,
    "market_revenue": market_revenue,
    "exchange_rates": exchange_rates,
}
