"""The rows of the demo CRM: they fit together, and the company behaves like one."""

import pytest

REFERENCES = {
    "account_id": "accounts",
    "contact_id": "contacts",
    "rep_id": "reps",
    "product_id": "products",
    "campaign_id": "campaigns",
    "lead_id": "leads",
    "opportunity_id": "opportunities",
    "converted_opportunity_id": "opportunities",
}
KEYS = {
    "accounts": "account_id",
    "contacts": "contact_id",
    "reps": "rep_id",
    "products": "product_id",
    "campaigns": "campaign_id",
    "leads": "lead_id",
    "opportunities": "opportunity_id",
    "opportunity_lines": "opportunity_line_id",
    "opportunity_stages": "opportunity_stage_id",
    "activities": "activity_id",
    "subscriptions": "subscription_id",
    "commercial_costs": "commercial_cost_id",
    "survey_responses": "survey_response_id",
    "targets": "target_id",
    "market_revenue": "market_revenue_id",
}
CLEAN_OPPORTUNITIES = "(select * from opportunities where opportunity_id not like '%-dirty')"


def count(crm, query: str) -> int:
    """The one number of a query."""
    return crm.execute(query).fetchone()[0]


# --- They fit together


def test_keys_are_unique(crm):
    for table, key in KEYS.items():
        repeated = count(crm, f"select count({key}) - count(distinct {key}) from {table}")
        assert repeated == 0, table


def test_ids_are_found_except_of_people_who_were_forgotten(crm, contract):
    checked = 0
    for table, columns in contract.items():
        for column in columns:
            parent = REFERENCES.get(column)
            if parent is None or parent == table and KEYS[table] == column:
                continue
            dangling = count(
                crm,
                f"select count(*) from {table} where {column} is not null "
                f"and {column} not like 'CONTACT-forgotten-%' "
                f"and {column} not in (select {KEYS[parent]} from {parent} "
                f"where {KEYS[parent]} is not null)",
            )
            assert dangling == 0, f"{table}.{column}"
            checked += 1
    assert checked >= 20
    forgotten = count(
        crm, "select count(*) from activities where contact_id like 'CONTACT-forgotten-%'"
    )
    assert 0 < forgotten < 40


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("opportunities", "status", {"open", "won", "lost"}),
        ("opportunities", "opportunity_type", {"New business", "Expansion", "Renewal"}),
        (
            "opportunity_stages",
            "stage",
            {"Qualification", "Needs analysis", "Proposal", "Negotiation"},
        ),
        ("opportunities", "stage", {"Qualification", "Needs analysis", "Proposal", "Negotiation"}),
        ("opportunities", "currency", {None, "EUR", "USD", "GBP"}),
        ("reps", "role", {"bdr", "ae", "am", "manager"}),
        ("reps", "country", {"NL", "DE", "GB", "US"}),
        ("commercial_costs", "cost_type", {"sales", "marketing", "service"}),
        ("activities", "direction", {None, "outbound", "inbound"}),
        ("activities", "activity_type", {"call", "email", "chat", "meeting", "note"}),
        ("activities", "is_automated", {"true", "false"}),
        ("activities", "is_appointment_made", {"true", "false"}),
        (
            "survey_responses",
            "survey_type",
            {
                "customer_satisfaction",
                "net_promoter_score",
                "employee_net_promoter_score",
                "sales_technique_feedback",
            },
        ),
        ("survey_responses", "scale_maximum", {"5", "10"}),
        ("exchange_rates", "from_currency", {"USD", "GBP"}),
        ("exchange_rates", "to_currency", {"EUR"}),
        ("targets", "dimension", {"rep", "total"}),
    ],
)
def test_values_are_all_and_only_those_of_the_contract(crm, table, column, values):
    found = crm.execute(f"select distinct {column} from {table}").fetchall()
    assert {value for (value,) in found} == values


def test_closed_deals_have_a_close_after_their_creation_and_open_ones_none(crm):
    wrong = count(
        crm,
        f"select count(*) from {CLEAN_OPPORTUNITIES} "
        "where (status = 'open') <> (closed_at is null) "
        "or closed_at::timestamp < created_at::timestamp",
    )
    assert wrong == 0


def test_milestones_of_leads_are_in_order(crm):
    wrong = count(
        crm,
        """
        select count(*) from leads
        where lead_id not like '%-dirty' and (
            marketing_qualified_at < created_at
            or sales_qualified_at < marketing_qualified_at
            or converted_at < sales_qualified_at
            or disqualified_at < created_at
            or sales_qualified_at is not null and marketing_qualified_at is null
            or converted_at is not null and sales_qualified_at is null
            or converted_at is not null and disqualified_at is not null
            or (converted_at is null) <> (converted_opportunity_id is null)
            or marketing_qualified_at is not null and account_id is null
        )
        """,
    )
    assert wrong == 0


