"""Every board can be drawn from what was published, a page is of one publish."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.board_server import OnePublishPerPage
from orchestration.lib.boards import (
    BOARDS_FOLDER,
    BoardError,
    board_names,
    boards_are_installed,
    boards_in,
    check_boards,
    open_for_boards,
)
from orchestration.lib.settings import Settings

needs_dbt_charts = pytest.mark.skipif(
    not boards_are_installed(), reason="needs the extra `boards`, which make check-boards adds"
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
