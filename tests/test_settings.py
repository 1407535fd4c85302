"""Settings from the environment, and the manifest that is parsed for them."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.lib.manifest import ManifestError, prepare_manifest, read_manifest
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings
from tests.conftest import make_settings


def test_defaults_lie_in_the_project() -> None:
    settings = read_settings({})

    assert settings.landing_folder == PROJECT_FOLDER / "landing"
    assert settings.warehouse_folder == PROJECT_FOLDER / "warehouse"
    assert settings.sources == ("crm",)


def test_the_files_of_a_warehouse_lie_in_its_folder(tmp_path: Path) -> None:
    settings = read_settings({"SALES_KPIS_WAREHOUSE": str(tmp_path)})

    assert settings.raw_file == tmp_path / "raw.duckdb"
    assert settings.build_file == tmp_path / "build.duckdb"
    assert settings.published_file == tmp_path / "published" / "sales_kpis.duckdb"
    assert settings.dbt_target_folder == tmp_path / "dbt"


def test_models_run_on_duckdb_unless_a_target_is_named(tmp_path: Path) -> None:
    warehouse = {"SALES_KPIS_WAREHOUSE": str(tmp_path)}
    assert not read_settings(warehouse).runs_on_spark

    on_spark = read_settings({**warehouse, "SALES_KPIS_TARGET": "spark"})

    assert on_spark.runs_on_spark
    assert on_spark.dbt_environment["SALES_KPIS_TARGET"] == "spark"
    assert on_spark.exchange_folder == tmp_path / "spark"


def test_the_folder_shared_with_spark_can_be_anywhere(tmp_path: Path) -> None:
    settings = read_settings({"SALES_KPIS_SPARK_FOLDER": str(tmp_path)})

    assert settings.exchange_folder == tmp_path
    assert settings.dbt_environment["SALES_KPIS_SPARK_FOLDER"] == str(tmp_path)


def test_relative_folders_are_relative_to_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = read_settings(
        {"SALES_KPIS_LANDING": "../exports", "SALES_KPIS_WAREHOUSE": "warehouse/north"}
    )

    assert settings.landing_folder == PROJECT_FOLDER.parent / "exports"
    assert settings.warehouse_folder == PROJECT_FOLDER / "warehouse" / "north"


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert read_settings({"SALES_KPIS_LANDING": "~/exports"}).landing_folder == tmp_path / "exports"


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("crm", ("crm",)),
        ("crm,maven_crm", ("crm", "maven_crm")),
        (" maven_crm , crm ,", ("maven_crm", "crm")),
    ],
)
def test_sources_are_a_list_with_commas(text: str, sources: tuple[str, ...]) -> None:
    assert read_settings({"SALES_KPIS_SOURCES": text}).sources == sources


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_no_source_at_all_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="SALES_KPIS_SOURCES names no source; leave it out"):
        read_settings({"SALES_KPIS_SOURCES": text})


def test_dbt_gets_the_settings_and_stays_silent_to_its_makers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALES_KPIS_THREADS", "4")
    settings = make_settings(tmp_path, tmp_path, " crm, maven_crm")

    environment = settings.dbt_environment

    assert environment["SALES_KPIS_WAREHOUSE"] == str(tmp_path / "warehouse")
    assert environment["SALES_KPIS_SOURCES"] == "crm,maven_crm"
    assert environment["SALES_KPIS_THREADS"] == "4"
    assert environment["DBT_PROFILES_DIR"] == str(PROJECT_FOLDER)
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_the_vars_are_those_of_the_dbt_project() -> None:
    dbt_vars = read_settings({}).dbt_vars

    assert dbt_vars["reporting_currency"] == "EUR"
    assert dbt_vars["fiscal_year_start_month"] == 1
    assert dbt_vars["sources"].keys() == {"crm", "maven_crm", "superstore"}


def test_a_source_that_nobody_declared_is_named_beside_those_that_are(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm,salesforce")

    with pytest.raises(
        ManifestError,
        match=r"SALES_KPIS_SOURCES names 'salesforce'.*\s+.*crm, maven_crm, superstore",
    ):
        prepare_manifest(settings)
    assert not (settings.dbt_target_folder / "manifest.stamp").exists()


def test_the_manifest_knows_the_tables_of_the_enabled_sources_only(
    demo_warehouse: Settings,
) -> None:
    sources = {
        source["source_name"] for source in read_manifest(demo_warehouse)["sources"].values()
    }

    assert sources == {"crm", "landing"}


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two files, with a program in dbt's place that notes how often it parsed."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    for file in ("dbt_project.yml", "profiles.yml", "models/revenue.sql"):
        (project / file).write_text("")
    program = tmp_path / "dbt"
    program.write_text(
        f'#!/bin/sh\necho parse >> "{tmp_path}/parses"\necho "{{}}" > "$4/manifest.json"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr("orchestration.lib.manifest.DBT", str(program))
    monkeypatch.setattr("orchestration.lib.manifest.PROJECT_FOLDER", project)
    return project


def parse_count(tmp_path: Path) -> int:
    return len((tmp_path / "parses").read_text().splitlines())


def test_nothing_is_parsed_again_while_nothing_changes(small_project: Path, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")

    manifest_files = {prepare_manifest(settings) for _ in range(3)}

    assert manifest_files == {settings.dbt_target_folder / "manifest.json"}
    assert parse_count(tmp_path) == 1


def test_other_sources_are_parsed_anew(small_project: Path, tmp_path: Path) -> None:
    for sources in ("crm", "crm,maven_crm", "maven_crm"):
        prepare_manifest(make_settings(tmp_path, tmp_path, sources))

    assert parse_count(tmp_path) == 3


def test_a_lost_manifest_is_parsed_anew(small_project: Path, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    prepare_manifest(settings).unlink()

    prepare_manifest(settings)

    assert parse_count(tmp_path) == 2


def test_a_project_that_does_not_parse_is_parsed_again_next_time(
    small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    failing_program = tmp_path / "failing_dbt"
    failing_program.write_text("#!/bin/sh\necho A model has no name.; exit 2\n")
    failing_program.chmod(0o755)
    with monkeypatch.context() as for_a_while:
        for_a_while.setattr("orchestration.lib.manifest.DBT", str(failing_program))
        with pytest.raises(ManifestError, match="A model has no name"):
            prepare_manifest(settings)

    prepare_manifest(settings)

    assert parse_count(tmp_path) == 1


@pytest.mark.parametrize(
    "changed_file",
    ["dbt_project.yml", "models/revenue.sql", "seeds/new.csv", "tests/data/assert_new.sql"],
)
def test_a_changed_or_new_file_is_parsed_anew(
    small_project: Path, tmp_path: Path, changed_file: str
) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    prepare_manifest(settings)

    file = small_project / changed_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed")
    os.utime(file, ns=(1, 1))
    prepare_manifest(settings)

    assert parse_count(tmp_path) == 2


def test_a_deleted_file_is_parsed_anew(small_project: Path, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")
    prepare_manifest(settings)

    (small_project / "models" / "revenue.sql").unlink()
    prepare_manifest(settings)

    assert parse_count(tmp_path) == 2


def test_processes_that_start_together_parse_once(small_project: Path, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, tmp_path, "crm")

    with ThreadPoolExecutor() as threads:
        list(threads.map(prepare_manifest, [settings] * 4))

    assert parse_count(tmp_path) == 1