def test_nothing_happens_after_the_last_day_or_before_the_start(crm):
    for table, columns in {
        "leads": ("created_at", "marketing_qualified_at", "disqualified_at", "converted_at"),
        "opportunities": ("created_at", "closed_at"),
        "opportunity_stages": ("entered_at",),
        "activities": ("occurred_at",),
        "survey_responses": ("responded_at",),
        "subscriptions": ("started_on", "ended_on"),
    }.items():
        for column in columns:
            outside = count(
                crm,
                f"select count(*) from {table} where {column} not like '2026-02-30%' "
                f"and try_cast({column} as date) not between '2024-09-01' and '2026-09-30'",
            )
            assert outside == 0, f"{table}.{column}"


def test_every_won_amount_has_a_rate(crm):
    missing = count(
        crm,
        """
        select count(*) from opportunities
        where status = 'won' and currency <> 'EUR' and not exists (
            select 1 from exchange_rates
            where from_currency = currency and rate_date::date <= closed_at::date
        )
        """,
    )
    foreign = "select count(*) from opportunities where status = 'won' and currency = 'GBP'"
    assert missing == 0
    assert count(crm, foreign) > 0


def test_scores_are_within_their_scale(crm):
    wrong = count(
        crm,
        """
        select count(*) from survey_responses
        where score::int > scale_maximum::int
            or score::int < if(survey_type like '%promoter%', 0, 1)
            or survey_type like '%promoter%' and scale_maximum <> '10'
            or (survey_type = 'employee_net_promoter_score') <> (team is not null)
        """,
    )
    assert wrong == 0


def test_stretches_of_one_customers_subscription_do_not_overlap(crm):
    overlaps = count(
        crm,
        """
        select count(*)
        from subscriptions as one
        join subscriptions as other
            on one.account_id = other.account_id
            and one.subscription_id < other.subscription_id
            and one.started_on <= coalesce(other.ended_on, '9999-12-31')
            and other.started_on <= coalesce(one.ended_on, '9999-12-31')
        """,
    )
    assert overlaps == 0


def test_reps_act_only_while_they_are_employed(crm):
    wrong = count(
        crm,
        """
        select count(*) from activities join reps using (rep_id)
        where try_cast(occurred_at as date) < employed_from::date
            or try_cast(occurred_at as date) > employed_until::date
        """,
    )
    assert wrong == 0


# --- It behaves like a company: each of these has at least one row

