"""Boards over the published file: checked and exported without a browser.

dbt Charts draws them. It is the optional extra `boards`, so it is imported where it is used.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from orchestration.lib.settings import PROJECT_FOLDER, Settings

if TYPE_CHECKING:
    from dbt_charts.agent_api import ProjectSession

BOARDS_FOLDER = PROJECT_FOLDER / "boards"
EXPORTS = ("scorecard.html", "scorecard.pdf")
EXPORT_SECONDS = 300


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


@contextmanager
def boards_in(language: str, folder: Path = BOARDS_FOLDER) -> Iterator[Path]:
    """The folder of the boards in `english`, as they are written, or a copy in another language.

    Names of KPIs come from the catalogue; the boards' own words from <language>.yml in `folder`.
    Raises BoardError for a language without such a file, or a word that it lacks.
    """
    if language == "english":
        yield folder
        return
    file = folder / f"{language}.yml"
    if not file.is_file():
        raise BoardError(f"The boards have no language {language!r}: there is no {file}.")
    words = yaml.safe_load(file.read_text(encoding="utf-8"))
    with TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        for board in Path(copy, "charts").glob("*.yml"):
            content = _translate(yaml.safe_load(board.read_text(encoding="utf-8")), words, file)
            if "language" in content.get("variables", {}):
                content["variables"]["language"]["default"] = language
            board.write_text(
                yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
            )
        yield Path(copy)


def _translate(content: Any, words: dict[str, str], file: Path) -> Any:
    if isinstance(content, list):
        return [_translate(item, words, file) for item in content]
    if not isinstance(content, dict):
        return content
    translated = {}
    for key, value in content.items():
        # what a query gives is in the language already
        if key in ("title", "label") and isinstance(value, str) and "{{" not in value:
            if value not in words:
                raise BoardError(f"{file} has no word for {value!r}; add it.")
            translated[key] = words[value]
        else:
            translated[key] = _translate(value, words, file)
    return translated


def open_for_boards(published_file: Path) -> duckdb.DuckDBPyConnection:
    """A connection to keep open while boards are drawn.

    dbt Charts opens the file for each query. In a process that has it open already, with the same
    configuration, that takes no time and gives the publish that is open.
    """
    return duckdb.connect(published_file, read_only=True, config={"enable_external_access": False})


def check_boards(
    published_file: Path, language: str, folder: Path = BOARDS_FOLDER
) -> Iterator[str]:
    """Draw every board as a page; gives the name of each that could be drawn.

    Raises BoardError at the first that could not.
    """
    with _drawing(published_file, language, folder) as session:
        for name in board_names(folder):
            _draw(session, name, "html")
            yield name


def export_scorecard(published_file: Path, language: str) -> None:
    """Write the scorecard beside the published file, as one page and as PDF; each whole or not.

    They hold their fonts, need no network and lead nowhere. Raises BoardError.
    """
    with _drawing(published_file, language, BOARDS_FOLDER) as session:
        for export in EXPORTS:
            content = _draw(session, *export.split("."))
            if isinstance(content, str):
                # the board of a KPI is not in the page
                content = re.sub(r' href="/?kpi\?[^"]*"', "", content).encode()
            written = published_file.with_name(f"{export}.new")
            written.write_bytes(content)
            written.replace(published_file.with_name(export))


def export_after_publish(
    settings: Settings, inform: Callable[[str], None], warn: Callable[[str], None]
) -> None:
    """Export the scorecard in a process of its own, where the extra is installed.

    What is published stands by then, so nothing is raised: an export that fails is a warning.
    """
    if not settings.exports_scorecard:
        return
    if not boards_are_installed():
        inform("The scorecard is not exported: the extra `boards` is not installed.")
        return
    try:
        run = subprocess.run(
            [sys.executable, "-m", "orchestration.boards", "export"],
            cwd=PROJECT_FOLDER,
            env=settings.dbt_environment,
            capture_output=True,
            text=True,
            timeout=EXPORT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        warn(f"The scorecard was not exported: it took more than {EXPORT_SECONDS} seconds.")
        return
    if run.returncode:
        said = (run.stdout + run.stderr).strip().splitlines() or ["it said nothing."]
        warn(f"The scorecard was not exported: {said[-1]}")
    else:
        inform(f"Exported {' and '.join(EXPORTS)} beside the published file.")


@contextmanager
def _drawing(published_file: Path, language: str, folder: Path) -> Iterator["ProjectSession"]:
    from dbt_charts.agent_api import ProjectSession

    read_by_boards(published_file)
    with (
        boards_in(language, folder) as translated,
        open_for_boards(published_file),
        ProjectSession.open(translated) as session,
    ):
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
