"""Every KPI is a metric of the metric layer, in the same words, or METRICS.md says why not."""

import csv
import re

import pytest
import yaml

from orchestration.lib.settings import PROJECT_FOLDER

# Of months only; see METRICS.md.
BY_MONTH = "_by_month"
NOT_EXPRESSED = {
    "activities_per_rep",
    "customer_engagement",
    "new_customer_revenue_share",
    "pipeline_coverage",
    "pipeline_velocity",
    "quota_attainment",
    "revenue_per_rep",
    "sales_technique_win_rate",
}

with (PROJECT_FOLDER / "seeds" / "kpi_catalog.csv").open(encoding="utf-8", newline="") as stream:
    CATALOG = {row["kpi"]: row for row in csv.DictReader(stream)}
METRICS = {
    metric["name"]: metric
    for metric in yaml.safe_load((PROJECT_FOLDER / "metrics" / "_metrics.yml").read_text())[
        "metrics"
    ]
}
EXPRESSED = {kpi: name for kpi in CATALOG for name in (kpi, kpi + BY_MONTH) if name in METRICS}


def test_every_kpi_is_a_metric_or_said_to_be_none() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", (PROJECT_FOLDER / "METRICS.md").read_text(), re.M)

    assert CATALOG.keys() - EXPRESSED.keys() == NOT_EXPRESSED
    assert set(explained) == NOT_EXPRESSED


@pytest.mark.parametrize(("kpi", "metric"), EXPRESSED.items(), ids=EXPRESSED.values())
def test_a_metric_is_described_as_its_kpi_is(kpi: str, metric: str) -> None:
    limit = " By month." if metric.endswith(BY_MONTH) else ""

    assert METRICS[metric]["label"] == CATALOG[kpi]["label_english"]
    assert METRICS[metric]["description"] == CATALOG[kpi]["description"] + limit
