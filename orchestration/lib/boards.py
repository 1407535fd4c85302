"""Boards over the published file: checked and exported without a browser.

dbt Charts draws them. It is the optional extra `boards`, so it is imported where it is used.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.lib.settings import PROJECT_FOLDER

if TYPE_CHECKING:
    from dbt_charts.agent_api import ProjectSession

BOARDS_FOLDER = PROJECT_FOLDER / "boards"


class BoardError(Exception):
    """A board cannot be drawn; the sentence names its file and says why."""


def boards_are_installed() -> bool:
    """Whether the optional extra `boards` is installed."""
    return importlib.util.find_spec("dbt_charts") is not None


def read_by_boards(published_file: Path) -> None:
    """Let boards that this process draws read `published_file`, and tell nobody of them."""
    os.environ["SALES_KPIS_PUBLISHED_FILE"] = str(published_file)
    os.environ["DO_NOT_TRACK"] = "1"


def board_names(folder: Path = BOARDS_FOLDER) -> list[str]:
    """The names of the boards, which are those of their files; meta.yml is what all share."""
    files = (folder / "charts").glob("*.yml")
    return sorted(file.stem for file in files if file.stem != "meta")


def open_for_boards(published_file: Path) -> duckdb.DuckDBPyConnection:
    """A connection to keep open while boards are drawn.

    dbt Charts opens the file for each query. In a process that has it open already, with the same
    configuration, that takes no time and gives the publish that is open.
    """
    return duckdb.connect(published_file, read_only=True, config={"enable_external_access": False})


def check_boards(published_file: Path, folder: Path = BOARDS_FOLDER) -> Iterator[str]:
    """Draw every board as a page; gives the name of each that could be drawn.

    Raises BoardError at the first that could not.
    """
    with _drawing(published_file, folder) as session:
        for name in board_names(folder):
            _draw(session, name, "html")
            yield name


@contextmanager
def _drawing(published_file: Path, folder: Path) -> Iterator["ProjectSession"]:
    from dbt_charts.agent_api import ProjectSession

    read_by_boards(published_file)
    with open_for_boards(published_file), ProjectSession.open(folder) as session:
        yield session


def _draw(session: "ProjectSession", name: str, file_format: str) -> str | bytes:
    file = f"charts/{name}.yml"
    result = session.render_board(
        session.project.path(file).read_board(), format=file_format, standalone=True
    )
    problems = [*result.validation_errors, *result.chart_errors]
    if result.board_error:
        problems.append(result.board_error)
    if problems or result.data is None:
        reasons = "; ".join(problem.message for problem in problems) or "nothing was drawn."
        raise BoardError(f"{BOARDS_FOLDER.name}/{file} cannot be drawn: {reasons}")
    return result.data
