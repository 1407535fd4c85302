"""Start three refreshes together and see them end one after the other.

`python -m tests.chaos.together`, and with `--postgres` on PostgreSQL as Dagster's storage, which
needs `make postgres`. Two start as `make run` does, one is queued for the daemon.
"""

import argparse
import sys
from contextlib import ExitStack
from datetime import date

import dagster as dg

from tests.chaos.postgres import postgres
from tests.chaos.trial import Trial, expect, new_trial, wait_for


def main() -> int:
    """Run the trial; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="keep the runs in PostgreSQL")
    with ExitStack() as stack:
        if parser.parse_args().postgres:
            environment = stack.enter_context(postgres())
            trial = stack.enter_context(new_trial("dagster_postgres.yaml", environment))
        else:
            trial = stack.enter_context(new_trial())
        trial.write_exports(date(2026, 3, 10))
        # the first parse of the project, which they would all make
        expect(trial.start_refresh("first").wait() == 0, "a refresh by itself succeeds")
        stack.enter_context(trial.daemon())
        refreshes = [trial.start_refresh(name) for name in ("here", "there")]
        trial.launch_refresh()
        _expect_one_after_the_other(trial, [refresh.wait() for refresh in refreshes])
    return 0


def _expect_one_after_the_other(trial: Trial, exit_codes: list[int]) -> None:
    expect(exit_codes == [0, 0], "both refreshes that were started here succeed")
    wait_for("the queued refresh", lambda: all(run.is_finished for run in trial.runs()))
    runs = trial.runs()
    expect(
        [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 4,
        "the queued one succeeds too, and none is added",
    )
    spans = sorted(_span(trial.instance, run.run_id) for run in runs)
    for start, end in spans:
        print(f"  {start - spans[0][0]:6.1f} s to {end - spans[0][0]:6.1f} s", flush=True)
    expect(
        all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False)),
        "none works while another one does",
    )


def _span(instance: dg.DagsterInstance, run_id: str) -> tuple[float, float]:
    """When the first step of a run started and the last one ended, in seconds since 1970."""
    steps = instance.get_run_step_stats(run_id)
    return min(step.start_time for step in steps), max(step.end_time for step in steps)


if __name__ == "__main__":
    sys.exit(main())
