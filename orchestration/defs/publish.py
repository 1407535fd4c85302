"""The published file as an asset: made only when all models were built and all tests passed."""

import json
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.resources import RefreshLock
from orchestration.defs.transform import dbt_models
from orchestration.lib.boards import export_after_publish
from orchestration.lib.database_files import DatabaseFileError, wait_until_free, writing_to
from orchestration.lib.manifest import read_manifest
from orchestration.lib.publication_basis import read_basis
from orchestration.lib.publication_log import PublicationLog, RunReport
from orchestration.lib.publishing import PUBLISHED_SCHEMAS, publish
from orchestration.lib.settings import read_settings
from orchestration.lib.spark_exchange import collect_marts

settings = read_settings()


@dg.asset(
    key=["published", "sales_kpis"],
    deps=[key for key in dbt_models.keys if key.path[0] in PUBLISHED_SCHEMAS],
    group_name="published",
    owners=["team:Data"],
    kinds={"duckdb"},
)
def published_file(
    context: dg.AssetExecutionContext, refresh_lock: RefreshLock
) -> dg.MaterializeResult:
    """The DuckDB file that BI tools read: schemas kpis, reporting and core, renamed into place."""
    if settings.runs_on_spark:
        context.log.info("Reading the marts back from Spark.")
        marts_folder = settings.exchange_folder / "marts"
        collect_marts(read_manifest(settings), marts_folder, settings.build_file)
    log = PublicationLog(
        settings.raw_file, read_basis(settings, read_manifest(settings)), _report(context)
    )
    try:
        for file in (settings.raw_file, settings.build_file):
            wait_until_free(file, context.log.info)
        with writing_to(settings.published_file):
            publication = publish(
                settings.build_file,
                settings.published_file,
                datetime.now(UTC).replace(tzinfo=None),
                context.log.info,
                log,
            )
    except DatabaseFileError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    context.log.info(
        f"Published {publication.table_count} tables, {publication.row_count:,} rows,"
        f" {publication.byte_count / 1e6:,.1f} MB."
    )
    for (schema, table), row_count in publication.row_counts.items():
        # Counted here: while dbt writes the build file nobody else can read it.
        context.log_event(
            dg.AssetObservation([schema, table], metadata={"dagster/row_count": row_count})
        )
    export_after_publish(settings, context.log.info, context.log.warning)
    return dg.MaterializeResult(
        metadata={
            "publish_id": publication.publish_id,
            "path": dg.MetadataValue.path(settings.published_file),
            "tables": publication.table_count,
            "dagster/row_count": publication.row_count,
            "bytes": publication.byte_count,
        }
    )


def _report(context: dg.AssetExecutionContext) -> RunReport:
    records = context.instance.get_records_for_run(
        context.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    checks = [
        record.event_log_entry.dagster_event.asset_check_evaluation_data for record in records
    ]
    return RunReport(
        run_id=context.run_id,
        passed_check_count=sum(check.passed for check in checks),
        warned_check_count=sum(
            not check.passed and check.severity == dg.AssetCheckSeverity.WARN for check in checks
        ),
        failed_check_count=sum(
            not check.passed and check.severity == dg.AssetCheckSeverity.ERROR for check in checks
        ),
        slowest_models=_slowest_models(),
    )


def _slowest_models(count: int = 5) -> str:
    results = json.loads((settings.dbt_target_folder / "run_results.json").read_text())["results"]
    models = [result for result in results if result["unique_id"].startswith("model.")]
    models.sort(key=lambda result: result["execution_time"], reverse=True)
    return ", ".join(
        f"{model['unique_id'].split('.', 2)[2]} {model['execution_time']:.1f} s"
        for model in models[:count]
    )
