"""Activities of the demo world, as one SELECT per stretch of days.

Most activities are drawn day by day and look for a lead, an opportunity, a customer or an account
to work on; the first response to a lead and the automated welcome mail come from the lead itself.
"""

from datetime import date

import duckdb

from .company import TECHNIQUES
from .people import open_seats
from .plan import Plan, day_number
from .prospects import DAY, seat_number
from .random_sql import Draws, pick

# Days back within which a lead or an opportunity is worked on.
LEAD_DAYS = 35
OPPORTUNITY_DAYS = 60
# No first response takes longer than this many days.
RESPONSE_DAYS = 8


def create_reach(connection: duckdb.DuckDBPyConnection) -> None:
    """For every day the numbers of what can be worked on: the last one and how many before it."""
    connection.execute(f"""
        create table reach as
        with opportunity_counts as (
            select created_day as day, count(*) as created from opportunities group by created_day
        ),
        customer_counts as (
            select first_won_second // {DAY} as day, count(*) as won from customers group by 1
        )
        select
            days.day,
            activities_before, activities_on_day, accounts_known, bdr_open,
            leads_before as last_lead,
            leads_before - lag(leads_before, {LEAD_DAYS}, 0) over by_day as lead_count,
            coalesce(sum(created) over before, 0)::bigint as last_opportunity,
            coalesce(sum(created) over lately, 0)::bigint as opportunity_count,
            coalesce(sum(won) over before, 0)::bigint as customer_count
        from days
        left join opportunity_counts on opportunity_counts.day = days.day
        left join customer_counts on customer_counts.day = days.day
        window
            by_day as (order by days.day),
            before as (order by days.day rows between unbounded preceding and 1 preceding),
            lately as (
                order by days.day rows between {OPPORTUNITY_DAYS} preceding and 1 preceding
            )
    """)


def activities(plan: Plan, first: date, last: date) -> str:
    """SELECT of the activities from the first to the last day, inclusive, in a fixed order."""
    return f"""
        with worked_on as ({_worked_on(plan, first, last)}),
        drawn as ({_drawn(plan, first, last)}),
        linked as (
            select drawn.*,
                worked_on.account,
                if(spoke_to_main, main_contact, account * 4 + other_contact % contact_count)
                    as contact,
                worked_on.seat,
                if(occurred_second > worked_from and occurred_second <= worked_until,
                    worked_on.lead, null) as lead,
                if(occurred_second > worked_from and occurred_second <= worked_until,
                    worked_on.opportunity, null) as opportunity
            from drawn
            left join worked_on using (work_key)
        ),
        stacked as (
            select number, 0 as stream, activity_type, direction, occurred_second,
                duration_minutes, is_automated, is_appointment_made, technique,
                account, contact, seat, lead, opportunity
            from linked
            union all
            {_lead_mails(plan, first, last)}
        ),
        ordered as (
            -- Numbers are sorted and not texts: half the work.
            select stacked.*, rep_days.rep_id
            from stacked
            left join rep_days on rep_days.seat = stacked.seat
                and rep_days.day = occurred_second // {DAY}
                and rep_days.day between {day_number(first)} and {day_number(last)}
            order by stream, number
        )
        select
            case stream when 0 then 'ACTIVITY-' when 1 then 'RESPONSE-' else 'WELCOME-' end
                || number as activity_id,
            activity_type,
            direction,
            make_timestamp(occurred_second * 1000000) as occurred_at,
            duration_minutes,
            is_automated,
            is_appointment_made,
            technique as sales_technique,
            case activity_type when 'call' then 'Phone' when 'email' then 'E-mail'
                when 'chat' then 'Website' when 'meeting' then 'In person' end as channel,
            rep_id,
            'ACCOUNT-' || account as account_id,
            -- Now and then somebody has asked to be forgotten: the person is gone.
            if(number % 2000 = 1000, 'CONTACT-forgotten-' || number, 'CONTACT-' || contact)
                as contact_id,
            'LEAD-' || lead as lead_id,
            'OPPORTUNITY-' || opportunity as opportunity_id
        from ordered
    """


def dirty_activities(plan: Plan, first: date, last: date) -> str:
    """SELECT of a few activities with an impossible time or without a key, all of it text."""
    draws = Draws(plan.seed, "dirty activity")
    return f"""
        select
            if(number % 1000 = 250, null, 'ACTIVITY-dirty-' || number) as activity_id,
            'call' as activity_type,
            'outbound' as direction,
            if(number % 1000 = 250, strftime(date '1970-01-01' + day, '%Y-%m-%d 12:00:00'),
                '2026-02-30 12:00:00') as occurred_at,
            (5 + {draws.below(20, "minutes")})::varchar as duration_minutes,
            'false', 'false', null, 'Phone', null, null, null, null, null
        from (
            select day, activities_before + 1 + unnest(range(activities_on_day)) as number
            from reach
            -- Only in the planned years: one bad row of a quiet day would be a large share.
            where day between {day_number(first)} and {day_number(min(last, plan.planned_end))}
        )
        where number % 500 = 250
        order by number
    """


