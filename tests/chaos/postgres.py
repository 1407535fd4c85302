"""A PostgreSQL of a trial's own, on the loopback."""

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HOST = "127.0.0.1"
USER = "sales_kpis"


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """Start an empty server with a password; gives the environment in which Dagster finds it.

    Ends the trial when PostgreSQL is not installed.
    """
    programs = _programs()
    with TemporaryDirectory(prefix="sales_kpis_postgres_") as name:
        folder = Path(name)
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        port = _free_port()
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
            shutil.chown(folder / "password", "postgres")
        data = str(folder / "data")
        _run(
            [str(programs / "initdb"), "--pgdata", data, "--username", USER]
            + ["--auth", "scram-sha-256", "--pwfile", str(folder / "password")]
        )
        options = f"-p {port} -c listen_addresses={HOST} -c unix_socket_directories={folder}"
        control = [str(programs / "pg_ctl"), "--pgdata", data, "--wait"]
        _run([*control, "--log", str(folder / "log"), "--options", options, "start"])
        try:
            yield {
                "SALES_KPIS_POSTGRES_HOST": HOST,
                "SALES_KPIS_POSTGRES_PORT": str(port),
                "SALES_KPIS_POSTGRES_DATABASE": "postgres",
                "SALES_KPIS_POSTGRES_USER": USER,
                "SALES_KPIS_POSTGRES_PASSWORD": password,
            }
        finally:
            _run([*control, "--mode", "immediate", "stop"])


def _programs() -> Path:
    """The folder of the server's programs, which Debian does not put on the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        raise SystemExit("This trial needs PostgreSQL: install the package postgresql.")
    return folders[-1]


def _run(command: list[str]) -> None:
    """Run a program of the server, which refuses to be run by root."""
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run(as_postgres + command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
