"""SQL tables of the demo world for deals: opportunities, their stages and their lines.

An opportunity's key is 32 times the number of its lead (even keys) or of its direct contact (odd
keys); the deals that follow with the same customer take the next keys of the same parity.
"""

from datetime import date

import duckdb

from .company import CURRENCY_PER_EURO, ORGANIC_CHANNELS, STAGES
from .people import seats_by_role
from .plan import Plan, day_number
from .prospects import DAY, office_second, seat_number
from .random_sql import Draws

FOLLOW_UPS = 15
WIN_CHANCE = {"New business": 0.27, "Expansion": 0.33, "Renewal": 0.42}
# Days from creation to close of a usual deal.
CYCLE_DAYS = "case segment when 'Enterprise' then 72 when 'Mid-market' then 42 else 21 end"


def create_opportunities(connection: duckdb.DuckDBPyConnection, plan: Plan, as_of: date) -> None:
    """All opportunities created by the as-of date, numbered in the order of their creation."""
    end = (day_number(as_of) + 1) * DAY
    connection.execute(f"create table first_deals as {_with_outcome(plan, _first_deals(plan))}")
    connection.execute(f"create table next_deals as {_with_outcome(plan, _next_deals(plan))}")
    # What a customer buys after the first deal is an expansion, whoever found it.
    connection.execute(f"""
        create table opportunities as
        with deals as (
            select * from first_deals union all select * from next_deals
        ),
        first_wins as (
            select account, min(closed_second) as first_won_second
            from deals
            where is_won and account is not null
            group by account
        )
        select
            row_number() over (order by created_second, key) as number,
            deals.* replace (
                case
                    when kind = 'New business' and created_second > first_won_second
                        then 'Expansion'
                    else kind
                end as kind
            )
        from deals
        left join first_wins using (account)
        where created_second < {end}
        order by number
    """)
    connection.execute("drop table first_deals; drop table next_deals")


