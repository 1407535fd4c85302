"""Processes that are measured: their seconds and the memory of the largest of them."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.lib.settings import PROJECT_FOLDER


class StepError(Exception):
    """A measured process failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Run:
    """What a process took: `seconds` on the clock, `processor_seconds` of all cores together,
    `peak_bytes` of resident memory at most."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


def run_python(arguments: Sequence[str], environment: Mapping[str, str], log_file: Path) -> Run:
    """Run this Python with arguments, as `run_measured`."""
    return run_measured([sys.executable, *arguments], environment, log_file)


def run_measured(command: Sequence[str], environment: Mapping[str, str], log_file: Path) -> Run:
    """Run a command in the project's folder and wait for it; what it says goes to the log file.

    The peak is that of the largest single process among it and those that it waited for, not
    their sum. Raises StepError when it fails.
    """
    started = time.monotonic()
    with log_file.open("w") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT_FOLDER, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        last_lines = "\n".join(log_file.read_text(errors="replace").splitlines()[-30:])
        raise StepError(f"{' '.join(command)} failed:\n{last_lines}")
    return Run(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        # The kernel counts in kilobytes on Linux and in bytes on macOS.
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )
