"""What Dagster does with runs that fail, by the configuration that the project gives it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.defs.resources import WRITES_WAREHOUSE
from orchestration.lib.settings import PROJECT_FOLDER
from orchestration.run import prepare_dagster_home

CONFIGURATION = PROJECT_FOLDER / "orchestration" / "dagster.yaml"
WILL_RETRY = "dagster/will_retry"


@dg.op
def bad_file() -> None:
    raise dg.Failure("a column is missing")


@dg.job
def refresh() -> None:
    bad_file()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").symlink_to(CONFIGURATION)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def will_retry(instance: dg.DagsterInstance, run_id: str) -> str:
    return instance.get_run_by_id(run_id).tags[WILL_RETRY]


def test_a_run_that_crashed_is_retried_once(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(refresh)
    instance.report_run_failed(run)
    of_the_run = {"dagster/parent_run_id": run.run_id, "dagster/root_run_id": run.run_id}
    retry = instance.create_run_for_job(
        refresh, parent_run_id=run.run_id, root_run_id=run.run_id, tags=of_the_run
    )
    instance.report_run_failed(retry)

    assert will_retry(instance, run.run_id) == "true"
    assert will_retry(instance, retry.run_id) == "false"


def test_a_run_that_failed_for_a_reason_is_not_retried(instance: dg.DagsterInstance) -> None:
    result = refresh.execute_in_process(instance=instance, raise_on_error=False)

    assert will_retry(instance, result.run_id) == "false"


def test_runs_that_write_follow_each_other_and_the_digest_need_not_wait(
    instance: dg.DagsterInstance,
) -> None:
    queue = instance.get_concurrency_config().run_queue_config

    assert queue.max_concurrent_runs > 1
    assert queue.tag_concurrency_limits == [{"key": key, "limit": 1} for key in WRITES_WAREHOUSE]


def test_no_run_hangs_for_ever(instance: dg.DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_max_runtime_seconds == 6 * 60 * 60


def test_postgresql_changes_the_storage_and_nothing_else() -> None:
    on_postgres = yaml.safe_load(CONFIGURATION.with_name("dagster_postgres.yaml").read_text())
    database = on_postgres.pop("storage")["postgres"]["postgres_db"]

    assert on_postgres == yaml.safe_load(CONFIGURATION.read_text())
    assert database["password"].keys() == {"env"}


def test_a_home_without_configuration_gets_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "home" / "dagster.yaml"
    monkeypatch.setenv("DAGSTER_HOME", str(file.parent))

    prepare_dagster_home()
    assert file.samefile(CONFIGURATION)

    file.unlink()
    file.symlink_to(tmp_path / "where the project was" / "dagster.yaml")
    prepare_dagster_home()
    assert file.samefile(CONFIGURATION)


def test_a_home_keeps_its_own_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dagster.yaml"
    file.write_text("telemetry: {enabled: false}")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    prepare_dagster_home()

    assert file.read_text() == "telemetry: {enabled: false}"
