"""Which published values are odd, on publishes that are made up night by night."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import duckdb
import pytest

from orchestration.lib.kpi_watch import WatchedValue, watch_values

FIRST_NIGHT = date(2025, 6, 1)


def month_start(day: date) -> date:
    return day.replace(day=1)


def month_end(day: date) -> date:
    return month_start(month_start(day) + timedelta(days=31)) - timedelta(days=1)


def days_of_month(day: date) -> list[date]:
    start = month_start(day)
    return [start + timedelta(days=number) for number in range((month_end(day) - start).days + 1)]


def sales_with_a_rush(day: date) -> float:
    """Sales of a day: most are closed on the last three of a month; no month is like another."""
    return (40 if (month_end(day) - day).days < 3 else 2) * (1 + day.month % 4 / 10)


class Publishes:
    """The tables of the published file that the watch reads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.count = 0
        self.newest: dict[tuple, float | None] = {}
        connection.execute("create schema reporting")
        connection.execute(
            "create table reporting.publications"
            " (publish_id varchar, published_at timestamp, as_of_date date)"
        )
        connection.execute(
            "create table reporting.kpi_publications (publish_id varchar, kpi varchar,"
            " version integer, period_grain varchar, period_start_date date, dimension varchar,"
            " dimension_value varchar, kpi_value double, is_gone boolean)"
        )

    def publish(
        self, as_of: date, values: dict[tuple[str, str, date], float | None], version: int = 1
    ) -> None:
        """A publish on the next morning; as in a warehouse only changed values are written."""
        self.count += 1
        # A second publish of a day comes after the first.
        published_at = datetime.combine(as_of, time(3)) + timedelta(days=1, minutes=self.count)
        self.insert("publications", [(f"publish-{self.count}", published_at, as_of)])
        cells = {(kpi, version, *period): value for (kpi, *period), value in values.items()}
        self.insert(
            "kpi_publications",
            [
                (f"publish-{self.count}", *cell, "total", "total", value, value is None)
                for cell, value in cells.items()
                if cell not in self.newest or self.newest[cell] != value
            ],
        )
        self.newest |= cells

    def insert(self, table: str, rows: list[tuple]) -> None:
        # Binding each value would take a hundred times as long.
        texts = (", ".join("null" if cell is None else f"'{cell}'" for cell in row) for row in rows)
        if rows:
            self.connection.execute(f"insert into reporting.{table} values ({'), ('.join(texts)})")

    def watch(self) -> list[WatchedValue]:
        return watch_values(self.connection)


@pytest.fixture
def publishes() -> Iterator[Publishes]:
    with duckdb.connect() as connection:
        yield Publishes(connection)


def publish_months(
    publishes: Publishes,
    last: date,
    sales_of: Callable[[date], float] = sales_with_a_rush,
    first: date = FIRST_NIGHT,
) -> None:
    """Sales of the running month so far, published for every day from the first to the last."""
    day = first
    while day <= last:
        so_far = sum(sales_of(other) for other in days_of_month(day) if other <= day)
        publishes.publish(day, {("sales", "month", month_start(day)): so_far})
        day += timedelta(days=1)


def odd_values(publishes: Publishes) -> list[tuple]:
    return [
        (value.kpi, value.period_grain, value.period_start_date, value.as_of_date)
        for value in publishes.watch()
        if value.is_odd
    ]


def test_the_rush_at_the_end_of_a_month_is_expected(publishes: Publishes) -> None:
    publish_months(publishes, date(2026, 1, 31))

    for day in days_of_month(date(2026, 2, 1)) + days_of_month(date(2026, 3, 1)):
        publish_months(publishes, day, first=day)
        # The first days, the middle and the end.
        if day.day in (1, 2, 14, 15, 16, 17) or (month_end(day) - day).days < 4:
            assert publishes.watch()
            assert odd_values(publishes) == [], day


