"""The project keeps to its conventions, and each convention sees a violation."""

import copy
import csv
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import PROJECT_FOLDER
from tests import conventions
from tests.conftest import make_settings
from tests.conventions import CONVENTIONS, PACKAGE, Project

Convention = Callable[[Project], Iterator[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("conventions")
    settings = make_settings(folder, folder, "crm")
    settings = make_settings(folder, folder, ",".join(settings.dbt_vars["sources"]))
    with (PROJECT_FOLDER / "seeds" / "kpi_catalog.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        catalog = list(csv.DictReader(stream))
    return Project(
        read_manifest(settings),
        catalog,
        {
            file.stem: file.read_text()
            for file in (PROJECT_FOLDER / "boards" / "charts").glob("*.yml")
            if file.stem != "meta"
        },
        settings.dbt_vars["sources"],
        settings.dbt_vars["admitted_personal_columns"],
    )


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.__name__)
def test_the_project_keeps_to(project: Project, convention: Convention) -> None:
    violations = list(convention(project))
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def test_there_is_something_to_look_at(project: Project) -> None:
    assert len(project.kpis) >= 21 and len(project.catalog) >= 21
    assert len(project.canonical_models) == 16
    assert project.staged_entities.keys() == {"crm", "maven_crm", "superstore"}


def model(project: Project, name: str) -> dict[str, Any]:
    return project.manifest["nodes"][f"model.{PACKAGE}.{name}"]


def source(project: Project, name: str) -> dict[str, Any]:
    return project.manifest["sources"][f"source.{PACKAGE}.{name}"]


def catalog_row(project: Project, kpi: str, version: int) -> dict[str, str]:
    return next(
        row for row in project.catalog if (row["kpi"], row["version"]) == (kpi, str(version))
    )


def forget_catalog_row(project: Project) -> None:
    project.catalog.remove(catalog_row(project, "win_rate", 1))


def forget_model(project: Project) -> None:
    del project.manifest["nodes"][f"model.{PACKAGE}.kpi_win_rate.v1"]


def forget_line_in_kpi_values(project: Project) -> None:
    parents = model(project, "kpi_values")["depends_on"]["nodes"]
    parents.remove(f"model.{PACKAGE}.kpi_revenue.v1")


def forget_unit_tests_of_a_version(project: Project) -> None:
    tests = project.manifest["unit_tests"]
    for name, test in list(tests.items()):
        if (test["model"], test["version"]) == ("kpi_win_rate", 2):
            del tests[name]


def add_a_catalog_row(project: Project) -> None:
    project.catalog.append({**catalog_row(project, "win_rate", 2), "version": "3"})


def change_a_type(project: Project) -> None:
    model(project, "kpi_revenue.v1")["columns"]["kpi_value"]["data_type"] = "decimal(18, 2)"


def forget_a_column(project: Project) -> None:
    del model(project, "kpi_revenue.v1")["columns"]["sample_size"]


def loosen_the_contract(project: Project) -> None:
    model(project, "kpi_revenue.v1")["contract"]["enforced"] = False


def forget_the_key(project: Project) -> None:
    model(project, "kpi_revenue.v1")["constraints"].clear()


def change_additivity(project: Project) -> None:
    catalog_row(project, "win_rate", 2)["additivity"] = "total"


def call_no_macro(project: Project) -> None:
    model(project, "kpi_win_rate.v2")["raw_code"] = "select 1"


def leave_the_latest_version_behind(project: Project) -> None:
    model(project, "kpi_win_rate.v1")["latest_version"] = 1


def need_something_unknown(project: Project) -> None:
    catalog_row(project, "win_rate", 2)["inputs"] = "opportunities oportunity_stages"


def look_at_one_entity_less(project: Project) -> None:
    model(project, "int_inputs")["depends_on"]["nodes"].remove(
        f"model.{PACKAGE}.int_crm__campaigns"
    )


def write_a_long_file(project: Project) -> None:
    model(project, "kpi_revenue.v1")["raw_code"] = "kpi_total(\n" * 111


def ask_for_the_date(project: Project) -> None:
    model(project, "dim_reps")["raw_code"] += "\nwhere employed_from <= CURRENT_DATE"


def ask_for_the_time_in_a_macro(project: Project) -> None:
    project.manifest["macros"][f"macro.{PACKAGE}.kpi_part"]["macro_sql"] += "now ()"


def write_what_only_one_engine_reads(project: Project) -> None:
    model(project, "dim_reps")["raw_code"] += "\nqualify row_number() over (order by rep_id) = 1"


def write_it_in_a_macro(project: Project) -> None:
    project.manifest["macros"][f"macro.{PACKAGE}.kpi_part"]["macro_sql"] += "x::double"


def write_it_in_a_test(project: Project) -> None:
    test = project.manifest["nodes"][f"test.{PACKAGE}.assert_values_are_their_parts"]
    test["raw_code"] += "group by all"


def ask_for_the_engine(project: Project) -> None:
    model(project, "dim_reps")["raw_code"] += "{% if target.type == 'spark' %}{% endif %}"


def add_an_export(project: Project) -> None:
    manifest_sources = project.manifest["sources"]
    manifest_sources["source.new"] = {**source(project, "crm.reps"), "name": "visits"}


def redescribe_an_exported_column(project: Project) -> None:
    source(project, "crm.reps")["columns"]["team"]["description"] = "Something else."


def forget_an_exported_column(project: Project) -> None:
    del source(project, "crm.reps")["columns"]["team"]


def forget_a_description(project: Project) -> None:
    model(project, "stg_crm__reps")["description"] = " "


def forget_to_describe_a_column(project: Project) -> None:
    model(project, "dim_reps")["columns"]["team"]["description"] = ""


def forget_the_columns(project: Project) -> None:
    model(project, "dim_reps")["columns"].clear()


def forget_to_describe_a_seed(project: Project) -> None:
    seed = project.manifest["nodes"][f"seed.{PACKAGE}.kpi_catalog"]
    seed["columns"]["unit"]["description"] = ""


def take_a_folder_from_its_group(project: Project) -> None:
    model(project, "kpi_revenue.v1")["group"] = None


def give_a_kpi_to_another_group(project: Project) -> None:
    model(project, "kpi_revenue.v1")["group"] = "finance"


def add_a_board(project: Project) -> None:
    project.boards["forecast"] = "select * from reporting.kpi_values"


def read_one_table_more_in_a_board(project: Project) -> None:
    project.boards["scorecard"] = "select * from core.fct_leads as leads"


def forget_who_owns_an_exposure(project: Project) -> None:
    project.manifest["exposures"][f"exposure.{PACKAGE}.close_exports"]["owner"]["name"] = None


def read_a_raw_table_in_a_mart(project: Project) -> None:
    model(project, "dim_reps")["depends_on"]["nodes"].append(f"source.{PACKAGE}.crm.reps")


def read_a_raw_table_of_another_crm(project: Project) -> None:
    model(project, "stg_maven_crm__reps")["depends_on"]["nodes"].append(
        f"source.{PACKAGE}.crm.reps"
    )


def read_a_mart_in_staging(project: Project) -> None:
    model(project, "stg_crm__reps")["depends_on"]["nodes"].append(f"model.{PACKAGE}.dim_reps")


def read_the_canonical_crm_in_a_kpi(project: Project) -> None:
    model(project, "kpi_revenue.v1")["depends_on"]["nodes"].append(f"model.{PACKAGE}.int_crm__reps")


def shorten_a_word(project: Project) -> None:
    columns = model(project, "dim_reps")["columns"]
    columns["lead_cnt"] = columns["team"]


def write_a_name_in_camel_case(project: Project) -> None:
    columns = model(project, "dim_reps")["columns"]
    columns["teamName"] = columns["team"]


def declare_an_entity_without_a_model(project: Project) -> None:
    project.sources["maven_crm"]["entities"].append("leads")


def stage_an_entity_without_declaring_it(project: Project) -> None:
    project.sources["crm"]["entities"].remove("leads")


def stage_what_is_no_entity(project: Project) -> None:
    model(project, "stg_crm__reps")["name"] = "stg_crm__vans"


def declare_a_crm_without_a_folder(project: Project) -> None:
    project.sources["pipedrive"] = {"entities": [], "stages": []}


def declare_no_stages(project: Project) -> None:
    project.sources["crm"]["stages"].clear()


def declare_a_stage_twice(project: Project) -> None:
    project.sources["crm"]["stages"].append("Proposal")


def export_a_phone_number(project: Project) -> None:
    columns = source(project, "crm.contacts")["columns"]
    columns["phone"] = {**columns["created_at"], "name": "phone"}


def read_a_name_as_it_is(project: Project) -> None:
    model(project, "stg_crm__contacts")["raw_code"] += "\nwhere contact_name <> ''"


def admit_what_is_not_personal(project: Project) -> None:
    project.admitted_personal_columns.append("crm.reps.team")


# what is done to a copy of the project, the convention that looks, and what it says
VIOLATIONS = [
    (
        forget_catalog_row,
        conventions.catalog_and_tables_are_the_same,
        "kpi_win_rate_v1 has no row in kpi_catalog.csv",
    ),
    (
        forget_model,
        conventions.catalog_and_tables_are_the_same,
        "kpi_catalog.csv has kpi_win_rate_v1, which is no model",
    ),
    (
        forget_line_in_kpi_values,
        conventions.kpi_values_reads_every_kpi,
        "kpi_revenue_v1 has no line in kpi_values.sql",
    ),
    (
        forget_unit_tests_of_a_version,
        conventions.every_kpi_has_a_unit_test,
        "kpi_win_rate_v2 has no unit test",
    ),
    (
        add_a_catalog_row,
        conventions.every_kpi_is_in_the_oracle,
        "win_rate version 3 has no definition in tests/oracle/kpis.py",
    ),
    (
        change_a_type,
        conventions.every_kpi_has_the_shared_contract,
        "kpi_revenue_v1 has other columns than a KPI table",
    ),
    (
        forget_a_column,
        conventions.every_kpi_has_the_shared_contract,
        "kpi_revenue_v1 has other columns than a KPI table",
    ),
    (
        loosen_the_contract,
        conventions.every_kpi_has_the_shared_contract,
        "kpi_revenue_v1 has a contract that is not enforced",
    ),
    (
        forget_the_key,
        conventions.every_kpi_has_the_shared_contract,
        "kpi_revenue_v1 has another primary key than a KPI table",
    ),
    (
        change_additivity,
        conventions.additivity_is_the_macro,
        "kpi_win_rate_v2 is total in the catalogue and calls kpi_ratio",
    ),
    (
        call_no_macro,
        conventions.additivity_is_the_macro,
        "kpi_win_rate_v2 is ratio in the catalogue and calls no KPI macro",
    ),
    (
        leave_the_latest_version_behind,
        conventions.latest_version_is_the_highest,
        "kpi_win_rate_v1 says that the latest version is 1, the catalogue 2",
    ),
    (
        need_something_unknown,
        conventions.catalog_inputs_are_known,
        "win_rate version 2 needs oportunity_stages, which is no input",
    ),
    (
        look_at_one_entity_less,
        conventions.readiness_looks_at_every_entity,
        "int_inputs.sql leaves out campaigns",
    ),
    (
        write_a_long_file,
        conventions.kpi_files_are_short,
        "kpi_revenue_v1 has 111 lines, more than 110",
    ),
    (
        ask_for_the_date,
        conventions.nothing_asks_for_the_time,
        "dim_reps asks for the time with CURRENT_DATE: the as-of date is data",
    ),
    (
        ask_for_the_time_in_a_macro,
        conventions.nothing_asks_for_the_time,
        "kpi_part asks for the time with now (: the as-of date is data",
    ),
    (
        write_what_only_one_engine_reads,
        conventions.sql_runs_on_every_engine,
        "dim_reps has 'qualify': write row_number() in a CTE",
    ),
    (
        write_it_in_a_macro,
        conventions.sql_runs_on_every_engine,
        "kpi_part has '::': write cast(... as ...)",
    ),
    (
        write_it_in_a_test,
        conventions.sql_runs_on_every_engine,
        "assert_values_are_their_parts has 'group by all': write the columns of the group",
    ),
    (
        ask_for_the_engine,
        conventions.engines_differ_in_portable_macros_only,
        "dim_reps has target.type: engines differ in macros/portable only",
    ),
    (
        add_an_export,
        conventions.crm_exports_are_the_canonical_crm,
        "visits is in only one of the crm export and the canonical CRM",
    ),
    (
        redescribe_an_exported_column,
        conventions.crm_exports_are_the_canonical_crm,
        "reps.team differs between the crm export and the canonical CRM",
    ),
    (
        forget_an_exported_column,
        conventions.crm_exports_are_the_canonical_crm,
        "reps.team differs between the crm export and the canonical CRM",
    ),
    (
        forget_a_description,
        conventions.models_are_described,
        "stg_crm__reps has no description",
    ),
    (
        forget_to_describe_a_column,
        conventions.models_are_described,
        "dim_reps.team has no description",
    ),
    (
        forget_the_columns,
        conventions.models_are_described,
        "dim_reps has no columns in its YAML",
    ),
    (
        forget_to_describe_a_seed,
        conventions.models_are_described,
        "kpi_catalog.unit has no description",
    ),
    (
        take_a_folder_from_its_group,
        conventions.models_have_an_owner,
        "kpi_revenue_v1 has no owner: dbt_project.yml gives its folder no group",
    ),
    (
        give_a_kpi_to_another_group,
        conventions.models_have_an_owner,
        "kpi_revenue_v1 is of Finance, in the catalogue of Sales",
    ),
    (
        add_a_board,
        conventions.boards_are_exposures,
        "forecast is no exposure in models/_exposures.yml",
    ),
    (
        read_one_table_more_in_a_board,
        conventions.boards_are_exposures,
        "scorecard reads core.fct_leads, which its exposure leaves out",
    ),
    (
        forget_who_owns_an_exposure,
        conventions.exposures_are_described,
        "exposure close_exports has no description or no owner",
    ),
    (
        read_a_raw_table_in_a_mart,
        conventions.only_staging_reads_what_has_landed,
        "dim_reps reads a raw table",
    ),
    (
        read_a_raw_table_of_another_crm,
        conventions.only_staging_reads_what_has_landed,
        "stg_maven_crm__reps reads a raw table of crm",
    ),
    (
        read_a_mart_in_staging,
        conventions.data_flows_one_way,
        "stg_crm__reps of staging reads core",
    ),
    (
        read_the_canonical_crm_in_a_kpi,
        conventions.data_flows_one_way,
        "kpi_revenue_v1 reads intermediate, not core",
    ),
    (
        shorten_a_word,
        conventions.names_are_spelt_out,
        "dim_reps: lead_cnt shortens a word: cnt",
    ),
    (
        write_a_name_in_camel_case,
        conventions.names_are_spelt_out,
        "dim_reps: teamName is not in snake case",
    ),
    (
        declare_an_entity_without_a_model,
        conventions.declared_sources_are_the_staging_folders,
        "maven_crm.leads is in only one of var sources and models/staging",
    ),
    (
        stage_an_entity_without_declaring_it,
        conventions.declared_sources_are_the_staging_folders,
        "crm.leads is in only one of var sources and models/staging",
    ),
    (
        stage_what_is_no_entity,
        conventions.declared_sources_are_the_staging_folders,
        "crm.vans is no entity of the canonical CRM",
    ),
    (
        declare_a_crm_without_a_folder,
        conventions.declared_sources_are_the_staging_folders,
        "pipedrive is in only one of var sources and models/staging",
    ),
    (
        declare_no_stages,
        conventions.declared_sources_are_the_staging_folders,
        "crm brings opportunities and names no stages",
    ),
    (
        declare_a_stage_twice,
        conventions.declared_sources_are_the_staging_folders,
        "crm names a stage twice",
    ),
    (
        export_a_phone_number,
        conventions.names_are_declared_personal_or_of_things,
        "crm.contacts.phone is neither declared personal nor in NAMES_OF_THINGS",
    ),
    (
        read_a_name_as_it_is,
        conventions.personal_columns_are_read_through_a_macro,
        "stg_crm__contacts reads crm.contacts.contact_name without personal_column or personal_key",
    ),
    (
        admit_what_is_not_personal,
        conventions.admitted_columns_are_declared_personal,
        "admitted_personal_columns names crm.reps.team, which no source declares personal",
    ),
]


@pytest.mark.parametrize(
    "line",
    [
        "x::date",
        "select distinct on (a) b",
        "asof join prices",
        "union all by name",
        "select * exclude (a)",
        "pivot sales on month",
        "last_value(a ignore nulls) over w",
        "range between interval 7 days preceding and current row",
        "count_if(is_won)",
        "median(amount)",
        "quantile_cont(amount, 0.5)",
        "percentile_disc(0.5) within group (order by amount)",
        "arg_max(stage, entered_at)",
        "first(stage order by entered_at)",
        "unnest(tags)",
        "generate_series(1, 3)",
        "string_agg(stage, ',')",
        "year(closed_date)",
        "extract(dow from closed_date)",
        "date_trunc('week', closed_date)",
        "{{ dbt.datediff('a', 'b', 'month') }}",
        "cast(a as {{ dbt.type_float() }})",
        "cast(a as varchar)",
        "regexp_replace(a, 'b', 'c')",
        "a // 7",
        "won * 1.0 / closed",
        "seconds / 3600.0",
        'select amount as "Amount"',
    ],
)
def test_a_line_that_one_engine_reads_otherwise_is_seen(project: Project, line: str) -> None:
    spoilt = copy.deepcopy(project)
    model(spoilt, "dim_reps")["raw_code"] += f"\n{line}"

    violations = list(conventions.sql_runs_on_every_engine(spoilt))

    assert violations and all(violation.startswith("dim_reps has ") for violation in violations)


def test_every_convention_is_tried() -> None:
    assert {convention for _, convention, _ in VIOLATIONS} == set(CONVENTIONS)


@pytest.mark.parametrize(
    ("plant", "convention", "violation"),
    VIOLATIONS,
    ids=[plant.__name__ for plant, _, _ in VIOLATIONS],
)
def test_a_violation_is_seen(
    project: Project, plant: Callable[[Project], None], convention: Convention, violation: str
) -> None:
    spoilt = copy.deepcopy(project)
    plant(spoilt)

    assert violation in list(convention(spoilt))
