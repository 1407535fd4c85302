"""Watch published KPI values: is one outside what earlier periods had at the same point?

A running period is compared with earlier ones as they were published at the same point, and the
last complete period with earlier complete ones. Around the lowest and highest earlier value lies a
margin as wide as their distance. The week, month and quarter ends of sales are no alarm that way:
what the 20th of other months had is what the 20th of this month is held against.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.lib.sql_text import attach_read_only

MAXIMUM_EARLIER_PERIODS = 13
MINIMUM_EARLIER_PERIODS = 8
MARGIN = 1.0

# Only totals of each KPI's newest version are looked at: one of a thousand slices is always odd.
_QUERY = """
with

publishes as (

    select publish_id, published_at, as_of_date from reporting.publications

),

newest_publish as (

    from publishes order by published_at desc limit 1

),

values_over_time as (

    select
        changes.kpi,
        changes.period_grain,
        changes.period_start_date,
        publishes.published_at,
        if(changes.is_gone, null, changes.kpi_value) as kpi_value

    from reporting.kpi_publications as changes
    inner join publishes on changes.publish_id = publishes.publish_id
    where changes.dimension = 'total'
    qualify changes.version = max(changes.version) over (partition by changes.kpi)

),

periods as (

    select distinct
        values_over_time.period_grain,
        values_over_time.period_start_date,
        case values_over_time.period_grain
            when 'week' then values_over_time.period_start_date + interval 6 days
            when 'month' then values_over_time.period_start_date + interval 1 month - interval 1 day
            else values_over_time.period_start_date + interval 3 months - interval 1 day
        end::date as period_end_date,
        period_end_date <= newest_publish.as_of_date as is_complete,
        (newest_publish.as_of_date - values_over_time.period_start_date)::integer
            as days_since_start,
        (period_end_date - newest_publish.as_of_date)::integer as days_until_end

    from values_over_time
    cross join newest_publish
    where values_over_time.period_start_date <= newest_publish.as_of_date

),

watched_periods as (

    from periods
    qualify
        period_start_date = max(period_start_date) over (partition by period_grain, is_complete)

),

-- which periods to compare a watched one with, and the day up to which a running one is read;
-- from the middle of a period on, months of 30 and of 31 days meet at their ends
comparisons as (

    select
        watched_periods.period_grain,
        watched_periods.is_complete,
        watched_periods.period_start_date as watched_start_date,
        periods.period_start_date,
        case
            when watched_periods.is_complete then null
            when watched_periods.days_until_end < watched_periods.days_since_start
                then periods.period_end_date - watched_periods.days_until_end
            else periods.period_start_date + watched_periods.days_since_start
        end as as_of_date

    from watched_periods
    inner join periods
        on
            watched_periods.period_grain = periods.period_grain
            and watched_periods.period_start_date >= periods.period_start_date

),

-- as of a day: as its last publish had it; a complete period: as the newest publish has it
readings as (

    select
        comparisons.*,
        max(publishes.published_at) as read_at

    from comparisons
    inner join publishes
        on comparisons.as_of_date is null or comparisons.as_of_date = publishes.as_of_date
    group by all

),

values_read as (

    select
        readings.*,
        values_over_time.kpi,
        values_over_time.kpi_value

    from readings
    inner join values_over_time
        on
            readings.period_grain = values_over_time.period_grain
            and readings.period_start_date = values_over_time.period_start_date
            and readings.read_at >= values_over_time.published_at
    qualify
        row_number() over (
            partition by
                values_over_time.kpi,
                readings.period_grain,
                readings.watched_start_date,
                readings.period_start_date
            order by values_over_time.published_at desc
        ) = 1

),

watched_values as (

    from values_read
    where period_start_date = watched_start_date and kpi_value is not null

),

earlier_values as (

    from values_read
    where period_start_date < watched_start_date and kpi_value is not null
    qualify
        row_number() over (
            partition by kpi, period_grain, watched_start_date order by period_start_date desc
        ) <= $maximum_earlier_periods

),

bands as (

    select
        kpi,
        period_grain,
        watched_start_date,
        -- a hair more than the values themselves, for those that are all the same
        $margin * (max(kpi_value) - min(kpi_value)) + 1e-9 * max(abs(kpi_value)) as margin,
        min(kpi_value) - margin as lowest,
        max(kpi_value) + margin as highest,
        count(*) as earlier_count

    from earlier_values
    group by kpi, period_grain, watched_start_date
    having count(*) >= $minimum_earlier_periods

)

select
    watched_values.kpi,
    watched_values.period_grain,
    watched_values.period_start_date,
    watched_values.as_of_date,
    watched_values.kpi_value,
    bands.lowest,
    bands.highest,
    bands.earlier_count

from watched_values
inner join bands
    on
        watched_values.kpi = bands.kpi
        and watched_values.period_grain = bands.period_grain
        and watched_values.watched_start_date = bands.watched_start_date
order by all
"""


@dataclass(frozen=True)
class WatchedValue:
    """A KPI's total over a period, and the band that it is expected in, margin included.

    `as_of_date` is the day that a running period has come to, None for a complete one.
    """

    kpi: str
    period_grain: str
    period_start_date: date
    as_of_date: date | None
    kpi_value: float
    lowest: float
    highest: float
    earlier_count: int

    @property
    def is_odd(self) -> bool:
        return not self.lowest <= self.kpi_value <= self.highest

    def __str__(self) -> str:
        until = f" up to {self.as_of_date}" if self.as_of_date else ""
        return (
            f"{self.kpi}, {self.period_grain} from {self.period_start_date}{until}:"
            f" {self.kpi_value:,.6g}, expected {self.lowest:,.6g} to {self.highest:,.6g}"
            f" (from {self.earlier_count} earlier ones)."
        )


def read_watched_values(published_file: Path) -> list[WatchedValue]:
    """The values of the running and the last complete periods that there is a band for."""
    with duckdb.connect() as connection:
        attach_read_only(connection, published_file, "published")
        connection.execute("use published")
        return watch_values(connection)


def watch_values(connection: duckdb.DuckDBPyConnection) -> list[WatchedValue]:
    """The same of the database that a connection uses."""
    rows = connection.execute(
        _QUERY,
        {
            "maximum_earlier_periods": MAXIMUM_EARLIER_PERIODS,
            "minimum_earlier_periods": MINIMUM_EARLIER_PERIODS,
            "margin": MARGIN,
        },
    ).fetchall()
    return [WatchedValue(*row) for row in rows]