def _worked_on(plan: Plan, first: date, last: date) -> str:
    """SELECT of what can be worked on in these days; the last digit of the key is its kind."""
    manager = f"account % {open_seats(plan, 'am', plan.start)}"
    developer = f"number % {open_seats(plan, 'bdr', plan.start)}"
    first_day, last_day = day_number(first), day_number(last)
    return f"""
        select number * 4 as work_key, account, contact as main_contact, contact_count, seat,
            number as lead, null::bigint as opportunity,
            coalesce(answered_second, 99999999999) as worked_from,
            coalesce(disqualified_second, converted_second, 99999999999) as worked_until
        from leads
        where day between {first_day - LEAD_DAYS} and {last_day}
        union all
        select number * 4 + 1, account, contact, contact_count, seat, null, number, created_second,
            closed_second
        from opportunities
        where created_day between {first_day - OPPORTUNITY_DAYS} and {last_day}
        union all
        select number * 4 + 2, account, account * 4, 1,
            {seat_number(plan, "am", manager)}, null, null, 0, 0
        from customers
        union all
        select number * 4 + 3, number, number * 4, contact_count,
            {seat_number(plan, "bdr", developer)}, null, null, 0, 0
        from accounts
    """


def _drawn(plan: Plan, first: date, last: date) -> str:
    draws = Draws(plan.seed, "activity")
    types = {"email": 0.38, "call": 0.34, "meeting": 0.13, "chat": 0.08, "note": 0.07}
    # Draws that a case asks for more than once are columns first: a case computes them each time.
    return f"""
        select
            number,
            day * {DAY} + case
                when {draws.chance(0.8, "usual hours")} then (7 + 10 * hour_draw) * 3600
                else (12 + 11.9 * hour_draw) * 3600
            end::bigint as occurred_second,
            activity_type,
            case
                when activity_type = 'note' then null
                when {draws.chance(0.77, "outbound")} then 'outbound'
                else 'inbound'
            end as direction,
            case activity_type
                when 'call' then 2 + minutes_draw * 28 // 1
                when 'chat' then 4 + minutes_draw * 17 // 1
                when 'meeting' then 30 + 15 * (minutes_draw * 5 // 1)
            end::integer as duration_minutes,
            activity_type = 'email' and {draws.chance(0.12, "automated")} as is_automated,
            activity_type in ('call', 'email', 'chat') and {draws.chance(0.05, "appointment")}
                as is_appointment_made,
            case when {draws.chance(0.55, "has technique")}
                then {pick("technique_draw", TECHNIQUES)} end as technique,
            {draws.chance(0.7, "main contact")} as spoke_to_main,
            {draws.below(3, "other contact")} as other_contact,
            case
                when kind_draw < 0.27 and lead_count > 0 then
                    4 * (last_lead - (work_draw * lead_count)::bigint % lead_count)
                when kind_draw < 0.70 and opportunity_count > 0 then
                    4 * (last_opportunity
                        - (work_draw * opportunity_count)::bigint % opportunity_count) + 1
                when kind_draw < 0.87 and customer_count > 0 then
                    4 * (1 + (work_draw * customer_count)::bigint % customer_count) + 2
                else 4 * (1 + (work_draw * accounts_known)::bigint % accounts_known) + 3
            end as work_key
        from (
            select *, {pick("type_draw", types)} as activity_type
            from (
                select *,
                    {draws.fraction("type")} as type_draw,
                    {draws.fraction("hour")} as hour_draw,
                    {draws.fraction("minutes")} as minutes_draw,
                    {draws.fraction("technique")} as technique_draw,
                    {draws.fraction("kind")} as kind_draw,
                    {draws.fraction("work")} as work_draw
                from (
                    select *, activities_before + 1 + unnest(range(activities_on_day)) as number
                    from reach
                    where day between {day_number(first)} and {day_number(last)}
                )
            )
        )
    """


def _lead_mails(plan: Plan, first: date, last: date) -> str:
    """SELECT of first responses and welcome mails of leads, in the columns of `stacked`."""
    draws = Draws(plan.seed, "lead mail")
    first_day, last_day = day_number(first), day_number(last)
    in_days = f"between {first_day * DAY} and {(last_day + 1) * DAY - 1}"
    leads = f"from leads where day between {first_day - RESPONSE_DAYS} and {last_day}"
    return f"""
        select number, 1,
            {draws.pick({"call": 0.52, "email": 0.38, "chat": 0.10}, "type")} as activity_type,
            'outbound', answered_second,
            case activity_type when 'call' then 1 + {draws.below(20, "minutes")}
                when 'chat' then 3 + {draws.below(12, "minutes")} end,
            false, {draws.chance(0.16, "appointment")}, null, account, contact, seat, number, null
        {leads} and answered_second {in_days}
        union all
        select number, 2, 'email', 'outbound', created_second + 45, null,
            true, false, null, account, contact, null, number, null
        {leads} and {draws.chance(0.44, "welcome")} and created_second + 45 {in_days}
    """
