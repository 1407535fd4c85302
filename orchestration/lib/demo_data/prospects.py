"""SQL tables of the demo world that come before a deal: days, rep days, accounts and leads.

Times are whole seconds and days whole numbers since 1970-01-01 UTC. The tables hold what truly
happens to each row, also after the as-of date; the export shows what is known by then.
"""

from datetime import date

import duckdb

from .company import INDUSTRIES, ORGANIC_CHANNELS, REGIONS, SEGMENTS, campaigns, products
from .people import open_seats, reps, seat_offsets, seats_by_role
from .plan import ROWS_PER_ACTIVITY, STOCK_OF_ACCOUNTS, Plan, day_number
from .random_sql import Draws, literal, pick

DAY = 86_400


def by_region(attribute: str, region: str = "region") -> str:
    """SQL for an attribute of the region with a number."""
    values = (getattr(each, attribute) for each in REGIONS)
    branches = (
        f"when {number} then {literal(value) if isinstance(value, str) else value}"
        for number, value in enumerate(values)
    )
    return f"case {region} {' '.join(branches)} end"


def seat_number(plan: Plan, role: str, place: str) -> str:
    """SQL for the number of the seat at a place among the role's seats in the row's region."""
    block = sum(seats_by_role(plan).values())
    return f"(region * {block} + {seat_offsets(plan)[role]} + {place})"


def office_second(draws: Draws, region: str = "region") -> str:
    """SQL for a second of the day, UTC, within the office hours of the region.

    Offices far to the west close before midnight UTC, so that a day's work stays on the day.
    """
    opening = f"(8 * 3600 - least(({by_region('utc_offset', region)}), 1) * 3600)"
    hours = f"(case when {by_region('utc_offset', region)} <= -8 then 7.9 else 9.0 end)"
    return f"({opening} + ({draws.fraction('office hour')} * {hours} * 3600)::bigint)"


def create_days(connection: duckdb.DuckDBPyConnection, plan: Plan, as_of: date) -> None:
    """One row per day with the rows that it brings and the seats that are open in each region."""
    entities = (*ROWS_PER_ACTIVITY, "activities")
    per_entity = [plan.daily_rows(entity, as_of) for entity in entities]
    columns = ["day integer", "bdr_open integer", "ae_open integer", "am_open integer"]
    columns += [f"{entity}_{kind} bigint" for entity in entities for kind in ("before", "on_day")]
    rows = []
    for counts in zip(*per_entity, strict=True):
        day = counts[0][0]
        seats = [open_seats(plan, role, day) for role in ("bdr", "ae", "am")]
        numbers = [number for _, before, on_day in counts for number in (before, on_day)]
        rows.append(f"({', '.join(map(str, [day_number(day), *seats, *numbers]))})")
    connection.execute(f"create table days ({', '.join(columns)})")
    connection.execute(f"insert into days values {', '.join(rows)}")


def create_company(connection: duckdb.DuckDBPyConnection, plan: Plan, as_of: date) -> None:
    """The holder of every seat on every day, the price list and the campaigns."""
    connection.execute("create table rep_days (seat integer, day integer, rep_id varchar)")
    spells = [
        f"({rep.seat.number}, {day_number(max(rep.employed_from, plan.start))}, "
        f"{day_number(min(rep.employed_until, as_of))}, {literal(rep.rep_id)})"
        for rep in reps(plan, as_of)
    ]
    connection.execute(
        "insert into rep_days select seat, unnest(range(first_day, last_day + 1)), rep_id "
        f"from (values {', '.join(spells)}) as spells (seat, first_day, last_day, rep_id)"
    )
    prices = [f"({product.number}, {product.euro_price})" for product in products(plan)]
    connection.execute("create table prices (product integer, euro_price integer)")
    connection.execute(f"insert into prices values {', '.join(prices)}")
    runs = [
        f"({campaign.number}, {literal(campaign.channel)}, {day_number(campaign.started_on)}, "
        f"{day_number(campaign.ended_on or date(9999, 1, 1))})"
        for campaign in campaigns(plan)
    ]
    connection.execute(
        "create table campaigns (campaign integer, channel varchar, first_day integer, "
        "last_day integer)"
    )
    connection.execute(f"insert into campaigns values {', '.join(runs)}")


