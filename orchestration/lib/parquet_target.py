"""Publish as Parquet: a folder per publish and a pointer to the newest, on a disk or in S3.

A folder is complete before `current.json` names it, and that file is replaced in one step: a rename
on a disk, a single request in S3. Who starts from it never reads half a publish.
"""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.lib.publish_targets import (
    PublishedFile,
    PublishedTable,
    TargetError,
    open_published_file,
)
from orchestration.lib.settings import PROJECT_FOLDER
from orchestration.lib.sql_text import quoted_name

if TYPE_CHECKING:
    from obstore.store import ObjectStore

# A reader may go on with the folder that it found for as many publishes.
KEPT_PUBLISHES = 7
POINTER = "current.json"
# Nothing else is ever deleted.
_FOLDER = re.compile(r"publishes/\d{8}T\d{12}_[0-9a-f-]{36}")


def publish_parquet(
    published_file: Path, location: str, report: Callable[[str], None] = lambda message: None
) -> dict[str, Any]:
    """Copy the published file to a folder or an S3 prefix (`s3://bucket/prefix`).

    Gives the manifest of the publish. A publish that is there already is left as it is. The newest
    KEPT_PUBLISHES stay. Credentials and endpoint of S3 come from the environment. Raises
    TargetError; what was there before is then still what `current.json` names.
    """
    store, failures = _open_store(location)
    try:
        with duckdb.connect() as connection:
            publication = open_published_file(connection, published_file)
            folder = (
                f"publishes/{publication.published_at:%Y%m%dT%H%M%S%f}_{publication.publish_id}"
            )
            pointer = _read_json(store, POINTER)
            if pointer and pointer["folder"] == folder:
                report(f"{location} has publish {publication.publish_id} already.")
                return _read_json(store, f"{folder}/manifest.json")
            manifest = _write_publish(connection, publication, store, folder)
        _write_json(store, f"{folder}/manifest.json", manifest)
        _write_json(
            store,
            POINTER,
            {
                "folder": folder,
                **{name: manifest[name] for name in ("publish_id", "published_at", "as_of_date")},
            },
        )
        _forget_old_publishes(store, folder)
    except failures as error:
        reason = str(error).splitlines()[0][:300]
        raise TargetError(
            f"{location} did not get the publish ({reason}); check that SALES_KPIS_PUBLISH_PARQUET"
            " names the right place and that it can be written. The next publish tries again."
        ) from error
    return manifest


def _open_store(location: str) -> tuple["ObjectStore", tuple[type[Exception], ...]]:
    """The place, and the errors of writing to it."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import LocalStore, from_url
    except ImportError as error:
        raise TargetError(
            "SALES_KPIS_PUBLISH_PARQUET needs obstore: run `make parquet`."
        ) from error
    failures = (BaseError, OSError)
    try:
        if location.startswith("s3://"):
            return from_url(location), failures
        folder = PROJECT_FOLDER / Path(location).expanduser()
        return LocalStore(folder, automatic_cleanup=True, mkdir=True), failures
    except failures as error:
        raise TargetError(
            f"SALES_KPIS_PUBLISH_PARQUET names {location}, which cannot be opened"
            f" ({str(error).splitlines()[0][:300]})."
        ) from error


def _write_publish(
    connection: duckdb.DuckDBPyConnection,
    publication: PublishedFile,
    store: "ObjectStore",
    folder: str,
) -> dict[str, Any]:
    with TemporaryDirectory(prefix="sales_kpis_parquet_") as name:
        tables = [
            _write_table(connection, table, Path(name), store, folder)
            for table in publication.tables
        ]
    return {
        "publish_id": publication.publish_id,
        "published_at": f"{publication.published_at.isoformat()}Z",
        "as_of_date": str(publication.as_of_date),
        "tables": tables,
    }


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    temporary_folder: Path,
    store: "ObjectStore",
    folder: str,
) -> dict[str, Any]:
    import obstore

    path = f"{table.schema}/{table.name}.parquet"
    file = temporary_folder / "table.parquet"
    connection.table(f"{table.schema}.{quoted_name(table.name)}").write_parquet(
        str(file), compression="zstd"
    )
    with file.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    obstore.put(store, f"{folder}/{path}", file)
    (row_count,) = connection.execute(
        "select num_rows from parquet_file_metadata(?)", [str(file)]
    ).fetchone()
    return {
        "schema": table.schema,
        "table": table.name,
        "path": path,
        "row_count": row_count,
        "byte_count": file.stat().st_size,
        "sha256": checksum,
    }


def _forget_old_publishes(store: "ObjectStore", current_folder: str) -> None:
    """Delete all but the newest folders, also those of publishes that were interrupted."""
    import obstore

    listing = obstore.list_with_delimiter(store, "publishes")["common_prefixes"]
    folders = sorted(folder for folder in listing if _FOLDER.fullmatch(folder))
    for folder in folders[:-KEPT_PUBLISHES]:
        if folder != current_folder:
            for page in obstore.list(store, folder):
                obstore.delete(store, [item["path"] for item in page])


def _read_json(store: "ObjectStore", path: str) -> dict[str, Any] | None:
    import obstore

    try:
        return json.loads(bytes(obstore.get(store, path).bytes()))
    except FileNotFoundError:
        return None


def _write_json(store: "ObjectStore", path: str, content: dict[str, Any]) -> None:
    import obstore

    obstore.put(store, path, json.dumps(content, indent=2).encode())
