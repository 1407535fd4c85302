"""Every board can be drawn from what was published, a page is of one publish."""

import asyncio
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib import boards
from orchestration.lib.board_server import OnePublishPerPage
from orchestration.lib.boards import (
    BOARDS_FOLDER,
    BoardError,
    board_names,
    boards_are_installed,
    boards_in,
    check_boards,
    export_after_publish,
    export_scorecard,
    open_for_boards,
)
from orchestration.lib.settings import Settings
from tests.conftest import make_settings

needs_dbt_charts = pytest.mark.skipif(
    not boards_are_installed(),
    reason="needs the extra `boards`, which `make test` adds on Python 3.11 to 3.13",
)


@needs_dbt_charts
def test_every_board_can_be_drawn(demo_warehouse: Settings) -> None:
    drawn = list(check_boards(demo_warehouse.published_file, "dutch"))
    assert drawn == board_names() and {"scorecard", "kpi", "operations"} <= set(drawn)


@needs_dbt_charts
def test_a_board_with_a_broken_query_is_named(demo_warehouse: Settings, tmp_path: Path) -> None:
    folder = shutil.copytree(BOARDS_FOLDER, tmp_path / "boards")
    for name in board_names(folder):
        if name != "customers":
            (folder / "charts" / f"{name}.yml").unlink()
    board = folder / "charts" / "customers.yml"
    text = board.read_text()
    assert "scale * kpi_value as value" in text
    board.write_text(text.replace("scale * kpi_value as value", "scale * kpi_valu as value"))
    with pytest.raises(BoardError, match=r"boards/charts/customers\.yml .*kpi_valu"):
        list(check_boards(demo_warehouse.published_file, "english", folder))


@needs_dbt_charts
def test_the_scorecard_is_exported_whole_and_leads_nowhere(
    demo_warehouse: Settings, tmp_path: Path
) -> None:
    published_file = tmp_path / "published" / "sales_kpis.duckdb"
    published_file.parent.mkdir()
    published_file.symlink_to(demo_warehouse.published_file)
    export_scorecard(published_file, "english")
    page = (published_file.parent / "scorecard.html").read_text()
    assert not re.findall(r"""(?:href|src)=["'](?!#|data:)""", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}
    with duckdb.connect(demo_warehouse.published_file, read_only=True) as connection:
        (revenue,) = connection.sql("""
            select max_by(kpi_value, period_start_date)
            from reporting.kpi_scorecard
            where
                kpi = 'revenue' and is_complete and period_grain = 'month'
                and dimension = 'total'
        """).fetchone()
    assert f"{revenue:,.0f}" in page
    assert (published_file.parent / "scorecard.pdf").read_bytes().startswith(b"%PDF")
    assert {file.name for file in published_file.parent.iterdir()} == {
        "sales_kpis.duckdb",
        "scorecard.html",
        "scorecard.pdf",
    }


@needs_dbt_charts
def test_an_export_that_fails_is_a_warning(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    settings.published_file.parent.mkdir(parents=True)
    settings.published_file.write_text("not a database")
    told, warned = [], []
    export_after_publish(settings, told.append, warned.append)
    assert not told and len(warned) == 1
    assert "not a valid DuckDB database file" in warned[0]


def test_without_the_extra_nothing_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "boards_are_installed", lambda: False)
    told, warned = [], []
    export_after_publish(make_settings(tmp_path, tmp_path, "crm"), told.append, warned.append)
    assert len(told) == 1 and not warned


def test_an_export_that_nobody_wants_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "boards_are_installed", lambda: True)
    settings = replace(make_settings(tmp_path, tmp_path, "crm"), exports_scorecard=False)
    said: list[str] = []
    export_after_publish(settings, said.append, said.append)
    assert said == [] and list(tmp_path.iterdir()) == []


def test_every_word_of_the_boards_has_a_dutch_one() -> None:
    with boards_in("dutch") as folder:
        scorecard = (folder / "charts" / "scorecard.yml").read_text()
        shared = (folder / "charts" / "meta.yml").read_text()
    assert "title: Scorekaart" in scorecard and "default: dutch" in shared


def test_a_word_without_a_dutch_one_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(BOARDS_FOLDER, tmp_path / "boards")
    (folder / "charts" / "new.yml").write_text("title: Weather\n")
    with (
        pytest.raises(BoardError, match=r"dutch\.yml has no word for 'Weather'"),
        boards_in("dutch", folder),
    ):
        pass


def publish_number(number: int, file: Path) -> None:
    """Rename a file with one number into place, as a publish does."""
    written = file.with_suffix(".new")
    with duckdb.connect(written) as connection:
        connection.execute(f"create table publication as select {number} as publish_id")
    written.replace(file)


def test_a_page_is_of_one_publish_and_the_next_page_of_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "published.duckdb"
    pages: list[list[int]] = []

    async def draw_page(scope: Any, receive: Any, send: Any) -> None:
        seen = []
        for _ in range(2):  # each query opens the file anew, as dbt Charts does
            with open_for_boards(file) as connection:
                seen += connection.sql("from publication").fetchone()
            publish_number(seen[0] + 1, file)
            await asyncio.sleep(0)
        pages.append(seen)

    async def ask_for_pages() -> None:
        server = OnePublishPerPage(draw_page, file)
        await asyncio.gather(*(server({"type": "http", "path": "/"}, None, None) for _ in range(3)))

    publish_number(1, file)
    asyncio.run(ask_for_pages())
    assert pages == [[1, 1], [2, 2], [3, 3]]
