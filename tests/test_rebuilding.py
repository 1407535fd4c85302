"""What can be rebuilt, and where to; tests/test_refresh.py rebuilds a night."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.rebuilding import RebuildError, check_side_file, parse_moment, rebuild
from tests.conftest import make_settings

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-10 04:00:00", datetime(2026, 3, 10, 4)),
        ("2026-03-10T04:00:00.25", datetime(2026, 3, 10, 4, 0, 0, 250_000)),
        ("2026-03-10 04:00:00+01:00", datetime(2026, 3, 10, 3)),
        ("2026-03-10", datetime(2026, 3, 10)),
    ],
)
def test_a_moment_is_utc_unless_it_has_a_zone(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-03-32", "'); drop table files; --"])
def test_no_moment_is_an_error(text: str) -> None:
    with pytest.raises(RebuildError, match="KNOWN_AT must be a moment as in"):
        parse_moment(text, NOW)


def test_a_moment_to_come_is_an_error() -> None:
    with pytest.raises(RebuildError, match="in the past; 2026-03-20 12:00:01 is not"):
        parse_moment("2026-03-20 12:00:01", NOW)


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    file = tmp_path / "side.duckdb"
    check_side_file(file, settings)

    file.touch()
    with pytest.raises(RebuildError, match="is there already; delete it or name another FILE"):
        check_side_file(file, settings)


def test_the_warehouse_is_no_place_for_a_side_file(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")

    with pytest.raises(RebuildError, match="lies in the warehouse"):
        check_side_file(settings.published_file, settings)


def test_a_night_before_the_first_landing_is_an_error(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    settings.warehouse_folder.mkdir()
    with duckdb.connect(settings.raw_file) as connection:
        connection.execute("create schema landing")
        connection.execute(
            "create table landing.files as"
            " select 'landed' as status, timestamp '2026-03-10 03:00:00' as landed_at"
        )

    with pytest.raises(
        RebuildError,
        match="Nothing had landed by 2026-03-09 04:00:00; the first file did at"
        " 2026-03-10 03:00:00",
    ):
        rebuild(settings, datetime(2026, 3, 9, 4), tmp_path / "side.duckdb", lambda message: None)
    assert not (tmp_path / "side.duckdb").exists()


def test_a_rebuild_before_the_first_refresh_is_an_error(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")

    with pytest.raises(RebuildError, match="Nothing has landed yet in .*: run `make run` first"):
        rebuild(settings, datetime(2026, 3, 9), tmp_path / "side.duckdb", lambda message: None)
