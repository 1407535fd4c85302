"""Break every KPI model in obvious ways and see that the tests notice: `make mutation`.

A mutant is caught when the oracle gives other numbers for the company of the golden run, for that
company without one of its inputs, or for a generated CRM, as the tests would with those CRMs. Who
survives shows a line of a model that no test looks at.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import HealthCheck, given, settings

from tests.compiled_models import GRAINS, KPI_COLUMNS, CompiledModels
from tests.crm_strategies import Crm, crms
from tests.golden.company import NEWEST_LANDING, compiled_models, oracle_tables, read_crm
from tests.mutation.mutations import Mutant, mutants_of
from tests.oracle import KpiRow, compare
from tests.oracle.comparison import compare_table

SMALLEST_SHARE = 0.95
GENERATED_CRMS = 2
# without which some KPIs must be empty
GUARDED_ENTITIES = ("activities", "commercial_costs", "leads", "opportunities", "subscriptions")
COSTS_OF_GOODS = {"products": "unit_cost", "opportunity_lines": "cost_amount"}


def main() -> int:
    """Print what became of the mutants of each KPI version; 1 when too few were caught."""
    with TemporaryDirectory() as folder:
        models = compiled_models(Path(folder))
    mutants = make_mutants(models)
    survivors = mutants
    for name, crm in tried_crms():
        survivors = find_survivors(models, crm, survivors)
        print(f"{len(survivors)} of {len(mutants)} mutants are left after {name}", flush=True)
    print_table(mutants, survivors)
    return int(1 - len(survivors) / len(mutants) < SMALLEST_SHARE)


def make_mutants(models: CompiledModels) -> list[Mutant]:
    """The mutants of all KPI models."""
    dates = {
        model["name"]: [
            column["name"] for column in model["columns"].values() if column["data_type"] == "date"
        ]
        for model in models.models
    }
    return [
        mutant
        for model in models.models
        if model["fqn"][1:3] == ["marts", "kpis"]
        for mutant in mutants_of(model["alias"].removeprefix("kpi_"), model["compiled_code"], dates)
    ]


def tried_crms() -> Iterator[tuple[str, Crm]]:
    """The CRMs on which a mutant may show, those on which most do first."""
    golden = read_crm()
    yield "the golden run", golden
    for entity in GUARDED_ENTITIES:
        yield f"the golden run without {entity}", {**golden, entity: []}
    without_costs = {
        entity: [{**row, column: None} for row in golden[entity]]
        for entity, column in COSTS_OF_GOODS.items()
    }
    yield "the golden run without costs of goods", {**golden, **without_costs}
    for crm in generated_crms():
        yield "a generated CRM", crm


def generated_crms() -> list[Crm]:
    """The largest of some generated CRMs, the same in every run."""
    found: list[Crm] = []

    @settings(
        max_examples=20, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
    )
    @given(crms())
    def keep(crm: Crm) -> None:
        found.append(crm)

    keep()
    return sorted(found, key=lambda crm: sum(map(len, crm.values())))[-GENERATED_CRMS:]


def find_survivors(models: CompiledModels, crm: Crm, mutants: list[Mutant]) -> list[Mutant]:
    """The mutants that give what the oracle gives for the CRM."""
    models.load(crm, NEWEST_LANDING)
    models.build()
    expected = oracle_tables(crm)
    if differences := compare(expected, models.kpi_tables()):
        sys.exit("The models are broken already:\n" + "\n".join(differences[:20]))
    return [mutant for mutant in mutants if survives(models, mutant, expected[mutant.kpi])]


def survives(models: CompiledModels, mutant: Mutant, expected: list[KpiRow]) -> bool:
    """Whether the SQL of the mutant gives the expected rows; to fail on the data is to be caught.

    SQL that DuckDB does not even accept is no mutant but a mistake in `mutations.py`.
    """
    try:
        rows = models.connection.execute(f"select {KPI_COLUMNS} from ({mutant.sql})").fetchall()
    except duckdb.DataError:
        return False
    actual = [row for row in (KpiRow(*values) for values in rows) if row.period_grain in GRAINS]
    return not compare_table(mutant.kpi, expected, actual)


def print_table(mutants: list[Mutant], survivors: list[Mutant]) -> None:
    """A line per KPI version, with what survived below it, and the share of all."""
    print(f"\n{'KPI':40}{'mutants':>8}{'caught':>8}")
    for kpi in sorted({mutant.kpi for mutant in mutants}):
        survived = [mutant.change for mutant in survivors if mutant.kpi == kpi]
        count = sum(mutant.kpi == kpi for mutant in mutants)
        print(f"{kpi:40}{count:8}{count - len(survived):8}")
        for change in survived:
            print(f"    survived: {change}")
    caught = len(mutants) - len(survivors)
    print(f"{'all':40}{len(mutants):8}{caught:8}{caught / len(mutants):8.1%}")


if __name__ == "__main__":
    sys.exit(main())
