"""SELECTs of the entities that the CRM exports as what is new: stage entries and survey answers."""

from datetime import date

from .company import ORGANIC_CHANNELS, REGIONS, TECHNIQUES
from .people import open_seats
from .plan import Plan, day_number
from .prospects import DAY, seat_number
from .random_sql import Draws
from .snapshots import moment

SURVEY_TYPES = {
    "customer_satisfaction": 0.45,
    "net_promoter_score": 0.30,
    "employee_net_promoter_score": 0.10,
    "sales_technique_feedback": 0.15,
}


def opportunity_stages(first: date, last: date) -> str:
    """Stage entries from the first to the last day, inclusive."""
    first_second, end_second = day_number(first) * DAY, (day_number(last) + 1) * DAY
    return f"""
        select 'STAGE-' || number as opportunity_stage_id,
            'OPPORTUNITY-' || opportunity as opportunity_id,
            stage,
            {moment("entered_second")} as entered_at
        from stages
        where entered_second >= {first_second} and entered_second < {end_second}
        order by number
    """


def survey_responses(plan: Plan, first: date, last: date) -> str:
    """Survey answers from the first to the last day, inclusive.

    Satisfaction and feedback use scales up to 5 and 10, both from 1; promoter scores go from 0 to
    10. Employees answer for their team without a name.
    """
    draws = Draws(plan.seed, "survey", "numbered.number")
    teams = {f"{region.name} New business": 0.13 for region in REGIONS}
    teams |= {f"{region.name} Accounts": 0.07 for region in REGIONS}
    manager = f"customers.account % {open_seats(plan, 'am', plan.start)}"
    return f"""
        with numbered as (
            select *, {Draws(plan.seed, "survey").pick(SURVEY_TYPES, "type")} as survey_type,
                1 + {Draws(plan.seed, "survey").below("customer_count", "customer")} as customer
            from (
                select days.day, customer_count,
                    surveys_before + 1 + unnest(range(surveys_on_day)) as number
                from days
                join reach on reach.day = days.day
                where days.day between {day_number(first)} and {day_number(last)}
            )
        ),
        scored as (
            select numbered.*, customers.account, {seat_number(plan, "am", manager)} as seat,
                numbered.survey_type = 'employee_net_promoter_score' as is_employee,
                numbered.survey_type = 'sales_technique_feedback' as is_feedback,
                numbered.survey_type like '%promoter%' as is_promoter_score,
                if(is_promoter_score or {draws.chance(0.4, "long scale")}, 10, 5) as scale_maximum,
                -- Most people are content, a few are angry.
                if({draws.chance(0.1, "angry")}, 0.4, 1) * (0.62 + 0.38 * {draws.fraction("score")})
                    as contentment
            from numbered
            left join customers on customers.number = numbered.customer
        )
        select 'SURVEY-' || numbered.number as survey_response_id,
            survey_type,
            if(is_employee, null, 'ACCOUNT-' || account) as account_id,
            if(is_employee, null, rep_days.rep_id) as rep_id,
            if(is_employee, {draws.pick(teams, "team")}, null) as team,
            if(is_employee, null, {draws.pick(ORGANIC_CHANNELS, "channel")}) as channel,
            if(is_feedback, {draws.pick(TECHNIQUES, "technique")}, null) as sales_technique,
            greatest(if(is_promoter_score, 0, 1), round(contentment * scale_maximum))::integer
                as score,
            scale_maximum,
            {moment(f"(numbered.day * {DAY} + 6 * 3600 + {draws.below(15 * 3600, 'time')})")}
                as responded_at
        from scored as numbered
        left join rep_days on rep_days.seat = numbered.seat and rep_days.day = numbered.day
        order by numbered.number
    """
