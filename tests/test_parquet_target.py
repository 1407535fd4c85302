"""Publishing as Parquet, on a disk and in S3: what readers find, what a failure leaves.

`make parquet` adds what these tests need; S3 is tried where `moto_server` (package moto[server]) is
on the PATH.
"""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import dagster as dg
import duckdb
import pytest

from orchestration.defs import publish_targets
from orchestration.lib import parquet_target
from orchestration.lib.parquet_target import publish_parquet
from orchestration.lib.publish_targets import TargetError
from orchestration.lib.publishing import publish
from orchestration.lib.settings import read_settings
from tests.test_publishing import build

PUBLISHED_AT = datetime(2026, 10, 1, 3, 30)
WAITING_SECONDS = 30


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """An S3 of its own on the loopback, with a bucket `kpis`; gives its address."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("needs moto_server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [program, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(WAITING_SECONDS * 2):
            try:
                urlopen(Request(f"{address}/kpis", method="PUT"), timeout=WAITING_SECONDS)
                break
            except URLError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


@dataclass
class Target:
    """A location, and the published file that is copied to it."""

    location: str
    folder: Path

    @property
    def published_file(self) -> Path:
        return self.folder / "published" / "sales_kpis.duckdb"

    def publish_file(self, night: int = 0) -> str:
        """Publish a file that differs every night; gives its publish_id."""
        file = build(self.folder / "build.duckdb", revenue=100 + night)
        published_at = PUBLISHED_AT + timedelta(days=night)
        return publish(file, self.published_file, published_at).publish_id

    def publish(self, night: int = 0) -> str:
        publish_id = self.publish_file(night)
        publish_parquet(self.published_file, self.location)
        return publish_id

    def read(self, path: str) -> bytes:
        obstore = pytest.importorskip("obstore")
        store, _ = parquet_target._open_store(self.location)
        return bytes(obstore.get(store, path).bytes())

    def read_json(self, path: str) -> dict:
        return json.loads(self.read(path))

    def paths(self) -> set[str]:
        obstore = pytest.importorskip("obstore")
        store, _ = parquet_target._open_store(self.location)
        return {item["path"] for page in obstore.list(store) for item in page}


@pytest.fixture
def on_disk(tmp_path: Path) -> Target:
    pytest.importorskip("obstore", reason="needs `make parquet`")
    return Target(str(tmp_path / "lake"), tmp_path)


@pytest.fixture(params=["disk", "s3"])
def target(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Target:
    pytest.importorskip("obstore", reason="needs `make parquet`")
    if request.param == "disk":
        return Target(str(tmp_path / "lake"), tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3_server"))
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    return Target(f"s3://kpis/{tmp_path.name}", tmp_path)


def test_the_pointer_leads_to_every_published_row(target: Target, tmp_path: Path) -> None:
    publish_id = target.publish()

    pointer = target.read_json("current.json")
    manifest = target.read_json(f"{pointer['folder']}/manifest.json")
    assert pointer["publish_id"] == manifest["publish_id"] == publish_id
    assert (manifest["published_at"], manifest["as_of_date"]) == (
        "2026-10-01T03:30:00Z",
        "2026-09-30",
    )
    assert [f"{table['schema']}.{table['table']}" for table in manifest["tables"]] == [
        "core.periods",
        "kpis.kpi_revenue_v1",
        "reporting.kpi_values",
        "reporting.publication",
    ]
    for table in manifest["tables"]:
        content = target.read(f"{pointer['folder']}/{table['path']}")
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            table["byte_count"],
            table["sha256"],
        )
        (tmp_path / "table.parquet").write_bytes(content)
        with duckdb.connect(target.published_file, read_only=True) as connection:
            published = connection.execute(f"from {table['schema']}.{table['table']}").fetchall()
            copied = connection.execute(f"from '{tmp_path / 'table.parquet'}'").fetchall()
        assert copied == published
        assert table["row_count"] == len(published)


def test_the_newest_publishes_stay_and_nothing_of_others_is_deleted(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    monkeypatch.setattr(parquet_target, "KEPT_PUBLISHES", 2)
    store, _ = parquet_target._open_store(target.location)
    obstore.put(store, "publishes/by_hand/keep.txt", b"mine")

    publish_ids = [target.publish(night) for night in range(4)]

    kept = {path.split("_")[1].split("/")[0] for path in target.paths() if "T" in path}
    assert kept == set(publish_ids[-2:])
    assert target.read("publishes/by_hand/keep.txt") == b"mine"


def test_a_publish_that_is_there_is_not_written_again(on_disk: Target) -> None:
    on_disk.publish()
    messages: list[str] = []

    manifest = publish_parquet(on_disk.published_file, on_disk.location, messages.append)

    assert len(manifest["tables"]) == 4
    assert messages == [f"{on_disk.location} has publish {manifest['publish_id']} already."]


def test_a_publish_that_breaks_off_is_never_pointed_to_and_is_made_again(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    first = target.publish()
    second = target.publish_file(night=1)
    put = obstore.put

    def break_off(store, path, content, **options):
        if path.endswith("reporting/kpi_values.parquet"):
            raise OSError("the network is down")
        return put(store, path, content, **options)

    with monkeypatch.context() as for_a_while:
        for_a_while.setattr(obstore, "put", break_off)
        with pytest.raises(TargetError, match="did not get the publish .the network is down."):
            publish_parquet(target.published_file, target.location)
    assert target.read_json("current.json")["publish_id"] == first

    publish_parquet(target.published_file, target.location)
    assert target.read_json("current.json")["publish_id"] == second


def test_a_place_that_cannot_be_written_is_named(on_disk: Target, tmp_path: Path) -> None:
    on_disk.publish_file()
    (tmp_path / "lake").write_text("a file")

    with pytest.raises(TargetError, match="lake"):
        publish_parquet(on_disk.published_file, on_disk.location)


def test_without_the_client_the_sentence_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore.exceptions", None)

    with pytest.raises(TargetError, match="run `make parquet`"):
        publish_parquet(tmp_path / "sales_kpis.duckdb", str(tmp_path))


def test_a_target_that_fails_fails_its_own_asset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings(
        {"SALES_KPIS_WAREHOUSE": str(tmp_path), "SALES_KPIS_PUBLISH_PARQUET": str(tmp_path)}
    )
    monkeypatch.setattr(publish_targets, "settings", settings)
    monkeypatch.setenv("SALES_KPIS_WAREHOUSE", str(tmp_path))
    published = Target(str(tmp_path), tmp_path)
    publish_id = published.publish_file()
    monkeypatch.setitem(sys.modules, "obstore.exceptions", None)

    result = dg.materialize(
        [dg.AssetSpec(publish_targets.PUBLISHED_KEY), publish_targets.published_parquet],
        resources={"refresh_lock": publish_targets.RefreshLock()},
        raise_on_error=False,
    )

    assert not result.success
    assert "run `make parquet`" in str(result.all_events)
    with duckdb.connect(published.published_file, read_only=True) as connection:
        assert connection.execute("select publish_id from reporting.publication").fetchone() == (
            publish_id,
        )
