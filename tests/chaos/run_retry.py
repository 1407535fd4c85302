"""Kill refreshes and see each retried once: `python -m tests.chaos.run_retry`, ten minutes.

The first is started by the sensor on new files. It is killed by itself, then its retry too, then
everything at once, as when the machine restarts. At the end a file that cannot land fails one.
"""

import sys
import time
from datetime import date

import dagster as dg

from tests.chaos.trial import Trial, expect, kill_group, new_trial

SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
# more than the sensor on new files needs to start a refresh
QUIET_SECONDS = 120.0


def main() -> int:
    """Run the trial; gives the exit code."""
    with new_trial() as trial:
        trial.write_exports(date(2026, 3, 10))
        with trial.daemon() as daemon:
            _kill_a_run(trial)
            _kill_a_run_and_its_retry(trial)
            trial.launch_refresh()
            run_id = trial.wait_for_run(4)
            trial.wait_for_models(run_id)
            kill_group(daemon)
        with trial.daemon():
            _expect_retry_after_restart(trial, run_id)
            _spoil_a_file(trial)
    return 0


def _kill_a_run(trial: Trial) -> None:
    written = time.time()
    first = trial.wait_for_run(0)
    print(f"New files started a refresh after {time.time() - written:.0f} s.", flush=True)
    trial.wait_for_models(first)
    trial.kill_run(first)
    killed = time.time()
    retry = trial.wait_for_run(1)
    print(f"The retry started {trial.start_time(retry) - killed:.0f} s after the kill.", flush=True)
    expect(trial.wait_for_end(first) == FAILURE, "a killed run is reported as failed")
    expect(trial.wait_for_end(retry) == SUCCESS, "its retry refreshes the warehouse")


def _kill_a_run_and_its_retry(trial: Trial) -> None:
    trial.launch_refresh()
    for number in (2, 3):
        run_id = trial.wait_for_run(number)
        trial.wait_for_models(run_id)
        trial.kill_run(run_id)
        expect(trial.wait_for_end(run_id) == FAILURE, f"run {number} is reported as failed")
    time.sleep(QUIET_SECONDS)
    expect(len(trial.runs()) == 4, "there is no second retry, and landed files start no refresh")


def _expect_retry_after_restart(trial: Trial, run_id: str) -> None:
    restarted = time.time()
    retry = trial.wait_for_run(5)
    print(
        f"The retry started {trial.start_time(retry) - restarted:.0f} s after the daemon was back.",
        flush=True,
    )
    expect(trial.wait_for_end(run_id) == FAILURE, "a run that the restart killed is reported")
    expect(trial.wait_for_end(retry) == SUCCESS, "its retry refreshes the warehouse")


def _spoil_a_file(trial: Trial) -> None:
    file = trial.settings.landing_folder / "crm" / "products_2026-03-11.csv"
    file.write_text("product\n1\n")
    run_id = trial.wait_for_run(6)
    expect(trial.wait_for_end(run_id) == FAILURE, "a file that cannot land fails a refresh")
    time.sleep(QUIET_SECONDS)
    expect(len(trial.runs()) == 7, "a refresh that failed for a reason is not started again")


if __name__ == "__main__":
    sys.exit(main())
