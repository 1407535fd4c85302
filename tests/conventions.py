"""What every model keeps to: each convention gives a sentence for every violation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestration.lib.publishing import PUBLISHED_SCHEMAS
from tests.oracle.kpis import KPIS

MAXIMUM_KPI_LINES = 110
PACKAGE = "sales_kpis"
LAYERS = ("staging", "intermediate", "core", "kpis", "reporting")
KPI_MACROS = (
    "kpi_total",
    "kpi_ratio",
    "kpi_balance",
    "kpi_quotient",
    "kpi_median",
    "kpi_distinct",
)
KPI_KEY = ["period_grain", "period_start_date", "dimension", "dimension_value"]
KPI_COLUMNS = {
    "period_grain": "string",
    "period_start_date": "date",
    "period_end_date": "date",
    "is_complete": "boolean",
    "dimension": "string",
    "dimension_value": "string",
    "numerator": "double",
    "denominator": "double",
    "sample_size": "bigint",
    "kpi_value": "double",
}
# Added when the sources are stacked.
STACKING_COLUMN = "source"
# What comes with one or another entity, or is a column that may be empty.
INPUTS_THAT_ARE_NO_ENTITY = {"costs_of_goods", "customers", "lead_capacity", "deal_capacity"}
# The ledger is the project's own: no CRM brings it.
FOLDERS_THAT_ARE_NO_CRM = {"landing"}

# Columns that are called a name and name no person.
NAMES_OF_THINGS = {
    "crm.campaigns.campaign_name",
    "crm.opportunities.opportunity_name",
    "crm.products.product_name",
    "superstore.order_lines.Product Name",
}
_MAY_BE_PERSONAL = re.compile(r"name|mail|phone|mobile", re.I)

_CLOCK = re.compile(r"\b(current_date|current_timestamp|now\s*\(|today\s*\(|getdate\s*\()", re.I)
# What DuckDB and Spark read differently, or only one of them reads, and what to write instead.
_NOT_PORTABLE = {
    r"::": "cast(... as ...)",
    r"\bqualify\b": "row_number() in a CTE",
    r"\bdistinct\s+on\b": "row_number() in a CTE",
    r"\basof\s+join\b": "a join on a range",
    r"\b(union|intersect|except)\s+(all\s+)?by\s+name\b": "the columns by name",
    r"\*\s*(exclude|except|replace)\b": "the columns by name",
    r"\b(un)?pivot\b": "filter (where ...)",
    r"\bgroup\s+by\s+all\b": "the columns of the group",
    r"\bignore\s+nulls\b": "a filter before the window",
    r"\brange\s+between\s+interval\b": "rows between",
    r"\bcount_if\s*\(": "count(*) filter (where ...)",
    r"\bmedian\s*\(": "percentile_cont(0.5) within group (order by ...)",
    r"\b(quantile\w*|percentile|percentile_disc|approx_\w+|mode)\s*\(": "percentile_cont",
    r"\b(arg_max|arg_min|first|last)\s*\(": "max_by, or row_number() in a CTE",
    r"\b(unnest|explode|generate_series|list_\w+|string_agg|listagg)\s*\(": "a portable macro",
    r"\b(year|month|quarter|week|day|dayofweek|weekday|isodow)\s*\(": "extract(... from ...)",
    r"\bextract\s*\(\s*(dow|isodow|isoyear|dayofweek|weekday)\b": "days_between week starts",
    r"\bdate_(trunc|diff|add|sub)\s*\((?!.*\}\})": "dbt's macros, or a portable one",
    r"\bdatediff\s*\(\s*[^)]*'(week|month|quarter|hour|minute)'": "days_between",
    r"\btype_float\b": "double",
    r"\b(varchar|text|float|real|hugeint)\b(?=\s*[),])": "string or double",
    r"\b(div|regexp_replace|log)\s*\(": "a portable macro",
    r"//": "cast(floor(cast(a as double) / b) as int)",
    r"\*\s*1\.0\b|/\s*\d+\.\d+": "cast(... as double) /",
    r"\blike\s+'[^']*\\": "a pattern without a backslash",
    r"\b(as|by|on|select|,)\s+\"": "names in lower case without quotes",
}
_ENGINE = re.compile(r"\b(adapter\.dispatch|target\.(type|name)|(duckdb|spark|default)__\w+)")

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_{1,2}[a-z0-9]+)*")
_SHORTENED_WORDS = set(
    "acct amt avg cat cd cnt cust desc dt flg ind mgr mth nbr nm nr num opp opps pct prd prod qtr"
    " qty rev src tbl tmp ts typ usr val wk yr".split()
)


@dataclass(frozen=True)
class Project:
    """The manifest with all sources enabled, the rows of the catalogue, the text of each board by
    its name, and two vars."""

    manifest: dict[str, Any]
    catalog: list[dict[str, str]]
    boards: dict[str, str]
    sources: dict[str, dict[str, list[str]]]
    admitted_personal_columns: list[str]

    @property
    def models(self) -> list[dict[str, Any]]:
        return [n for n in self.manifest["nodes"].values() if n["resource_type"] == "model"]

    @property
    def seeds(self) -> list[dict[str, Any]]:
        return [n for n in self.manifest["nodes"].values() if n["resource_type"] == "seed"]

    @property
    def kpis(self) -> list[dict[str, Any]]:
        return [model for model in self.models if layer_of(model) == "kpis"]

    @property
    def canonical_models(self) -> dict[str, dict[str, Any]]:
        """The canonical CRM: its models by entity."""
        return {
            model["name"].removeprefix("int_crm__"): model
            for model in self.models
            if model["name"].startswith("int_crm__")
        }

    @property
    def staged_entities(self) -> dict[str, set[str]]:
        """The entities for which each folder of staging has a model."""
        entities: dict[str, set[str]] = {}
        for model in self.models:
            if layer_of(model) == "staging" and model["fqn"][2] not in FOLDERS_THAT_ARE_NO_CRM:
                _, _, entity = model["name"].partition("__")
                entities.setdefault(model["fqn"][2], set()).add(entity)
        return entities


def layer_of(model: dict[str, Any]) -> str:
    """The folder below `models`, or below `marts`."""
    folders = model["fqn"][1:]
    return folders[1] if folders[0] == "marts" else folders[0]


def catalog_and_tables_are_the_same(project: Project) -> Iterator[str]:
    tables = {model["alias"] for model in project.kpis}
    cataloged = {f"kpi_{row['kpi']}_v{row['version']}" for row in project.catalog}
    for table in sorted(tables - cataloged):
        yield f"{table} has no row in kpi_catalog.csv"
    for table in sorted(cataloged - tables):
        yield f"kpi_catalog.csv has {table}, which is no model"


def kpi_values_reads_every_kpi(project: Project) -> Iterator[str]:
    kpi_values = project.manifest["nodes"][f"model.{PACKAGE}.kpi_values"]
    for model in project.kpis:
        if model["unique_id"] not in kpi_values["depends_on"]["nodes"]:
            yield f"{model['alias']} has no line in kpi_values.sql"


def every_kpi_is_in_the_oracle(project: Project) -> Iterator[str]:
    for row in project.catalog:
        if f"{row['kpi']}_v{row['version']}" not in KPIS:
            yield f"{row['kpi']} version {row['version']} has no definition in tests/oracle/kpis.py"


def every_kpi_has_a_unit_test(project: Project) -> Iterator[str]:
    tested = {(test["model"], test["version"]) for test in project.manifest["unit_tests"].values()}
    for model in project.kpis:
        if (model["name"], model["version"]) not in tested:
            yield f"{model['alias']} has no unit test"


def every_kpi_has_the_shared_contract(project: Project) -> Iterator[str]:
    for model in project.kpis:
        columns = {name: column["data_type"] for name, column in model["columns"].items()}
        if list(columns.items()) != list(KPI_COLUMNS.items()):
            yield f"{model['alias']} has other columns than a KPI table"
        if not model["contract"]["enforced"]:
            yield f"{model['alias']} has a contract that is not enforced"
        keys = [
            constraint["columns"]
            for constraint in model["constraints"]
            if constraint["type"] == "primary_key"
        ]
        if keys != [KPI_KEY]:
            yield f"{model['alias']} has another primary key than a KPI table"


def additivity_is_the_macro(project: Project) -> Iterator[str]:
    additivity = {
        f"kpi_{row['kpi']}_v{row['version']}": row["additivity"] for row in project.catalog
    }
    for model in project.kpis:
        called = [macro for macro in KPI_MACROS if re.search(rf"\b{macro}\(", model["raw_code"])]
        if called != [f"kpi_{additivity.get(model['alias'])}"]:
            yield (
                f"{model['alias']} is {additivity.get(model['alias'])} in the catalogue"
                f" and calls {', '.join(called) or 'no KPI macro'}"
            )


def latest_version_is_the_highest(project: Project) -> Iterator[str]:
    highest: dict[str, int] = {}
    for row in project.catalog:
        name = f"kpi_{row['kpi']}"
        highest[name] = max(int(row["version"]), highest.get(name, 0))
    for model in project.kpis:
        if model["latest_version"] != highest.get(model["name"]):
            yield (
                f"{model['alias']} says that the latest version is {model['latest_version']},"
                f" the catalogue {highest.get(model['name'])}"
            )


def catalog_inputs_are_known(project: Project) -> Iterator[str]:
    inputs = project.canonical_models.keys() | INPUTS_THAT_ARE_NO_ENTITY
    for row in project.catalog:
        for unknown in sorted(set(row["inputs"].split()) - inputs):
            yield f"{row['kpi']} version {row['version']} needs {unknown}, which is no input"


def readiness_looks_at_every_entity(project: Project) -> Iterator[str]:
    int_inputs = project.manifest["nodes"][f"model.{PACKAGE}.int_inputs"]
    for entity, model in project.canonical_models.items():
        if model["unique_id"] not in int_inputs["depends_on"]["nodes"]:
            yield f"int_inputs.sql leaves out {entity}"


def kpi_files_are_short(project: Project) -> Iterator[str]:
    for model in project.kpis:
        line_count = len(model["raw_code"].splitlines())
        if line_count > MAXIMUM_KPI_LINES:
            yield f"{model['alias']} has {line_count} lines, more than {MAXIMUM_KPI_LINES}"


def nothing_asks_for_the_time(project: Project) -> Iterator[str]:
    texts = {model["alias"]: model["raw_code"] for model in project.models}
    for macro in project.manifest["macros"].values():
        if macro["package_name"] == PACKAGE:
            texts[macro["name"]] = macro["macro_sql"]
    for name, text in texts.items():
        if clock := _CLOCK.search(text):
            yield f"{name} asks for the time with {clock[1]}: the as-of date is data"


def sql_runs_on_every_engine(project: Project) -> Iterator[str]:
    for name, text in _texts_outside_portable(project):
        text = _without_comments(text)
        for pattern, instead in _NOT_PORTABLE.items():
            if found := re.search(pattern, text, re.I):
                yield f"{name} has {found[0]!r}: write {instead}"


def engines_differ_in_portable_macros_only(project: Project) -> Iterator[str]:
    for name, text in _texts_outside_portable(project):
        if engine := _ENGINE.search(_without_comments(text)):
            yield f"{name} has {engine[0]}: engines differ in macros/portable only"


def _texts_outside_portable(project: Project) -> Iterator[tuple[str, str]]:
    """The name and the text of every model, test and macro that all engines share."""
    for node in project.manifest["nodes"].values():
        # a generic test has no text of its own
        if node["resource_type"] == "model" or node["path"].startswith("assert_"):
            yield node["alias"], node["raw_code"]
    for macro in project.manifest["macros"].values():
        is_portable = macro["original_file_path"].startswith("macros/portable/")
        if macro["package_name"] == PACKAGE and not is_portable:
            yield macro["name"], macro["macro_sql"]


def _without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|--[^\n]*", "", text, flags=re.S)


def crm_exports_are_the_canonical_crm(project: Project) -> Iterator[str]:
    tables = {
        source["name"]: source
        for source in project.manifest["sources"].values()
        if source["source_name"] == "crm"
    }
    for entity in sorted(tables.keys() ^ project.canonical_models.keys()):
        yield f"{entity} is in only one of the crm export and the canonical CRM"
    for entity in sorted(tables.keys() & project.canonical_models.keys()):
        exported = _documented_columns(tables[entity])
        canonical = _documented_columns(project.canonical_models[entity])
        canonical.pop(STACKING_COLUMN, None)
        for name in sorted(exported.keys() | canonical.keys()):
            if exported.get(name) != canonical.get(name):
                yield f"{entity}.{name} differs between the crm export and the canonical CRM"


def _documented_columns(node: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        name: (column["data_type"], column["description"])
        for name, column in node["columns"].items()
    }


def models_are_described(project: Project) -> Iterator[str]:
    for model in [*project.models, *project.seeds]:
        if not model["description"].strip():
            yield f"{model['alias']} has no description"
        if model["schema"] in PUBLISHED_SCHEMAS:
            if not model["columns"]:
                yield f"{model['alias']} has no columns in its YAML"
            for name, column in model["columns"].items():
                if not column["description"].strip():
                    yield f"{model['alias']}.{name} has no description"


def models_have_an_owner(project: Project) -> Iterator[str]:
    owners = {
        group["name"]: group["owner"]["name"] for group in project.manifest["groups"].values()
    }
    cataloged = {f"kpi_{row['kpi']}_v{row['version']}": row["owner"] for row in project.catalog}
    for model in [*project.models, *project.seeds]:
        owner = owners.get(model["group"] or "")
        if not owner:
            yield f"{model['alias']} has no owner: dbt_project.yml gives its folder no group"
        elif owner != cataloged.get(model["alias"], owner):
            yield f"{model['alias']} is of {owner}, in the catalogue of {cataloged[model['alias']]}"


def boards_are_exposures(project: Project) -> Iterator[str]:
    exposures = {exposure["name"]: exposure for exposure in project.manifest["exposures"].values()}
    tables = {
        f"{node['schema']}.{node['alias']}": node["unique_id"]
        for node in [*project.models, *project.seeds]
    }
    for board, text in project.boards.items():
        if board not in exposures:
            yield f"{board} is no exposure in models/_exposures.yml"
            continue
        parents = exposures[board]["depends_on"]["nodes"]
        for table in sorted(set(re.findall(r"\b\w+\.\w+", text)) & tables.keys()):
            if tables[table] not in parents:
                yield f"{board} reads {table}, which its exposure leaves out"


def exposures_are_described(project: Project) -> Iterator[str]:
    for exposure in project.manifest["exposures"].values():
        if not exposure["description"].strip() or not exposure["owner"].get("name"):
            yield f"exposure {exposure['name']} has no description or no owner"


def only_staging_reads_what_has_landed(project: Project) -> Iterator[str]:
    for model in project.models:
        sources = [
            project.manifest["sources"][parent]
            for parent in model["depends_on"]["nodes"]
            if parent.startswith("source.")
        ]
        if layer_of(model) != "staging":
            if sources:
                yield f"{model['alias']} reads a raw table"
            continue
        own_sources = {model["fqn"][2], *FOLDERS_THAT_ARE_NO_CRM}
        for source in sources:
            if source["source_name"] not in own_sources:
                yield f"{model['alias']} reads a raw table of {source['source_name']}"


def data_flows_one_way(project: Project) -> Iterator[str]:
    layers = {model["unique_id"]: layer_of(model) for model in project.models}
    for model in project.models:
        layer = layers[model["unique_id"]]
        for parent in model["depends_on"]["nodes"]:
            parent_layer = layers.get(parent)
            if parent_layer and LAYERS.index(parent_layer) > LAYERS.index(layer):
                yield f"{model['alias']} of {layer} reads {parent_layer}"
            if parent_layer and layer == "kpis" and parent_layer != "core":
                yield f"{model['alias']} reads {parent_layer}, not core"


def names_are_spelt_out(project: Project) -> Iterator[str]:
    for model in project.models:
        for name in [model["name"], *model["columns"]]:
            if not _SNAKE_CASE.fullmatch(name):
                yield f"{model['alias']}: {name} is not in snake case"
            shortened = [word for word in name.split("_") if word in _SHORTENED_WORDS]
            if shortened:
                yield f"{model['alias']}: {name} shortens a word: {', '.join(shortened)}"


def declared_sources_are_the_staging_folders(project: Project) -> Iterator[str]:
    staged = project.staged_entities
    for source in sorted(staged.keys() ^ project.sources.keys()):
        yield f"{source} is in only one of var sources and models/staging"
    for source in sorted(staged.keys() & project.sources.keys()):
        declared = project.sources[source]
        for entity in sorted(staged[source] ^ set(declared["entities"])):
            yield f"{source}.{entity} is in only one of var sources and models/staging"
        for entity in sorted(staged[source] - project.canonical_models.keys()):
            yield f"{source}.{entity} is no entity of the canonical CRM"
        stages = declared.get("stages", [])
        if "opportunities" in staged[source] and not stages:
            yield f"{source} brings opportunities and names no stages"
        if len(set(stages)) != len(stages):
            yield f"{source} names a stage twice"


def personal_columns(manifest: dict[str, Any]) -> set[str]:
    """The raw columns that are declared personal, as `<source>.<table>.<column>`."""
    return {
        f"{source['source_name']}.{source['name']}.{column['name']}"
        for source in manifest["sources"].values()
        for column in source["columns"].values()
        if column["config"]["meta"].get("personal")
    }


def names_are_declared_personal_or_of_things(project: Project) -> Iterator[str]:
    personal = personal_columns(project.manifest)
    for source in project.manifest["sources"].values():
        if source["source_name"] in FOLDERS_THAT_ARE_NO_CRM:
            continue
        for column in source["columns"].values():
            name = f"{source['source_name']}.{source['name']}.{column['name']}"
            if _MAY_BE_PERSONAL.search(column["name"]) and name not in personal | NAMES_OF_THINGS:
                yield f"{name} is neither declared personal nor in NAMES_OF_THINGS"


def personal_columns_are_read_through_a_macro(project: Project) -> Iterator[str]:
    personal = personal_columns(project.manifest)
    for model in project.models:
        if layer_of(model) != "staging":
            continue
        # neither the call of the macro nor the name that it gives the column
        text = _without_comments(model["raw_code"])
        text = re.sub(r"personal_(column|key)\(.*?\)\s*\}\}\s+as\s+\w+", "", text)
        tables = {f"{source}.{table}." for source, table in model["sources"]}
        for name in sorted(personal):
            table, column = name[: name.rindex(".") + 1], name.rpartition(".")[2]
            if table in tables and re.search(rf"\b{re.escape(column)}\b", text):
                yield f"{model['alias']} reads {name} without personal_column or personal_key"


def admitted_columns_are_declared_personal(project: Project) -> Iterator[str]:
    for name in sorted(set(project.admitted_personal_columns) - personal_columns(project.manifest)):
        yield f"admitted_personal_columns names {name}, which no source declares personal"


CONVENTIONS = (
    admitted_columns_are_declared_personal,
    additivity_is_the_macro,
    boards_are_exposures,
    catalog_and_tables_are_the_same,
    catalog_inputs_are_known,
    crm_exports_are_the_canonical_crm,
    data_flows_one_way,
    declared_sources_are_the_staging_folders,
    engines_differ_in_portable_macros_only,
    every_kpi_has_a_unit_test,
    every_kpi_has_the_shared_contract,
    every_kpi_is_in_the_oracle,
    exposures_are_described,
    kpi_files_are_short,
    kpi_values_reads_every_kpi,
    latest_version_is_the_highest,
    models_are_described,
    models_have_an_owner,
    names_are_declared_personal_or_of_things,
    names_are_spelt_out,
    nothing_asks_for_the_time,
    only_staging_reads_what_has_landed,
    personal_columns_are_read_through_a_macro,
    readiness_looks_at_every_entity,
    sql_runs_on_every_engine,
)
