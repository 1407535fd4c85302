"""The settings of a build that change numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Settings:
    """What a company chooses: clock, currency, fiscal year, as-of date and stage ladders.

    `stages` maps a source to its stages, lowest first. Without `as_of_date` the as-of date
    follows from the data.
    """

    reporting_timezone: str = "UTC"
    reporting_currency: str = "EUR"
    fiscal_year_start_month: int = 1
    as_of_date: date | None = None
    stages: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