def create_accounts(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Accounts, first those from before the start, then each day's."""
    draws = Draws(plan.seed, "account")
    stock = max(20, round(plan.scale * STOCK_OF_ACCOUNTS))
    start = day_number(plan.start)
    shares = {str(number): region.share for number, region in enumerate(REGIONS)}
    region = f"cast({draws.pick(shares, 'region')} as integer)"
    countries = " ".join(
        f"when {number} then {pick(draws.fraction('country'), region.countries)}"
        for number, region in enumerate(REGIONS)
    )
    connection.execute(f"""
        create table accounts as
        with numbered as (
            select unnest(range(1, {stock} + 1)) as number, null as created_day
            union all
            select {stock} + accounts_before + 1 + unnest(range(accounts_on_day)), day from days
        ),
        placed as (
            select
                number::bigint as number,
                coalesce(created_day, {start} - 1 - {draws.below(700, "before the start")})
                    as created_day,
                {region} as region,
                {draws.pick(SEGMENTS, "segment")} as segment,
                {draws.pick(INDUSTRIES, "industry")} as industry,
                1 + {draws.below(3, "contacts")} as contact_count
            from numbered
        )
        select
            *,
            created_day * {DAY} + {office_second(draws)} as created_second,
            case region {countries} end as country,
            {by_region("currency")} as currency
        from placed
        order by number
    """)
    connection.execute(
        f"alter table days add column accounts_known bigint; "
        f"update days set accounts_known = {stock} + accounts_before"
    )


def create_leads(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Leads with what becomes of them, and when they are first answered."""
    draws = Draws(plan.seed, "lead")
    of_lead = Draws(plan.seed, "lead", "drawn.number")
    local_hour = (
        f"case when {of_lead.chance(0.75, 'by day')} then 7.5 + 11 * {of_lead.fraction('hour')} "
        f"else 24 * {of_lead.fraction('hour')} end"
    )
    quality = (
        "case channel when 'Referral' then 0.14 when 'Partner' then 0.10 when 'Webinars' then 0.05 "
        "when 'Social' then -0.12 when 'E-mail' then -0.05 else 0 end"
    )
    connection.execute(f"""
        create table leads as
        with numbered as (
            select day, accounts_known, bdr_open,
                leads_before + 1 + unnest(range(leads_on_day)) as number
            from days
        ),
        drawn as (
            select *,
                -- The newest accounts bring the most leads.
                accounts_known
                    - floor(pow({draws.fraction("account")}, 1.6) * accounts_known)::bigint
                    as account,
                case when {draws.chance(0.72, "has campaign")}
                    then 1 + {draws.below(12, "campaign")} end as campaign_drawn
            from numbered
        ),
        joined as (
            select drawn.*,
                day * {DAY}
                    + ((({local_hour}) - {by_region("utc_offset")} + 24) * 3600)::bigint % {DAY}
                    as created_second,
                accounts.region, accounts.segment, accounts.contact_count,
                accounts.number * 4 + {of_lead.below("contact_count", "contact")}
                    as contact,
                campaigns.campaign,
                coalesce(campaigns.channel, {of_lead.pick(ORGANIC_CHANNELS, "organic")})
                    as channel
            from drawn
            join accounts on accounts.number = drawn.account
            left join campaigns on campaigns.campaign = drawn.campaign_drawn
                and drawn.day between campaigns.first_day and campaigns.last_day
        ),
        qualified as (
            select *,
                {seat_number(plan, "bdr", draws.below("bdr_open", "seat"))} as seat,
                {draws.chance(f"(0.56 + {quality})", "marketing qualified")}
                    as is_marketing_qualified,
                {draws.chance(f"(0.55 + {quality})", "sales qualified")} as is_sales_qualified,
                {draws.chance(0.88, "converted")} as is_converted,
                created_second + (({_delay(draws, "to marketing", 0.1, 9)}) * {DAY})::bigint
                    as marketing_second
            from joined
        ),
        timed as (
            select *,
                marketing_second + (({_delay(draws, "to sales", 0.3, 12)}) * {DAY})::bigint
                    as sales_second
            from qualified
        ),
        answered as ({_answers(draws)})
        select number, day, created_second, account, contact, contact_count, region, segment, seat,
            case when {draws.chance(0.98, "known campaign")} then campaign end as campaign,
            case when {draws.chance(0.98, "known channel")} then channel end as channel,
            is_marketing_qualified,
            case when is_marketing_qualified then marketing_second end as marketing_second,
            case when is_marketing_qualified and is_sales_qualified then sales_second end
                as sales_second,
            case when is_marketing_qualified and is_sales_qualified and is_converted
                then sales_second + (({_delay(draws, "to opportunity", 0.05, 6)}) * {DAY})::bigint
            end as converted_second,
            case
                when is_marketing_qualified and is_sales_qualified and is_converted then null
                when {draws.chance(0.78, "disqualified")}
                    then case when is_marketing_qualified
                        then sales_second else created_second end
                        + (({_delay(draws, "to disqualified", 4, 50)}) * {DAY})::bigint
            end as disqualified_second,
            answered_second
        from answered
        order by number
    """)


def _delay(draws: Draws, name: str, least: float, most: float) -> str:
    return f"{least} + {most - least} * pow({draws.fraction(name)}, 2)"


def _answers(draws: Draws) -> str:
    """SELECT of the leads with `answered_second`, the first response; null for never.

    Most are answered in office hours; some within five minutes, some even at night.
    """
    minutes = f"""
        case
            when {draws.fraction("speed")} < 0.16 then 0.5 + 4.4 * {draws.fraction("minutes")}
            when {draws.fraction("speed")} < 0.75 then 5 + 70 * {draws.fraction("minutes")}
            when {draws.fraction("speed")} < 0.92 then 75 + 320 * {draws.fraction("minutes")}
            else 600 + 5000 * pow({draws.fraction("minutes")}, 2)
        end
    """
    # 1970-01-01 was a Thursday: Monday is 0.
    return f"""
        select * exclude (local_second, local_day),
            case
                when not {draws.chance(0.87, "answered")} then null
                when ((local_day + 3) % 7 < 5 and local_second between 8 * 3600 and 18 * 3600)
                    or {draws.fraction("speed")} < 0.05
                    then created_second + (({minutes}) * 60)::bigint
                else created_second - local_second
                    + case
                        when (local_day + 3) % 7 = 4 and local_second > 18 * 3600 then 3
                        when (local_day + 3) % 7 = 5 then 2
                        when (local_day + 3) % 7 = 6 or local_second > 18 * 3600 then 1
                        else 0
                    end * {DAY}
                    + 8 * 3600 + 900 + (6000 * {draws.fraction("after opening")})::bigint
            end as answered_second
        from (
            select *,
                (created_second + ({by_region("utc_offset")}) * 3600) % {DAY} as local_second,
                (created_second + ({by_region("utc_offset")}) * 3600) // {DAY} as local_day
            from timed
        )
    """
