"""Files that arrived after the last landing, and when they are complete enough to be refreshed."""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from orchestration.lib.contracts import TableContract
from orchestration.lib.landing_files import LandingError, find_files

# How long files must stay as they are, in seconds: an upload may pause.
STABLE_SECONDS = 60.0


@dataclass(frozen=True, order=True)
class ListedFile:
    """A file in the landing folder; `source_file` is relative to it."""

    source_file: str
    byte_count: int
    modified_nanoseconds: int


@dataclass(frozen=True)
class Watch:
    """What one look at the new files leaves for the next.

    `fingerprint` stands for the new files, empty when there were none; `unchanged_since` is when
    they were first seen as they are, in seconds since 1970; `requested` is the fingerprint of the
    files for which a refresh was asked for last.
    """

    fingerprint: str = ""
    unchanged_since: float = 0.0
    requested: str = ""


def list_files(contracts: Iterable[TableContract], landing_folder: Path) -> list[ListedFile]:
    """The files that the contracts match, sorted; without those that cannot be looked at.

    What is wrong with these, landing says.
    """
    files = set()
    for contract in contracts:
        with suppress(LandingError):
            for file in find_files(contract, landing_folder):
                with suppress(OSError):
                    status = file.path.stat()
                    files.add(ListedFile(file.source_file, status.st_size, status.st_mtime_ns))
    return sorted(files)


def write_landed_files(warehouse_folder: Path, files: list[ListedFile]) -> None:
    """Note the files that lay in the landing folder when a landing began."""
    note = _note(warehouse_folder)
    new_note = note.with_name(f".{note.name}.new")
    new_note.write_text(json.dumps([astuple(file) for file in files]))
    os.replace(new_note, note)


def files_since_landing(warehouse_folder: Path, files: list[ListedFile]) -> list[ListedFile]:
    """Those of `files` that came or changed after the last landing began.

    The ledger of landing would know, but nobody can open it while a refresh writes.
    """
    try:
        landed = {ListedFile(*entry) for entry in json.loads(_note(warehouse_folder).read_text())}
    except FileNotFoundError:
        landed = set()
    return [file for file in files if file not in landed]


def watch_files(files: list[ListedFile], watch: Watch, now: float) -> tuple[Watch, str | None]:
    """Look at the new files again; gives what to remember and why no refresh is due, if none is.

    One is due once for the same files, when they have stayed the same for STABLE_SECONDS. `now` is
    in seconds since 1970.
    """
    if not files:
        return Watch(), "No file has arrived since the last landing."
    count = "1 new file" if len(files) == 1 else f"{len(files)} new files"
    fingerprint = _fingerprint(files)
    if fingerprint != watch.fingerprint or now < watch.unchanged_since:
        watch = Watch(fingerprint, now, watch.requested)
    if fingerprint == watch.requested:
        return watch, f"A refresh was asked for because of {count}; the next night tries again."
    if now - watch.unchanged_since < STABLE_SECONDS:
        return watch, f"Waiting until {count} stayed the same for {STABLE_SECONDS:.0f} seconds."
    return watch, None


def request_refresh(watch: Watch) -> Watch:
    """What to remember when a refresh is asked for because of the watched files."""
    return replace(watch, requested=watch.fingerprint)


def _note(warehouse_folder: Path) -> Path:
    return warehouse_folder / "landed_files.json"


def _fingerprint(files: list[ListedFile]) -> str:
    return hashlib.sha256(repr(files).encode()).hexdigest()