def create_stages(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Entries into sales stages; some stages are skipped, some entered twice."""
    draws = Draws(plan.seed, "stage")
    stage_names = " ".join(
        f"when {place} then '{stage}'" for place, stage in enumerate(STAGES, start=1)
    )
    connection.execute(f"""
        create table stages as
        with ladder as (
            select
                number,
                created_second,
                least(coalesce(first_lost_second, closed_second), created_second + 200 * {DAY})
                    - created_second as span,
                reopened_second,
                -- A deal that is won has at least seen a proposal.
                case
                    when is_won then case when {draws.chance(0.87, "negotiated")} then 4 else 3 end
                    when {draws.fraction("reached")} < 0.25 then 1
                    when {draws.fraction("reached")} < 0.60 then 2
                    when {draws.fraction("reached")} < 0.85 then 3
                    else 4
                end as reached,
                0.18 + 0.1 * {draws.fraction("second stage")} as second_share,
                0.42 + 0.1 * {draws.fraction("third stage")} as third_share,
                0.66 + 0.1 * {draws.fraction("fourth stage")} as fourth_share,
                {draws.chance(0.12, "skips analysis")} as skips_second,
                {draws.chance(0.07, "skips proposal")} as skips_third,
                {draws.chance(0.09, "goes back")} as goes_back,
                {draws.chance(0.75, "goes on again")} as goes_on
            from opportunities
        ),
        entries as (
            select number, created_second, span, reopened_second, unnest([
                {{place: 0, stage: 1, share: 0.0}},
                {{place: 1, stage: if(reached > 2 and skips_second or reached < 2, null, 2),
                    share: second_share}},
                {{place: 2, stage: if(reached > 3 and skips_third or reached < 3, null, 3),
                    share: third_share}},
                {{place: 3, stage: if(reached < 4, null, 4), share: fourth_share}},
                {{place: 4, stage: if(goes_back and reached > 1, reached - 1, null), share: 0.82}},
                {{place: 5, stage: if(goes_back and goes_on and reached > 1, reached, null),
                    share: 0.92}},
                {{place: 6, stage: if(reopened_second is null, null, greatest(1, reached - 1)),
                    share: 1.0}}
            ], recursive := true)
            from ladder
        )
        select
            number as opportunity,
            number * 8 + place as number,
            case stage {stage_names} end as stage,
            if(place = 6, reopened_second, created_second + (span * share)::bigint)
                as entered_second
        from entries
        where stage is not null
        order by number
    """)


def create_lines(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Product lines; `first_amount` stands until the opportunity's correction, `amount` after."""
    draws = Draws(plan.seed, "line")
    quantity = (
        f"case segment when 'Enterprise' then 10 + {draws.below(16, 'large')} "
        f"when 'Mid-market' then 4 + {draws.below(9, 'middle')} "
        f"else 1 + {draws.below(5, 'small')} end"
    )
    connection.execute(f"""
        create table lines as
        with numbered as (
            select
                number as opportunity,
                number * 4 + unnest(range(line_count)) as number,
                segment, currency, created_second, corrected_second, first_amount_factor
            from opportunities
        ),
        drawn as (
            select *, 1 + {draws.below(25, "product")} as product, {quantity} as quantity,
                0.28 * pow({draws.fraction("discount")}, 2) as discount
            from numbered
        ),
        priced as (
            select drawn.*,
                round(
                    case
                        when {draws.chance(0.003, "for free")} then 0
                        when {draws.chance(0.003, "credit")} then -0.1
                        else 1 - discount
                    end * quantity * euro_price * {per_euro("currency")}, 2
                ) as amount
            from drawn
            join prices using (product)
        )
        select opportunity, number, product, quantity, created_second, corrected_second, amount,
            round(amount * first_amount_factor, 2) as first_amount,
            case when {draws.chance(0.06, "own cost")}
                then round(abs(amount) * (0.3 + 0.2 * {draws.fraction("cost")}), 2) end as cost
        from priced
        order by number
    """)


def per_euro(currency: str) -> str:
    """SQL for the amount of a currency for one euro."""
    branches = " ".join(f"when '{code}' then {rate}" for code, rate in CURRENCY_PER_EURO.items())
    return f"case {currency} {branches} end"


def _first_deals(plan: Plan) -> str:
    """SELECT of the deals from converted leads and of those that reps found themselves."""
    from_lead = Draws(plan.seed, "deal from lead", "leads.number")
    direct = Draws(plan.seed, "direct deal")
    return f"""
        select 32 * leads.number as key, leads.number as lead, leads.account, leads.contact,
            leads.converted_second as created_second,
            leads.converted_second // {DAY} as created_day,
            leads.region, leads.segment, leads.campaign, leads.channel,
            'New business' as kind,
            {seat_number(plan, "ae", from_lead.below("ae_open", "seat"))}
                as seat
        from leads
        join days on days.day = leads.converted_second // {DAY}
        where converted_second is not null
        union all
        select 32 * number + 1, null, account,
            account * 4 + {direct.below("contact_count", "contact")},
            day * {DAY} + {office_second(direct)}, day,
            region, segment, campaign,
            case
                when campaign is not null then campaign_channel
                when {direct.chance(0.9, "has channel")}
                    then {direct.pick(ORGANIC_CHANNELS, "organic")}
            end,
            'New business',
            {seat_number(plan, "ae", direct.below("ae_open", "seat"))}
        from (
            select numbered.*, accounts.region, accounts.segment, accounts.contact_count,
                campaigns.campaign, campaigns.channel as campaign_channel
            from (
                select *, 1 + {direct.below("accounts_known", "account")} as account,
                    case when {direct.chance(0.3, "has campaign")}
                        then 1 + {direct.below(12, "campaign")} end as campaign_drawn
                from (
                    select *, direct_before + 1 + unnest(range(direct_on_day)) as number from days
                )
            ) as numbered
            join accounts on accounts.number = numbered.account
            left join campaigns on campaigns.campaign = numbered.campaign_drawn
                and numbered.day between campaigns.first_day and campaigns.last_day
        )
    """


def _next_deals(plan: Plan) -> str:
    """SELECT of the expansions and renewals that follow a won first deal."""
    draws = Draws(plan.seed, "next deal", "key")
    seats_of_managers = seats_by_role(plan)["am"]
    return f"""
        select key, null::bigint as lead, account, contact,
            created_day * {DAY} + {office_second(draws)} as created_second, created_day,
            region, segment, null::integer as campaign,
            case when {draws.chance(0.5, "has channel")} then 'Customer team' end as channel,
            case when place % 2 = 0 then 'Expansion' else 'Renewal' end as kind,
            {seat_number(plan, "am", f"least(account % {seats_of_managers}, am_open - 1)")} as seat
        from (
            select *, closed_second // {DAY} + 70 + place * 150 + {draws.below(110, "wait")}
                as created_day
            from (
                select account, contact, region, segment, closed_second,
                    unnest(range({FOLLOW_UPS})) as place,
                    key + 2 + 2 * unnest(range({FOLLOW_UPS})) as key
                from first_deals
                where is_won and account is not null
            )
        )
        join days on days.day = created_day
        where {draws.chance(0.62, "follows")}
    """


def _with_outcome(plan: Plan, deals: str) -> str:
    """SELECT of the deals with how and when they end, and what is corrected afterwards."""
    draws = Draws(plan.seed, "outcome", "key")
    win_chance = " ".join(f"when '{kind}' then {chance}" for kind, chance in WIN_CHANCE.items())
    segment_effect = (
        "case segment when 'Mid-market' then 0.04 when 'Enterprise' then -0.05 else 0 end"
    )
    amount = "case segment when 'Enterprise' then 26000 when 'Mid-market' then 10500 else 3600 end"
    return f"""
        with found as ({deals}),
        deals as (
            select found.*, accounts.currency, accounts.contact_count
            from found
            join accounts on accounts.number = found.account
        ),
        drawn as (
            select *,
                {
        draws.chance(
            f"case kind {win_chance} end + {segment_effect} + (seat * 37 % 11 - 5) / 70.0",
            "won",
        )
    } as is_won,
                -- Some deals are forgotten and stay open for more than a year.
                greatest(4, {CYCLE_DAYS} * exp(1.2 * {draws.spread("cycle")}))
                    + if({draws.chance(0.025, "forgotten")}, 400, 0) as cycle_days,
                {draws.chance(0.05, "reopened")} as is_reopened
            from deals
        ),
        reopened as (
            select *,
                if(is_reopened, created_second + (cycle_days * {DAY} / 2)::bigint, null)
                    as first_lost_second,
                if(is_reopened, first_lost_second + ((8 + {draws.below(25, "away")}) * {DAY}), null)
                    as reopened_second,
                (created_day + cycle_days + if(is_reopened, 45, 0))::integer as planned_day,
                last_day(date '1970-01-01' + planned_day) - date '1970-01-01' as month_end
            from drawn
        ),
        hurried as (
            -- Deals are pushed over the line at the end of the month, and more of the quarter.
            select *,
                case
                    when month(date '1970-01-01' + planned_day) % 3 = 0
                        and month_end - planned_day <= 18
                        and {draws.chance("if(is_won, 0.6, 0.3)", "quarter end")}
                        or month_end - planned_day <= 9
                        and {draws.chance("if(is_won, 0.4, 0.1)", "month end")}
                        then greatest(planned_day, month_end - {draws.below(3, "last days")})
                    else planned_day
                end as pushed_day
            from reopened
        ),
        closed as (
            select *,
                -- 1970-01-01 was a Thursday: Monday is 0. Weekends close on the Friday before.
                pushed_day - greatest(0, (pushed_day + 3) % 7 - 4) as closed_day,
                closed_day * {DAY} + {office_second(draws)} as closed_second
            from hurried
        )
        select
            key, lead,
            -- What nobody filled in stays empty; a customer must be known to be served again.
            if({draws.chance(0.006, "no account")} and lead is null, null, account) as account,
            if({draws.chance(0.03, "no contact")}, null, contact) as contact,
            contact_count,
            if({draws.chance(0.99, "owned")}, seat, null) as seat,
            -- Some deals belong to the region's manager until they are passed on.
            if({draws.chance(0.06, "passed on")},
                created_second + (4 + {draws.below(36, "until passed on")}) * {DAY}, null)
                as passed_on_second,
            campaign, channel, kind, segment, region, currency, is_won,
            created_second, created_day, first_lost_second, reopened_second,
            closed_second, closed_day,
            if({draws.chance(0.08, "no lines")}, 0, 1 + least({draws.below(4, "lines")},
                {draws.below(4, "fewer lines")})) as line_count,
            round(
                case
                    when {draws.chance(0.004, "free")} then 0
                    when {draws.chance(0.004, "credit")} then -0.2
                    else exp(0.6 * {draws.spread("amount")})
                end * {amount} * {per_euro("currency")}, 2
            ) as own_amount,
            {draws.chance(0.01, "amount left out")} as is_amount_left_out,
            {draws.chance(0.45, "currency left out")} as is_currency_left_out,
            if({draws.chance(0.04, "corrected")},
                closed_second + (2 + {draws.below(24, "until correction")}) * {DAY}, null)
                as corrected_second,
            if({draws.chance(0.5, "corrected down")}, 1.1, 0.9) as first_amount_factor,
            {draws.chance(0.03, "late stage")} as is_stage_late,
            {draws.chance(0.97, "lead kept")} as is_lead_kept
        from closed
    """
