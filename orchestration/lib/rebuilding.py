"""The numbers of a past night again, in a file beside the published one."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.lib.manifest import DBT
from orchestration.lib.publishing import Publication, publish
from orchestration.lib.refresh_lock import refresh_lock
from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.sql_text import attach_read_only


class RebuildError(Exception):
    """The numbers cannot be rebuilt as asked; the sentence says why or what to ask instead."""


def parse_moment(text: str, now: datetime) -> datetime:
    """A past moment as UTC without a zone; text without a zone is UTC. `now` has a zone.

    Raises RebuildError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RebuildError(
            f"KNOWN_AT must be a moment as in '2026-03-10 04:00:00' (UTC); got {text!r}."
        ) from error
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise RebuildError(f"KNOWN_AT must be in the past; {text} is not.")
    return moment.replace(tzinfo=None)


def check_side_file(file: Path, settings: Settings) -> None:
    """Raise RebuildError for a file that rebuilding would overwrite, or that is a warehouse's."""
    if file.exists():
        raise RebuildError(f"{file} is there already; delete it or name another FILE.")
    if file.is_relative_to(settings.warehouse_folder):
        raise RebuildError(
            f"{file} lies in the warehouse {settings.warehouse_folder}; name a FILE elsewhere."
        )


def rebuild(
    settings: Settings, known_at: datetime, file: Path, report: Callable[[str], None]
) -> Publication:
    """Build the models from what had landed by `known_at` (UTC) and publish them to `file`.

    Neither the build file nor the published file is touched. The warehouse is held meanwhile,
    because nobody can land while dbt reads. Raises RebuildError.
    """
    folder = settings.warehouse_folder / "rebuild"
    with refresh_lock(settings.warehouse_folder, report, "a rebuild"):
        _check_had_landed(settings.raw_file, known_at)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            report(f"Building and testing the numbers as of {known_at} (UTC): some minutes.")
            _build(settings, known_at, folder)
            return publish(
                folder / "build.duckdb", file, datetime.now(UTC).replace(tzinfo=None), report
            )
        finally:
            shutil.rmtree(folder)


def _check_had_landed(raw_file: Path, known_at: datetime) -> None:
    if not raw_file.exists():
        raise RebuildError(f"Nothing has landed yet in {raw_file}: run `make run` first.")
    with duckdb.connect() as connection:
        attach_read_only(connection, raw_file, "raw")
        (first,) = connection.execute(
            "select min(landed_at) from raw.landing.files where status = 'landed'"
        ).fetchone()
    if first is None or known_at < first:
        raise RebuildError(
            f"Nothing had landed by {known_at}; the first file did at {first} (UTC)."
        )


def _build(settings: Settings, known_at: datetime, folder: Path) -> None:
    """Build and test the models on DuckDB, also where refreshes run on Spark: the numbers agree."""
    variables = json.dumps({"known_at": known_at.isoformat(sep=" ")})
    build = subprocess.run(
        [DBT, "--quiet", "build", "--exclude-resource-type", "unit_test", "--vars", variables]
        + ["--target-path", str(folder / "dbt")],
        cwd=PROJECT_FOLDER,
        env={
            **replace(settings, target="duckdb").dbt_environment,
            "SALES_KPIS_BUILD": str(folder),
        },
        capture_output=True,
        text=True,
    )
    if build.returncode != 0:
        raise RebuildError(
            f"The numbers as of {known_at} (UTC) do not build or fail a test:\n{build.stdout}"
        )
