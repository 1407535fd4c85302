"""The settings of a build that change numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Settings:
    """What a company chooses: clock, currency, fiscal year, as-of date, stage ladders and limits.

    `stages` maps a source to its stages, lowest first. Without `as_of_date` the as-of date
    follows from the data. A purchase makes an active customer for `customer_active_days`, its own
    day included. Business hours are whole hours of a rep's clock.
    """

    reporting_timezone: str = "UTC"
    reporting_currency: str = "EUR"
    fiscal_year_start_month: int = 1
    as_of_date: date | None = None
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    customer_active_days: int = 365
    appointment_window_days: int = 14
    business_hours_start: int = 9
    business_hours_end: int = 17
