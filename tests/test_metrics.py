"""A metric of the metric layer says of itself what the catalogue says of its KPI."""

import csv

import pytest
import yaml

from orchestration.lib.settings import PROJECT_FOLDER

# Of months only; see METRICS.md.
BY_MONTH = "_by_month"

with (PROJECT_FOLDER / "seeds" / "kpi_catalog.csv").open(encoding="utf-8", newline="") as stream:
    # of each KPI its newest version
    VERSIONS = sorted(csv.DictReader(stream), key=lambda row: int(row["version"]))
    CATALOG = {row["kpi"]: row for row in VERSIONS}
METRICS = {
    metric["name"]: metric
    for metric in yaml.safe_load((PROJECT_FOLDER / "metrics" / "_metrics.yml").read_text())[
        "metrics"
    ]
}
EXPRESSED = {kpi: name for kpi in CATALOG for name in (kpi, kpi + BY_MONTH) if name in METRICS}


@pytest.mark.parametrize(("kpi", "metric"), EXPRESSED.items(), ids=EXPRESSED.values())
def test_a_metric_is_described_as_its_kpi_is(kpi: str, metric: str) -> None:
    limit = " By month." if metric.endswith(BY_MONTH) else ""

    assert METRICS[metric]["label"] == CATALOG[kpi]["label_english"]
    assert METRICS[metric]["description"] == CATALOG[kpi]["description"] + limit
