"""Metrics over the published facts, for slices that cross each other: MetricFlow writes the SQL.

Needs the extra `metrics`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
    OutputColumnOrderMode,
)
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.errors.error_classes import MetricFlowException
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from orchestration.lib.manifest import prepare_manifest
from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only

# The name of the published file in profiles.yml, and so in MetricFlow's SQL.
_CATALOG = "published"


class MetricError(Exception):
    """The question has no answer; the message says what to ask instead."""


class _DuckDB:
    """What MetricFlow asks of a database in order to write SQL for it."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class MetricLayer:
    """Answers questions about metrics from a published file, which it opens anew for each."""

    def __init__(self, semantic_manifest: Path, published_file: Path):
        self._engine = MetricFlowEngine(
            SemanticManifestLookup(
                parse_manifest_from_dbt_generated_manifest(semantic_manifest.read_text())
            ),
            _DuckDB(),
        )
        self._published_file = published_file

    def slices(self) -> dict[str, list[str]]:
        """The names of all metrics, with what each can be sliced by."""
        return {
            metric.name: sorted(
                {entity.name for entity in self._engine.entities_for_metrics([metric.name])}
            )
            for metric in self._engine.list_metrics(include_dimensions=False)
        }

    def ask(
        self, metrics: Sequence[str], by: Sequence[str], where: str | None = None
    ) -> duckdb.DuckDBPyRelation:
        """One row for every combination of what is in `by` that has facts, sorted by it.

        `by` names slices and `metric_time__<grain>`; `where` is MetricFlow's, as in
        "{{ Entity('region') }} = 'Benelux'". Raises MetricError when there is nothing published or
        MetricFlow does not understand the question.
        """
        if not self._published_file.exists():
            raise MetricError(
                f"Nothing is published yet at {self._published_file}: run `make run` first."
            )
        connection = duckdb.connect()
        attach_read_only(connection, self._published_file, _CATALOG)
        return connection.sql(self.sql(metrics, by, where))

    def sql(self, metrics: Sequence[str], by: Sequence[str], where: str | None = None) -> str:
        """The query that answers a question."""
        request = MetricFlowQueryRequest.create(
            metric_names=metrics,
            group_by_names=by,
            order_by_names=by,
            where_constraints=[where] if where else None,
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            return self._engine.explain(request).sql_statement.without_descriptions.sql
        except MetricFlowException as error:
            raise MetricError(str(error)) from error


def open_metric_layer(settings: Settings) -> MetricLayer:
    """The metrics of the project as it is now, over what is published; errors: prepare_manifest."""
    manifest = prepare_manifest(replace(settings, target=_CATALOG))
    return MetricLayer(manifest.with_name("semantic_manifest.json"), settings.published_file)
