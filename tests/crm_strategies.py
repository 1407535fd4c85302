"""Small generated CRMs with the irregularities of real ones, for property tests.

Everything is drawn from short lists of dates, amounts and keys, chosen to lie on edges and to
collide. Rows have the columns of the plain export contract: no `source`, keys as the source gives
them.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests import crm_pools as pools
from tests.oracle.settings import Settings

Crm = dict[str, list[dict]]

SETTINGS = [
    Settings("UTC", "EUR", 1, None, {"crm": pools.LADDER}),
    Settings("America/New_York", "EUR", 4, date(2024, 3, 15), {"crm": pools.LADDER}, 30, 3, 8, 18),
    Settings("Asia/Tokyo", "USD", 2, None, {"crm": pools.LADDER}, 45, 0, 0, 24),
]


def table(
    key: str, prefix: str, size: tuple[int, int], **columns: object
) -> SearchStrategy[list[dict]]:
    """From `size[0]` to `size[1]` rows, with the keys <prefix>0, <prefix>1 and so on.

    A column is a strategy, a list to draw from, or the one value that it always has.
    """
    strategies = {}
    for name, values in columns.items():
        if isinstance(values, list):
            strategies[name] = st.sampled_from(values)
        else:
            strategies[name] = values if isinstance(values, SearchStrategy) else st.just(values)
    rows = st.lists(st.fixed_dictionaries(strategies), min_size=size[0], max_size=size[1])
    return rows.map(
        lambda rows: [{key: f"{prefix}{number}", **row} for number, row in enumerate(rows)]
    )


def split(column: str, names: tuple[str, ...], rows: list[dict]) -> list[dict]:
    """The rows with the tuple in `column` laid out over columns of its own."""
    return [
        {name: value for name, value in row.items() if name != column}
        | dict(zip(names, row[column], strict=True))
        for row in rows
    ]


def spanned(rows: SearchStrategy[list[dict]]) -> SearchStrategy[list[dict]]:
    """The rows with the column `span` as `started_on` and `ended_on`."""
    return rows.map(lambda drawn: split("span", ("started_on", "ended_on"), drawn))


def accounts() -> SearchStrategy[list[dict]]:
    return table(
        "account_id",
        "A",
        (2, 4),
        account_name="Company",
        segment=pools.SEGMENTS,
        industry=pools.INDUSTRIES,
        region=pools.REGIONS,
        country="NL",
        created_at=None,
    )


def contacts() -> SearchStrategy[list[dict]]:
    return table(
        "contact_id",
        "K",
        (0, 2),
        account_id=pools.ACCOUNT_IDS,
        contact_name="Person",
        email=None,
        created_at=None,
    )


def reps() -> SearchStrategy[list[dict]]:
    """Reps of all roles, without dates, joining and leaving; often two with one name."""
    rows = table(
        "rep_id",
        "R",
        (2, 4),
        rep_name=["Anna", "Bo", None],
        role=["ae", "bdr", "am", "ae", "bdr", "manager", None],
        team=pools.TEAMS,
        region=pools.REGIONS,
        country=pools.COUNTRIES,
        time_zone=pools.TIME_ZONES,
        employment=[
            (None, None),
            (None, pools.DATES[7]),
            *pools.SPANS[::9],
            *pools.OPEN_ENDED_SPANS[::3],
        ],
        maximum_leads_per_day=pools.CAPACITIES,
        maximum_deals_per_day=pools.CAPACITIES,
    )
    return rows.map(lambda drawn: split("employment", ("employed_from", "employed_until"), drawn))


def products() -> SearchStrategy[list[dict]]:
    return table(
        "product_id",
        "P",
        (1, 3),
        product_name="Product",
        product_category=["Hardware", "Software", None],
        list_price=None,
        unit_cost=[Decimal("12.3456"), None, Decimal(0)],
        currency=pools.CURRENCIES,
    )


def campaigns() -> SearchStrategy[list[dict]]:
    return table(
        "campaign_id",
        "C",
        (0, 2),
        campaign_name=["Spring", "Fair", None],
        channel=pools.CHANNELS,
        started_on=None,
        ended_on=None,
    )


def leads() -> SearchStrategy[list[dict]]:
    """Leads with some milestones, in no particular order, linked to opportunities or not."""
    return table(
        "lead_id",
        "L",
        (4, 10),
        account_id=pools.ACCOUNT_IDS,
        contact_id=pools.CONTACT_IDS,
        rep_id=pools.REP_IDS,
        campaign_id=pools.CAMPAIGN_IDS,
        channel=pools.CHANNELS,
        lead_score=[None, Decimal(55), Decimal("80.5"), Decimal(0)],
        created_at=[
            *pools.EARLY[::3],
            *pools.RESPONSE_TIMESTAMPS[:10],
            *pools.RESPONSE_TIMESTAMPS[4:5] * 4,
            None,
            pools.TIMESTAMPS[-1],
        ],
        marketing_qualified_at=[None, *pools.TIMESTAMPS[10::3]],
        sales_qualified_at=[None, *pools.TIMESTAMPS[12::4]],
        disqualified_at=[None, *pools.LATE[::2]],
        converted_at=[None, *pools.LATE[::5]],
        converted_opportunity_id=[None, None, *pools.OPPORTUNITY_IDS[::2]],
    )


def opportunities() -> SearchStrategy[list[dict]]:
    """Opportunities in every state, such as open with an old close, or closed before created."""
    return table(
        "opportunity_id",
        "O",
        (5, 14),
        opportunity_name="Deal",
        account_id=pools.ACCOUNT_IDS,
        contact_id=None,
        lead_id=pools.LEAD_IDS,
        rep_id=pools.REP_IDS,
        campaign_id=pools.CAMPAIGN_IDS,
        channel=pools.CHANNELS,
        opportunity_type=["New business", "Renewal", None],
        stage=[*pools.LADDER, pools.OFF_LADDER, None],
        status=["won", "won", "lost", "won", "open", "lost", None],
        amount=[*pools.AMOUNTS, None],
        currency=pools.CURRENCIES,
        probability=None,
        created_at=[*pools.EARLY, None, *pools.TIMESTAMPS[-4:]],
        closed_at=[*pools.LATE, *pools.EARLY[:3], None],
    )


def opportunity_lines() -> SearchStrategy[list[dict]]:
    return table(
        "opportunity_line_id",
        "N",
        (6, 16),
        opportunity_id=pools.DETAILED_OPPORTUNITY_IDS,
        product_id=pools.PRODUCT_IDS,
        quantity=[Decimal(1), Decimal("2.5"), None, Decimal(0)],
        amount=[*pools.AMOUNTS, None],
        cost_amount=[Decimal(60), None, Decimal("0.5555"), Decimal(9)],
    )


def opportunity_stages() -> SearchStrategy[list[dict]]:
    """Stage entries, often several on one day, at one moment, or back to an earlier stage."""
    return table(
        "opportunity_stage_id",
        "S",
        (5, 16),
        opportunity_id=pools.DETAILED_OPPORTUNITY_IDS,
        stage=[*pools.LADDER, pools.OFF_LADDER],
        entered_at=pools.TIMESTAMPS[4:],
    )


def activities() -> SearchStrategy[list[dict]]:
    """Activities of all kinds, soon or late after leads and meetings, before them and long after.

    Some are of nobody, of no kind or without a time.
    """
    return table(
        "activity_id",
        "T",
        (10, 28),
        activity_type=pools.ACTIVITY_TYPES,
        direction=pools.DIRECTIONS,
        occurred_at=[
            *pools.EARLY[::4],
            *pools.RESPONSE_TIMESTAMPS,
            *pools.RESPONSE_TIMESTAMPS[4:7] * 2,
            *pools.TIMESTAMPS[-2:],
            None,
        ],
        duration_minutes=[None, Decimal(15), Decimal("7.25"), Decimal(0)],
        is_automated=[False, None, False, True],
        is_appointment_made=[None, False, False, True],
        sales_technique=pools.TECHNIQUES,
        channel=pools.CHANNELS,
        rep_id=pools.REP_IDS,
        account_id=pools.ACCOUNT_IDS,
        contact_id=pools.CONTACT_IDS,
        lead_id=pools.LEAD_IDS,
        opportunity_id=pools.OPPORTUNITY_IDS,
    )


def subscriptions() -> SearchStrategy[list[dict]]:
    """Subscriptions that end, follow on, overlap, come back or end in the future."""
    prices = [Decimal(text) for text in ("50", "80", "0", "50", "19.99", "80.0001")]
    return spanned(
        table(
            "subscription_id",
            "B",
            (4, 12),
            account_id=pools.ACCOUNT_IDS,
            product_id=pools.PRODUCT_IDS,
            span=pools.SPANS[1::4]
            + pools.OPEN_ENDED_SPANS[::2]
            + pools.FUTURE_SPANS
            + pools.EARLIER_SPANS * 3
            + [(pools.DATES[8], pools.DATES[2])],
            monthly_recurring_revenue=[*prices, None],
            currency=pools.CURRENCIES,
        )
    )


def commercial_costs() -> SearchStrategy[list[dict]]:
    return spanned(
        table(
            "commercial_cost_id",
            "X",
            (3, 8),
            cost_type=["sales", "marketing", "service", "marketing"],
            amount=[Decimal(3100), Decimal("100.01"), Decimal(0), None],
            currency=pools.CURRENCIES,
            span=pools.SPANS[::5]
            + pools.OPEN_ENDED_SPANS[::4]
            + [(pools.DATES[8], pools.DATES[2])],
            channel=pools.CHANNELS,
            campaign_id=pools.CAMPAIGN_IDS,
            segment=pools.SEGMENTS,
        )
    )


def survey_responses() -> SearchStrategy[list[dict]]:
    """Responses to all four surveys, also with scores off their scale, or without a scale."""
    return table(
        "survey_response_id",
        "V",
        (6, 16),
        survey_type=pools.SURVEY_TYPES,
        account_id=pools.ACCOUNT_IDS,
        rep_id=pools.REP_IDS,
        team=[*pools.TEAMS, ""],
        channel=pools.CHANNELS,
        sales_technique=pools.TECHNIQUES,
        score=pools.SCORES,
        scale_maximum=pools.SCALE_MAXIMA,
        responded_at=[*pools.TIMESTAMPS[::2], None],
    )


def targets() -> SearchStrategy[list[dict]]:
    """Mostly quota of reps, of different grains on the same days and changed along the way."""
    rows = table(
        "target_id",
        "G",
        (3, 10),
        kpi=["revenue", "revenue", "revenue", "deals_won"],
        dimension=["rep", "rep", "rep", "team"],
        dimension_value=["R0", "R1", "R2", "R-gone"],
        period=pools.TARGET_PERIODS,
        target_value=[Decimal(9100), Decimal("1000.5"), Decimal(0), Decimal(700)],
        currency=pools.CURRENCIES,
        valid_from=[None, date(2024, 1, 1), date(2024, 1, 10), date(2024, 3, 16)],
    )
    return rows.map(lambda drawn: split("period", ("period_grain", "period_start_date"), drawn))


def market_revenue() -> SearchStrategy[list[dict]]:
    return spanned(
        table(
            "market_revenue_id",
            "M",
            (0, 3),
            industry=pools.INDUSTRIES,
            region=pools.REGIONS,
            amount=[Decimal(1_000_000), Decimal("777.7777"), Decimal(0)],
            currency=pools.CURRENCIES,
            span=pools.SPANS[::3],
        )
    )


def exchange_rates() -> SearchStrategy[list[dict]]:
    """Runs of weekly rates that start somewhere, stop somewhere and may be missing altogether."""
    run = st.tuples(
        st.sampled_from(pools.RATE_PAIRS),
        st.sampled_from(pools.RATE_MONDAYS),
        st.sampled_from(pools.RATES),
        st.integers(1, 6),
    )
    return st.lists(run, min_size=1, max_size=6).map(weekly_rates)


def weekly_rates(runs: list[tuple]) -> list[dict]:
    """One row per currency pair and day of the runs; a later run replaces an earlier one."""
    rates = {}
    for (from_currency, to_currency), monday, first_rate, weeks in runs:
        for week in range(weeks):
            rate_date = monday + timedelta(weeks=week)
            rate = first_rate + week * Decimal("0.01000001")
            rates[from_currency, to_currency, rate_date] = rate
    return [
        {
            "from_currency": from_currency,
            "to_currency": to_currency,
            "rate_date": rate_date,
            "exchange_rate": rate,
        }
        for (from_currency, to_currency, rate_date), rate in rates.items()
    ]


def holidays() -> SearchStrategy[list[dict]]:
    """Holidays of some countries; no table of a CRM, but a seed of the project."""
    return st.sets(st.sampled_from(pools.HOLIDAYS)).map(
        lambda days: [
            {"country": country, "holiday_date": day, "holiday_name": "Holiday"}
            for country, day in sorted(days)
        ]
    )


ENTITIES = {
    "accounts": accounts(),
    "contacts": contacts(),
    "reps": reps(),
    "products": products(),
    "campaigns": campaigns(),
    "leads": leads(),
    "opportunities": opportunities(),
    "opportunity_lines": opportunity_lines(),
    "opportunity_stages": opportunity_stages(),
    "activities": activities(),
    "subscriptions": subscriptions(),
    "commercial_costs": commercial_costs(),
    "survey_responses": survey_responses(),
    "targets": targets(),
    "market_revenue": market_revenue(),
    "exchange_rates": exchange_rates(),
    "holidays": holidays(),
}


@st.composite
def crms(draw: st.DrawFn) -> Crm:
    """A CRM of up to fourteen opportunities, in which a few entities have no rows at all."""
    crm = draw(st.fixed_dictionaries(ENTITIES))
    empty = draw(st.sets(st.sampled_from(sorted(ENTITIES)), max_size=3))
    return {entity: [] if entity in empty else rows for entity, rows in crm.items()}


def settings() -> SearchStrategy[Settings]:
    """One of the three settings of `SETTINGS`."""
    return st.sampled_from(SETTINGS)


def newest_landings() -> SearchStrategy[datetime]:
    """The moment of the newest landing: after everything, or around the end of 29 February."""
    return st.sampled_from(
        [datetime(2024, 6, 1), datetime(2024, 2, 29, 14, 59, 59), datetime(2024, 2, 29, 15)]
    )


def canonical(crm: Crm, source: str = "crm") -> Crm:
    """The rows as the canonical models have them: with `source`, and keys that begin with it."""
    return {
        entity: [{**prefixed(row, source), "source": source} for row in rows]
        for entity, rows in crm.items()
    }


def prefixed(row: dict, source: str) -> dict:
    """The row with the source before every key."""
    return {
        column: f"{source}:{value}" if column.endswith("_id") and value is not None else value
        for column, value in row.items()
    }