@pytest.mark.parametrize("day", [date(2026, 2, 27), date(2026, 3, 30)])
def test_a_rush_that_does_not_come_is_odd_before_the_month_is_over(
    publishes: Publishes, day: date
) -> None:
    publish_months(
        publishes,
        day,
        lambda sold_on: 2 if sold_on >= month_start(day) else sales_with_a_rush(sold_on),
    )

    assert odd_values(publishes) == [("sales", "month", month_start(day), day)]


def test_a_complete_period_is_compared_with_complete_ones(publishes: Publishes) -> None:
    """The first publish of a warehouse with a history: no running period was ever published."""
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(10)]
    values = {("calls", "week", week): 100.0 + number for number, week in enumerate(weeks)}
    publishes.publish(date(2026, 3, 10), {**values, ("calls", "week", date(2026, 3, 9)): 1.0})

    (value,) = publishes.watch()

    assert (value.period_start_date, value.as_of_date) == (date(2026, 3, 2), None)
    assert (value.kpi_value, value.earlier_count, value.is_odd) == (100, 9, False)
    assert (value.lowest, value.highest) == pytest.approx((101 - 8, 109 + 8))


@pytest.mark.parametrize(
    ("newest_value", "is_odd"), [(92.9, True), (93.1, False), (116.9, False), (117.1, True)]
)
def test_the_band_is_wider_than_the_earlier_values_by_their_distance(
    publishes: Publishes, newest_value: float, is_odd: bool
) -> None:
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(9)]
    values = dict(zip(weeks, [newest_value, 101, 109, 103, 105, 102, 108, 104, 107], strict=True))
    publishes.publish(
        date(2026, 3, 8), {("calls", "week", week): value for week, value in values.items()}
    )

    assert [value.is_odd for value in publishes.watch()] == [is_odd]


def test_seven_earlier_periods_are_too_few(publishes: Publishes) -> None:
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(8)]
    publishes.publish(date(2026, 3, 8), {("calls", "week", week): 5.0 for week in weeks})

    assert publishes.watch() == []


def test_only_thirteen_earlier_periods_count(publishes: Publishes) -> None:
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(15)]
    values = {("calls", "week", week): 5.0 for week in weeks[:14]}
    publishes.publish(date(2026, 3, 8), {**values, ("calls", "week", weeks[14]): 500.0})

    (value,) = publishes.watch()

    assert (value.earlier_count, value.is_odd) == (13, False)
    assert value.highest == pytest.approx(5)


def test_values_that_are_gone_or_empty_do_not_count(publishes: Publishes) -> None:
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(9)]
    publishes.publish(date(2026, 3, 8), {("calls", "week", week): 5.0 for week in weeks})
    assert len(publishes.watch()) == 1

    publishes.publish(date(2026, 3, 8), {("calls", "week", weeks[4]): None})

    assert publishes.watch() == []


def test_a_corrected_period_is_compared_as_it_was_published_at_that_point(
    publishes: Publishes,
) -> None:
    last = date(2026, 2, 10)
    publish_months(publishes, last)
    before = publishes.watch()
    # A correction of last year that comes after the points at which it is read.
    publishes.publish(last, {("sales", "month", date(2025, 6, 1)): 9_999.0})

    running = [value for value in publishes.watch() if value.as_of_date]

    assert running == [value for value in before if value.as_of_date]


def test_only_the_newest_version_is_watched(publishes: Publishes) -> None:
    weeks = [date(2026, 3, 2) - timedelta(weeks=number) for number in range(9)]
    for version, factor in ((1, 1), (2, 100)):
        publishes.publish(
            date(2026, 3, 8), {("calls", "week", week): 5.0 * factor for week in weeks}, version
        )

    assert [value.kpi_value for value in publishes.watch()] == [500]


def test_an_odd_value_says_what_was_expected() -> None:
    value = WatchedValue(
        "win_rate", "month", date(2026, 3, 1), date(2026, 3, 17), 0.1234567, 0.2, 0.35, 12
    )

    assert str(value) == (
        "win_rate, month from 2026-03-01 up to 2026-03-17: 0.123457, expected 0.2 to 0.35"
        " (from 12 earlier ones)."
    )
