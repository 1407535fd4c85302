"""Dates, amounts and keys from which small CRMs are drawn.

The moments lie on edges: midnight in some time zone, clock changes, ISO years, fiscal quarters and
29 February.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

LADDER = ["Qualification", "Needs analysis", "Proposal", "Negotiation"]
OFF_LADDER = "On hold"

TIMESTAMPS = [
    datetime.fromisoformat(text)
    for text in (
        "2023-11-01 03:59:59",
        "2023-11-05 05:30:00",  # twice half past one in New York
        "2023-11-05 06:30:00",
        "2023-11-30 23:30:00",
        "2023-12-15 12:00:00",
        "2023-12-28 09:00:00",
        "2023-12-29 22:00:00",
        "2023-12-30 16:00:00",
        "2023-12-31 14:59:59",  # the last second of the year in Tokyo
        "2023-12-31 15:00:00",
        "2023-12-31 23:59:59",
        "2024-01-01 00:00:00",
        "2024-01-01 04:59:59",  # the last second of the year in New York
        "2024-01-01 05:00:00",
        "2024-01-04 08:00:00",
        "2024-01-07 23:59:59",
        "2024-01-08 00:00:00",
        "2024-01-31 15:30:00",
        "2024-01-31 23:30:00",
        "2024-02-01 03:00:00",
        "2024-02-05 10:00:00",
        "2024-02-14 12:00:00",
        "2024-02-14 13:00:00",
        "2024-02-14 14:00:00",
        "2024-02-28 23:00:00",
        "2024-02-29 04:30:00",
        "2024-02-29 12:00:00",
        "2024-02-29 23:30:00",
        "2024-03-01 04:30:00",
        "2024-03-10 06:59:59",  # clocks in New York go forward one second later
        "2024-03-10 07:00:00",
        "2024-03-11 03:59:59",
        "2024-03-11 04:00:00",
        "2024-03-15 12:00:00",
        "2024-03-16 03:59:59",  # the last second of the as-of date in New York
        "2024-03-16 04:00:00",
        "2024-03-31 00:59:59",
        "2024-03-31 15:00:00",
        "2024-03-31 23:59:59",
        "2024-04-01 04:00:00",
        "2024-04-12 09:00:00",
    )
]
EARLY = TIMESTAMPS[:28]
LATE = TIMESTAMPS[8:]

# Moments of leads and of responses to them: business hours, five minutes, nights and a weekend.
RESPONSE_TIMESTAMPS = [
    datetime.fromisoformat(text)
    for text in (
        "2024-01-31 23:30:00",
        "2024-02-02 16:30:00",  # a Friday
        "2024-02-03 12:00:00",
        "2024-02-05 07:59:59.500000",
        "2024-02-05 10:00:00",
        "2024-02-05 10:05:00",
        "2024-02-05 10:05:00.250000",
        "2024-02-05 16:00:00",
        "2024-02-06 09:10:00",
        "2024-02-14 12:00:00",  # a holiday
        "2024-02-15 08:00:01",
        "2024-02-15 22:30:00",
        "2024-03-11 13:00:00",
    )
]

DATES = [
    date.fromisoformat(text)
    for text in (
        "2023-11-01",
        "2023-12-15",
        "2023-12-29",
        "2023-12-31",
        "2024-01-01",
        "2024-01-02",
        "2024-01-31",
        "2024-02-01",
        "2024-02-14",
        "2024-02-15",
        "2024-02-29",
        "2024-03-01",
        "2024-03-15",
        "2024-03-16",
        "2024-03-31",
        "2024-04-01",
    )
]
SPANS = [(first, last) for first in DATES for last in DATES if first <= last]
OPEN_ENDED_SPANS = [(first, None) for first in DATES]
FUTURE_SPANS = [(first, date(2025, 6, 30)) for first in DATES[::3]]
# Of who had a subscription a year before the periods that everything else lies in.
EARLIER_SPANS = [
    (date(2023, 2, 28), None),
    (date(2023, 2, 28), date(2024, 2, 28)),
    (date(2023, 1, 31), None),
    (date(2023, 1, 31), date(2023, 3, 15)),
    (date(2023, 3, 31), date(2023, 12, 31)),
]

AMOUNTS = [
    Decimal(text)
    for text in ("100", "0", "-250", "100", "0.0001", "33.3333", "1234.5678", "8000", "99999.99")
]
CURRENCIES = [None, "EUR", "USD", "EUR", "GBP", "EUR", "USD", "ZZZ"]
RATE_PAIRS = [("USD", "EUR"), ("GBP", "EUR"), ("EUR", "USD"), ("GBP", "USD")]
RATES = [Decimal(text) for text in ("0.92123456", "1.1", "1.17000005", "0.5", "1.00000001")]
RATE_MONDAYS = [date(2023, 10, 30) + timedelta(weeks=2 * index) for index in range(11)]

TARGET_PERIODS = [
    ("month", date(2024, 1, 1)),
    ("month", date(2024, 2, 1)),
    ("quarter", date(2024, 1, 1)),
    ("quarter", date(2023, 10, 1)),
    ("year", date(2024, 1, 1)),
    ("week", date(2024, 1, 1)),
    ("week", date(2024, 2, 26)),
    ("month", date(2024, 3, 1)),
    ("month", date(2024, 4, 1)),
    ("quarter", date(2024, 4, 1)),
    ("year", date(2023, 1, 1)),
]

ACCOUNT_IDS = ["A0", "A1", "A2", "A3", None, "A-gone"]
REP_IDS = ["R0", "R1", "R2", "R3", None, "R-gone"]
PRODUCT_IDS = ["P0", "P1", "P2", None, "P-gone"]
CAMPAIGN_IDS = [None, "C0", "C1", "C-gone"]
LEAD_IDS = [None, "L0", "L1", "L2", None, "L3", "L-gone"]
OPPORTUNITY_IDS = [f"O{number}" for number in range(12)] + [None, "O-gone"]
# Few of them, so that some opportunities have several lines and stage entries and others none.
DETAILED_OPPORTUNITY_IDS = ["O0", "O1", "O2", "O3", "O4", "O10", "O-gone"]
CONTACT_IDS = [None, "K0", "K1", None, "K-gone"]
CHANNELS = [None, "Search", "Events", ""]
SEGMENTS = ["Enterprise", "Small business", None, ""]
INDUSTRIES = ["Retail", None, "Energy"]
REGIONS = ["North", None, "South", ""]
TEAMS = ["East", "West", None]
COUNTRIES = ["NL", "US", None, "NL", ""]
TIME_ZONES = ["Europe/Amsterdam", "America/New_York", "Asia/Tokyo", None, ""]
HOLIDAYS = [
    ("NL", date(2024, 1, 1)),
    ("US", date(2024, 1, 1)),
    ("NL", date(2024, 2, 14)),
    ("US", date(2024, 2, 5)),
    ("NL", date(2024, 3, 31)),  # a Sunday
    ("BE", date(2024, 2, 15)),
]

CAPACITIES = [Decimal(8), Decimal("2.5"), None, Decimal(0)]
ACTIVITY_TYPES = ["call", "email", "meeting", "chat", "call", "meeting", "note", None, ""]
DIRECTIONS = ["outbound", "outbound", "outbound", "inbound", None]
TECHNIQUES = [None, "Demonstration", "Trial", "Demonstration", ""]
SURVEY_TYPES = [
    "customer_satisfaction",
    "net_promoter_score",
    "employee_net_promoter_score",
    "sales_technique_feedback",
]
SCORES = [Decimal(text) for text in ("9", "10", "6", "4", "8.5", "0", "6.01", "-1")] + [None]
SCALE_MAXIMA = [Decimal(10), Decimal(5), Decimal(10), Decimal(0), None]