HAPPENINGS = {
    "a lost deal is open again": """
        from opportunities_before as before join opportunities as later using (opportunity_id)
        where before.status = 'lost' and later.status = 'open'
    """,
    "a stage is skipped": """
        from opportunity_stages as later
        where stage = 'Proposal' and not exists (
            select 1 from opportunity_stages as earlier
            where earlier.opportunity_id = later.opportunity_id
                and earlier.stage = 'Needs analysis')
    """,
    "a stage is entered twice": """
        from (select opportunity_id from opportunity_stages group by opportunity_id, stage
            having count(*) > 1)
    """,
    "an amount is corrected after the close": """
        from opportunities_before as before join opportunities as later using (opportunity_id)
        where before.closed_at = later.closed_at and before.amount <> later.amount
    """,
    "a line's amount is corrected": """
        from opportunity_lines_before as before
        join opportunity_lines as later using (opportunity_line_id)
        where before.amount <> later.amount
    """,
    "an open deal gets another owner": """
        from opportunities_before as before join opportunities as later using (opportunity_id)
        where before.rep_id <> later.rep_id
    """,
    "a merged duplicate is gone": """
        from (
            select account_id from accounts_before where account_id like '%-duplicate'
                and account_id not in (select account_id from accounts)
            union all
            select lead_id from leads_before where lead_id like '%-duplicate'
                and lead_id not in (select lead_id from leads)
            union all
            select opportunity_id from opportunities_before
            where opportunity_id like '%-duplicate' and opportunity_id not in (
                select opportunity_id from opportunities where opportunity_id is not null)
        )
    """,
    "a line is negative": "from opportunity_lines where try_cast(amount as double) < 0",
    "a line is for free": "from opportunity_lines where try_cast(amount as double) = 0",
    "an amount is left out": "from opportunities where amount is null",
    "a deal has no lines": """
        from opportunities
        where opportunity_id not in (select opportunity_id from opportunity_lines)
    """,
    "a deal has four lines": """
        from (select opportunity_id from opportunity_lines group by all having count(*) = 4)
    """,
    "a line has its own cost": "from opportunity_lines where cost_amount is not null",
    "a product has no known cost": "from products where unit_cost is null",
    "a deal has no owner": "from opportunities where rep_id is null",
    "a deal has no account": "from opportunities where account_id is null",
    "a deal has no channel": "from opportunities where channel is null",
    "a deal comes from a lead": "from opportunities where lead_id is not null",
    "a deal is found directly": """
        from opportunities where lead_id is null and opportunity_type = 'New business'
    """,
    "a lead is not scored": "from leads where lead_score is null",
    "a lead's account is not known": "from leads where account_id is null",
    "a lead is disqualified": "from leads where disqualified_at is not null",
    "a rep has left": "from reps where employed_until is not null",
    "a rep came later": "from reps where employed_from > '2024-09-01'",
    "a mail is sent by a machine": "from activities where is_automated = 'true'",
    "an appointment is made": "from activities where is_appointment_made = 'true'",
    "a technique is used": "from activities where sales_technique is not null",
    "a price changes": """
        from subscriptions as one join subscriptions as other using (account_id)
        where one.ended_on::date + 1 = other.started_on::date
            and one.monthly_recurring_revenue::double < other.monthly_recurring_revenue::double
    """,
    "a customer pays less": """
        from subscriptions as one join subscriptions as other using (account_id)
        where one.ended_on::date + 1 = other.started_on::date
            and one.monthly_recurring_revenue::double > other.monthly_recurring_revenue::double
    """,
    "a customer churns for good": """
        from (select account_id from subscriptions group by account_id
            having count(*) = count(ended_on) and max(ended_on) < '2026-06-01')
    """,
    "a customer comes back": """
        from subscriptions as later
        where exists (from subscriptions as earlier
            where earlier.account_id = later.account_id and earlier.ended_on < later.started_on)
            and not exists (from subscriptions as earlier
            where earlier.account_id = later.account_id
                and earlier.ended_on::date + 1 = later.started_on::date)
    """,
    "a quota changes in mid-quarter": """
        from targets as first join targets as second
            on second.target_id = first.target_id || '-changed'
            and second.valid_from > first.valid_from
            and second.target_value <> first.target_value
    """,
    "a cost is of one day": "from commercial_costs where ended_on is null",
    "an amount cannot be read": "from opportunity_lines where amount = '12,50 EUR'",
    "a day does not exist": "from activities where occurred_at like '2026-02-30%'",
    "a key is missing": "from activities where activity_id is null",
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_it_happens(crm, happening):
    assert count(crm, f"select count(*) from (select 1 {HAPPENINGS[happening]})") > 0


def test_dirty_rows_are_under_one_percent_of_their_table(crm):
    unreadable = {
        "leads": "created_at like '2026-02-30%'",
        "activities": "occurred_at like '2026-02-30%' or activity_id is null",
        "opportunities": "amount like '%EUR' or opportunity_id is null",
        "opportunity_lines": "amount like '%EUR' or opportunity_line_id is null",
    }
    for table, condition in unreadable.items():
        share = count(crm, f"select avg(({condition})::int) from {table}")
        assert 0 < share < 0.007, table


def test_weekends_are_quiet_and_month_ends_busy(crm):
    weekend = count(
        crm,
        "select avg((isodow(try_cast(occurred_at as date)) > 5)::int) from activities",
    )
    last_days = count(
        crm,
        "select avg((day(closed_at::date) >= 28)::int) from opportunities where status = 'won'",
    )
    assert 0.005 < weekend < 0.06
    # Days 28 to 31 are about a tenth of a month.
    assert last_days > 0.2


def test_first_responses_vary_from_minutes_to_never(crm):
    answered, quick = crm.execute("""
        with answers as (
            select lead_id,
                min(occurred_at::timestamp) - any_value(leads.created_at::timestamp) as waited
            from leads
            left join (
                from activities
                where direction = 'outbound' and is_automated = 'false'
                    and activity_type in ('call', 'email', 'chat')
                    and occurred_at not like '2026-02-30%'
            ) as touches using (lead_id)
            where lead_id not like '%-dirty' and lead_id not like '%-duplicate'
            group by lead_id
        )
        select avg((waited is not null)::int), avg((waited <= interval 5 minute)::int)
        from answers
    """).fetchone()
    assert 0.8 < answered < 0.92
    assert 0.05 < quick < 0.2


def test_the_books_of_the_company_look_plausible(crm):
    win_rate = count(
        crm,
        f"select avg((status = 'won')::int) from {CLEAN_OPPORTUNITIES} where status <> 'open'",
    )
    cost_share = count(
        crm,
        """
        select sum(unit_cost::double * quantity::double)
            / sum(list_price::double * quantity::double)
        from opportunity_lines join products using (product_id)
        where unit_cost is not null
        """,
    )
    assert 0.2 < win_rate < 0.35
    assert 0.2 < cost_share < 0.4
