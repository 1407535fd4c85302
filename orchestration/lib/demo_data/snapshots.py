"""SELECTs of the large entities as the CRM shows them at the end of the as-of date.

Merged duplicates: a few accounts, leads and opportunities are entered twice; the second row stands
in the exports of some days and is then gone. Dirty rows: about one in 300 leads, opportunities
and opportunity lines has a twin that cannot be read: an amount with its currency, a day that does
not exist, or no key. Nothing refers to duplicates and dirty rows.
"""

from datetime import date

import duckdb

from .plan import Plan, day_number
from .prospects import DAY, by_region, seat_number
from .random_sql import Draws, literal

PROBABILITY = {"Qualification": 0.1, "Needs analysis": 0.3, "Proposal": 0.5, "Negotiation": 0.75}
FIRST_NAMES = ("Alex", "Bente", "Chris", "Dilan", "Eva", "Frank", "Gina", "Hakim", "Ines", "Joost")
LAST_NAMES = ("Arends", "Brown", "Costa", "Dubois", "Engel", "Ford", "Groen", "Hill", "Issa")
COMPANY_NAMES = ("Alder", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbour")
COMPANY_KINDS = ("Foods", "Systems", "Works", "Partners", "Group", "Trading", "Labs")


def end_second(as_of: date) -> int:
    """First second after the as-of date."""
    return (day_number(as_of) + 1) * DAY


def moment(second: str) -> str:
    """SQL for the timestamp of a second since 1970."""
    return f"make_timestamp(({second})::bigint * 1000000)"


def known(second: str, as_of: date) -> str:
    """SQL for the timestamp of a second, null as long as it lies after the as-of date."""
    return f"case when {second} < {end_second(as_of)} then {moment(second)} end"


def accounts(plan: Plan, as_of: date) -> str:
    """Accounts, with duplicates that are merged within weeks."""
    draws = Draws(plan.seed, "account name")
    name = f"{_pick(draws, COMPANY_NAMES)} || ' ' || {_pick(draws, COMPANY_KINDS)} || ' ' || number"
    end = end_second(as_of)
    return f"""
        with named as (
            select *, {name} as account_name,
                {draws.chance(0.99, "segment known")} as has_segment,
                {draws.chance(0.99, "industry known")} as has_industry,
                {draws.chance(0.985, "region known")} as has_region
            from accounts
        ),
        entered as (
            select 'ACCOUNT-' || number as account_id, * from named
            union all
            select 'ACCOUNT-' || number || '-duplicate',
                * replace (created_second + 2 * {DAY} as created_second)
            from named
            where number % 31 = 15
                and {end} between created_second + 2 * {DAY} + 1 and created_second + 25 * {DAY}
        )
        select account_id, account_name,
            if(has_segment, segment, null) as segment,
            if(has_industry, industry, null) as industry,
            if(has_region, {by_region("name")}, null) as region,
            country,
            {moment("created_second")} as created_at
        from entered
        order by number, account_id
    """


def contacts(plan: Plan) -> str:
    """One to three people for each account, entered with it."""
    draws = Draws(plan.seed, "contact")
    return f"""
        with people as (
            select number as account, created_second,
                number * 4 + unnest(range(contact_count)) as number
            from accounts
        ),
        named as (
            select *, {_pick(draws, FIRST_NAMES)} as first_name, {_pick(draws, LAST_NAMES)}
                as last_name
            from people
        )
        select 'CONTACT-' || number as contact_id,
            'ACCOUNT-' || account as account_id,
            first_name || ' ' || last_name as contact_name,
            lower(first_name || '.' || last_name) || number || '@example.com' as email,
            {moment("created_second")} as created_at
        from named
        order by number
    """


def leads(plan: Plan, as_of: date) -> str:
    """Leads; the account is often known only from the qualification on."""
    draws = Draws(plan.seed, "lead export", "entered.number")
    end = end_second(as_of)
    quality = "if(is_marketing_qualified, 18, 0)"
    return f"""
        with entered as (
            select 'LEAD-' || number as lead_id, * from leads
            union all
            select 'LEAD-' || number || '-duplicate', * replace (
                created_second + 3600 as created_second,
                null as marketing_second, null as sales_second,
                null as converted_second, null as disqualified_second
            )
            from leads
            where number % 25 = 12
                and {end} between created_second + 3601 and created_second + 12 * {DAY}
        )
        select lead_id,
            case when marketing_second < {end} or {draws.chance(0.5, "known account")}
                then 'ACCOUNT-' || entered.account end as account_id,
            'CONTACT-' || entered.contact as contact_id,
            if({draws.chance(0.98, "owned")}, rep_days.rep_id, null)
                as rep_id,
            'CAMPAIGN-' || entered.campaign as campaign_id,
            entered.channel,
            case when {draws.chance(0.85, "scored")}
                then least(100, 5 + {quality} + {draws.below(78, "score")})
            end as lead_score,
            {moment("entered.created_second")} as created_at,
            {known("marketing_second", as_of)} as marketing_qualified_at,
            {known("sales_second", as_of)} as sales_qualified_at,
            {known("disqualified_second", as_of)} as disqualified_at,
            {known("converted_second", as_of)} as converted_at,
            case when converted_second < {end}
                then 'OPPORTUNITY-' || opportunities.number end as converted_opportunity_id
        from entered
        left join rep_days on rep_days.seat = entered.seat and rep_days.day = entered.day
        left join opportunities on opportunities.lead = entered.number
        where entered.created_second < {end}
        order by entered.number, lead_id
    """


def create_exported_opportunities(
    connection: duckdb.DuckDBPyConnection, plan: Plan, as_of: date
) -> None:
    """Table of the opportunities as the CRM shows them, with their merged duplicates."""
    end = end_second(as_of)
    probabilities = " ".join(
        f"when {literal(stage)} then {chance}" for stage, chance in PROBABILITY.items()
    )
    connection.execute(f"""
        create table exported_opportunities as
        with last_stages as (
            select opportunity, arg_max(stage, entered_second * 8 + number % 8) as stage
            from stages
            where entered_second < {end}
            group by opportunity
        ),
        line_totals as (
            select opportunity,
                sum(if(corrected_second >= {end}, first_amount, amount)) as amount
            from lines
            group by opportunity
        ),
        states as (
            select opportunities.*,
                case
                    when closed_second < {end} then if(is_won, 'won', 'lost')
                    when first_lost_second < {end} and not reopened_second < {end} then 'lost'
                    else 'open'
                end as status,
                case
                    when closed_second < {end} then closed_second
                    when first_lost_second < {end} and not reopened_second < {end}
                        then first_lost_second
                end as ended_second,
                -- Some reps move a deal on in the CRM only when it is over.
                if(is_stage_late and not coalesce(corrected_second, closed_second) < {end},
                    'Qualification', last_stages.stage) as shown_stage,
                case
                    when is_amount_left_out and line_count > 0 then null
                    when line_count > 0 then line_totals.amount
                    when corrected_second >= {end} then round(own_amount * first_amount_factor, 2)
                    else own_amount
                end as amount,
                if(passed_on_second >= {end} and seat is not null,
                    {seat_number(plan, "manager", "0")}, seat) as owning_seat,
                least({day_number(as_of)}, closed_day) as owned_day
            from opportunities
            left join last_stages on last_stages.opportunity = opportunities.number
            left join line_totals on line_totals.opportunity = opportunities.number
        )
        select states.number,
            'OPPORTUNITY-' || states.number as opportunity_id,
            kind || ' for account ' || coalesce(account::varchar, 'unknown') as opportunity_name,
            'ACCOUNT-' || account as account_id,
            'CONTACT-' || contact as contact_id,
            if(is_lead_kept, 'LEAD-' || lead, null) as lead_id,
            rep_days.rep_id,
            'CAMPAIGN-' || campaign as campaign_id,
            channel,
            kind as opportunity_type,
            shown_stage as stage,
            status,
            amount,
            if(currency = 'EUR' and is_currency_left_out, null, currency) as currency,
            case status when 'won' then 1 when 'lost' then 0
                else case shown_stage {probabilities} end end as probability,
            {moment("created_second")} as created_at,
            {moment("ended_second")} as closed_at
        from states
        left join rep_days on rep_days.seat = states.owning_seat and rep_days.day = states.owned_day
    """)


def opportunities(as_of: date) -> str:
    """Opportunities with their merged duplicates."""
    end = moment(str(end_second(as_of)))
    return f"""
        select * exclude (number)
        from (
            select * from exported_opportunities
            union all
            select * replace (
                opportunity_id || '-duplicate' as opportunity_id,
                created_at + interval 1 day as created_at,
                'Qualification' as stage, 'open' as status, null as lead_id, null as closed_at,
                0.1 as probability
            )
            from exported_opportunities
            where number % 29 = 14
                and created_at + interval 1 day < {end}
                and created_at + interval 21 day >= {end}
        )
        order by number, opportunity_id
    """


def opportunity_lines(as_of: date) -> str:
    """Product lines with the amounts known by the as-of date."""
    return f"""
        select 'LINE-' || number as opportunity_line_id,
            'OPPORTUNITY-' || opportunity as opportunity_id,
            'PRODUCT-' || product as product_id,
            quantity,
            if(corrected_second >= {end_second(as_of)}, first_amount, amount) as amount,
            cost as cost_amount
        from lines
        order by number
    """


def subscriptions(as_of: date) -> str:
    """Stretches that began by the as-of date; the last day is empty until it has come."""
    return f"""
        select 'SUBSCRIPTION-' || number as subscription_id,
            'ACCOUNT-' || account as account_id,
            'PRODUCT-' || product as product_id,
            date '1970-01-01' + started_day::integer as started_on,
            case when ended_day <= {day_number(as_of)}
                then date '1970-01-01' + ended_day::integer end as ended_on,
            price as monthly_recurring_revenue,
            currency
        from subscriptions
        where started_day <= {day_number(as_of)}
        order by number
    """


def dirty_opportunities() -> str:
    """Twins of a few opportunities with an unreadable amount or without a key."""
    return """
        select * exclude (number) replace (
            if(number % 600 = 450, null, opportunity_id || '-dirty') as opportunity_id,
            if(number % 600 = 150, '12,50 EUR', amount::varchar) as amount
        )
        from exported_opportunities
        where number % 300 = 150
        order by number
    """


def dirty_leads(as_of: date) -> str:
    """Twins of a few leads that came in on a day that does not exist."""
    return f"""
        select 'LEAD-' || number || '-dirty', null, 'CONTACT-' || contact, null, null, channel,
            null, '2026-02-30 09:00:00', null, null, null, null, null
        from leads
        where number % 300 = 150 and created_second < {end_second(as_of)}
        order by number
    """


def dirty_lines() -> str:
    """Twins of a few lines with an unreadable amount or without a key."""
    return """
        select if(number % 600 = 450, null, 'LINE-' || number || '-dirty'),
            'OPPORTUNITY-' || opportunity, 'PRODUCT-' || product, quantity::varchar,
            if(number % 600 = 150, '12,50 EUR', amount::varchar), null
        from lines
        where number % 300 = 150
        order by number
    """


def _pick(draws: Draws, names: tuple[str, ...]) -> str:
    return draws.pick(dict.fromkeys(names, 1 / len(names)), names[0])
