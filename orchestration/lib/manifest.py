"""The dbt manifest: what Dagster and landing know of the dbt project."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock

from orchestration.lib.settings import PROJECT_FOLDER, Settings
from orchestration.lib.warehouse_folder import writing_to_folder

DBT = str(Path(sys.executable).with_name("dbt"))
_PARSED_FOLDERS = ("macros", "metrics", "models", "seeds", "tests/data")
_PARSED_FILES = ("dbt_project.yml", "profiles.yml")


class ManifestError(Exception):
    """The dbt project does not parse; the message is dbt's own."""


def prepare_manifest(settings: Settings) -> Path:
    """Parse the dbt project unless it was parsed as it is now; gives the path of the manifest.

    Processes that start together, as the daemon and the web pages do, wait for one parse.

    Raises ManifestError with dbt's message when the project does not parse, and
    WarehouseFolderError when the folder of the warehouse cannot be written.
    """
    manifest_file = settings.dbt_target_folder / "manifest.json"
    stamp_file = settings.dbt_target_folder / "manifest.stamp"
    with writing_to_folder(settings.warehouse_folder):
        settings.dbt_target_folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.dbt_target_folder / "manifest.lock").acquire()
    with lock:
        stamp = _stamp(settings)
        if manifest_file.exists() and stamp_file.exists() and stamp_file.read_text() == stamp:
            return manifest_file
        parse = subprocess.run(
            [DBT, "--quiet", "parse", "--target-path", str(settings.dbt_target_folder)],
            cwd=PROJECT_FOLDER,
            env=settings.dbt_environment,
            capture_output=True,
            text=True,
        )
        if parse.returncode != 0:
            raise ManifestError(parse.stdout + parse.stderr)
        stamp_file.write_text(stamp)
    return manifest_file


def read_manifest(settings: Settings) -> dict[str, Any]:
    """The manifest of the project as it is now."""
    return json.loads(prepare_manifest(settings).read_text())


def _stamp(settings: Settings) -> str:
    """A text that changes whenever what dbt parses may have changed."""
    files = [PROJECT_FOLDER / name for name in _PARSED_FILES]
    for folder in _PARSED_FOLDERS:
        files += sorted(path for path in (PROJECT_FOLDER / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256(f"{settings.target} {settings.sources}".encode())
    for file in files:
        digest.update(f"{file.relative_to(PROJECT_FOLDER)} {file.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()
