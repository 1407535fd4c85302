"""Serving the boards: every page from one publish, the next page from the newest."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.boards import boards_in, open_for_boards, read_by_boards

# A stream that lasts as long as the page is open.
LIVE_RELOAD = "/__livereload"


class OnePublishPerPage:
    """Middleware that keeps the published file open, and exchanges it between requests only.

    A page is made of many queries, and a publish may be renamed into place between two of them.
    """

    def __init__(self, app: Callable[..., Any], file: Path) -> None:
        self._app = app
        self._file = file
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opened: tuple[int, int] | None = None
        self._request_count = 0
        self._condition = asyncio.Condition()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] == LIVE_RELOAD:
            await self._app(scope, receive, send)
            return
        await self._begin()
        try:
            await self._app(scope, receive, send)
        finally:
            await self._end()

    async def _begin(self) -> None:
        async with self._condition:
            while (newest := self._newest()) != self._opened and self._request_count:
                await self._condition.wait()
            if newest != self._opened:
                # All connections share what is open, so the old one is closed first. A publish
                # that comes between the look and the opening is opened again by the next request.
                if self._connection:
                    self._connection.close()
                self._connection = open_for_boards(self._file)
                self._opened = newest
            self._request_count += 1

    async def _end(self) -> None:
        async with self._condition:
            self._request_count -= 1
            self._condition.notify_all()

    def _newest(self) -> tuple[int, int]:
        status = self._file.stat()
        return status.st_ino, status.st_mtime_ns


def serve_boards(
    published_file: Path, language: str, host: str, port: int | None, report: Callable[[str], None]
) -> None:
    """Serve the boards until interrupted; without `port`, on one of the project's own.

    Results are not cached: dbt Charts would take the file at the path for the one that is open.
    """
    from dbt_charts.agent_api.serve import prepare_serve
    from dbt_charts.cli.filesystem_project import FilesystemProject

    read_by_boards(published_file)
    with boards_in(language) as folder:
        setup = prepare_serve(
            FilesystemProject(folder),
            port=port,
            host=host,
            dialect="duckdb",
            target=None,
            max_workers=None,
            no_cache=True,
            cache_path=None,
        )
        setup.app.add_middleware(OnePublishPerPage, file=published_file)
        report(f"The boards are at http://{host}:{setup.port}/scorecard; Ctrl+C stops them.")
        setup.server.run()
