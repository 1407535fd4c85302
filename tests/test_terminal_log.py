"""What a run says in the terminal when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

from orchestration.defs.terminal_log import terminal_logger


class Warehouse(dg.ConfigurableResource):
    """Cannot be held when it is full."""

    is_full: bool

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        if self.is_full:
            refuse("The warehouse is full.")
        yield self


def refuse(sentence: str) -> None:
    try:
        raise OSError(28, "No space left on device")
    except OSError as error:
        raise dg.Failure(sentence) from error


@dg.asset
def raw_tables(warehouse: Warehouse) -> None:
    refuse("A file could not land.")


@pytest.mark.parametrize(
    ("is_full", "sentence"), [(False, "A file could not land."), (True, "The warehouse is full.")]
)
def test_a_failure_is_told_in_its_own_sentence_and_once(
    capsys: pytest.CaptureFixture[str], is_full: bool, sentence: str
) -> None:
    definitions = dg.Definitions(
        assets=[raw_tables],
        jobs=[dg.define_asset_job("job", executor_def=dg.in_process_executor)],
        resources={"warehouse": Warehouse(is_full=is_full)},
        loggers={"console": terminal_logger},
    )
    with dg.DagsterInstance.ephemeral() as instance:
        run = definitions.resolve_job_def("job").execute_in_process(
            instance=instance, run_config={"loggers": {"console": {}}}, raise_on_error=False
        )

    assert not run.success
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f" failed: {sentence}")
