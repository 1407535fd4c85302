"""Look at the boards, check that each can be drawn, or export the scorecard: `make boards`."""

import argparse
import sys

from rich.console import Console

from orchestration.lib.board_server import serve_boards
from orchestration.lib.boards import (
    BoardError,
    boards_are_installed,
    check_boards,
    export_scorecard,
)
from orchestration.lib.settings import read_settings


def main() -> int:
    """Do the task; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=["serve", "check", "export"])
    parser.add_argument(
        "--listen", default="127.0.0.1", help="on which address; this machine's own"
    )
    parser.add_argument("--port", type=int, help="another than the project's own")
    arguments = parser.parse_args()
    console = Console(highlight=False, markup=False, soft_wrap=True)
    settings = read_settings()
    if not boards_are_installed():
        console.print(
            "The boards need dbt Charts: make boards adds it, on Python 3.11, 3.12 or 3.13.",
            style="red",
        )
        return 1
    published_file, language = settings.published_file, settings.dbt_vars["board_language"]
    if not published_file.is_file():
        console.print(f"{published_file} is not there yet; make run publishes it.", style="red")
        return 1
    try:
        if arguments.task == "serve":
            serve_boards(published_file, language, arguments.listen, arguments.port, console.print)
        elif arguments.task == "export":
            export_scorecard(published_file, language)
        else:
            for name in check_boards(published_file, language):
                console.print(f"{name} can be drawn.")
    except BoardError as error:
        console.print(str(error), style="red")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
