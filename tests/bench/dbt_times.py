"""The seconds of a dbt run, from its run_results.json."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class DbtTimes:
    """Seconds on the clock from the start of the first node to the end of the last.

    Nodes run side by side, so the clock is shared out by what each kind took: `models` (with the
    seeds) and `tests` add up to `nodes`.
    """

    nodes: float
    models: float
    tests: float


def read_times(target_folder: Path) -> DbtTimes:
    """The times of the run whose results are in a target folder."""
    results = json.loads((target_folder / "run_results.json").read_text())["results"]
    timings = [timing for result in results for timing in result["timing"]]
    started = min(datetime.fromisoformat(timing["started_at"]) for timing in timings)
    completed = max(datetime.fromisoformat(timing["completed_at"]) for timing in timings)
    nodes = (completed - started).total_seconds()
    in_tests = sum(
        result["execution_time"] for result in results if result["unique_id"].startswith("test.")
    )
    tests = nodes * in_tests / sum(result["execution_time"] for result in results)
    return DbtTimes(nodes=nodes, models=nodes - tests, tests=tests)
