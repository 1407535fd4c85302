"""Every KPI version on the company of the golden run, against the file of expected values."""

from collections import Counter
from datetime import date

import pytest

from tests.compiled_models import CompiledModels
from tests.golden.company import NEWEST_LANDING, compiled_models, oracle_tables, read_crm
from tests.golden.values import (
    MOST_DIFFERENCES_SHOWN,
    GoldenValues,
    Key,
    describe_differences,
    golden_values,
    read_golden_values,
)
from tests.oracle import KpiRow

KpiTables = dict[str, list[KpiRow]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    """The models, built on the company's CRM."""
    models = compiled_models(tmp_path_factory.mktemp("golden"))
    models.load(read_crm(), NEWEST_LANDING)
    models.build()
    return models


@pytest.fixture(scope="module")
def tables(models: CompiledModels) -> KpiTables:
    return models.kpi_tables()


@pytest.fixture(scope="module")
def expected() -> GoldenValues:
    return read_golden_values()


def test_the_sql_gives_the_golden_values(tables: KpiTables, expected: GoldenValues) -> None:
    differences = describe_differences(expected, golden_values(tables))
    assert not differences, differences


def test_the_golden_values_are_the_oracles(expected: GoldenValues) -> None:
    differences = describe_differences(expected, golden_values(oracle_tables(read_crm())))
    assert not differences, differences


def test_every_kpi_version_has_a_value(tables: KpiTables, expected: GoldenValues) -> None:
    with_value = {f"{key.kpi}_v{key.version}" for key, values in expected.items() if values[-1]}
    assert sorted(tables.keys() - with_value) == []


def test_a_changed_value_is_reported(expected: GoldenValues) -> None:
    key = Key("win_rate", 2, "quarter", date(2024, 4, 1), "total", "(all)")
    assert key in expected
    agreed, planted = expected | {key: (3, 5, 5, 0.6)}, expected | {key: (4, 5, 5, 0.8)}

    report = describe_differences(agreed, planted).splitlines()

    assert report[:3] == [
        "Numbers of the golden run that moved: 1",
        "  win_rate v2: 1",
        "win_rate v2 quarter 2024-04-01 total:(all):"
        " kpi_value 0.6 -> 0.8 (+0.2), numerator 3 -> 4 (+1)",
    ]
    assert "needs a new version" in report[3]
    assert "Change a formula" in report[3]


def test_a_row_on_one_side_is_reported(expected: GoldenValues) -> None:
    key = Key("lead_response_time", 2, "quarter", date(2024, 4, 1), "total", "(all)")
    without = {other: values for other, values in expected.items() if other != key}

    assert f"{key}: 1380 -> no such row" in describe_differences(expected, without)
    assert f"{key}: no such row -> 1380" in describe_differences(without, expected)


def test_a_new_version_needs_its_values_and_no_other_version(expected: GoldenValues) -> None:
    without = {key: values for key, values in expected.items() if key.kpi != "win_rate"}

    report = describe_differences(without, expected)

    assert "-m tests.golden` adds these" in report
    assert "needs a new version" not in report


def test_many_changed_values_are_counted(expected: GoldenValues) -> None:
    moved = {
        key: (*values[:3], None) if key.kpi in ("revenue", "win_rate") else values
        for key, values in expected.items()
    }
    counts = Counter((key.kpi, key.version) for key in expected if moved[key] != expected[key])

    report = describe_differences(expected, moved).splitlines()

    assert f"  revenue v1: {counts['revenue', 1]}" in report
    assert f"  win_rate v2: {counts['win_rate', 2]}" in report
    assert sum(" -> null" in line for line in report) == MOST_DIFFERENCES_SHOWN
    assert f"and {sum(counts.values()) - MOST_DIFFERENCES_SHOWN} more" in report
