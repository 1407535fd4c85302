"""The published file as an asset: made only when all models were built and all tests passed."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.resources import RefreshLock
from orchestration.defs.transform import dbt_models
from orchestration.lib.manifest import read_manifest
from orchestration.lib.publishing import PUBLISHED_SCHEMAS, publish
from orchestration.lib.settings import read_settings
from orchestration.lib.spark_exchange import collect_marts

settings = read_settings()


@dg.asset(
    key=["published", "sales_kpis"],
    deps=[key for key in dbt_models.keys if key.path[0] in PUBLISHED_SCHEMAS],
    group_name="published",
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
    publication = publish(
        settings.build_file,
        settings.published_file,
        datetime.now(UTC).replace(tzinfo=None),
        context.log.info,
    )
    context.log.info(
        f"Published {publication.table_count} tables, {publication.row_count:,} rows,"
        f" {publication.byte_count / 1e6:,.1f} MB."
    )
    return dg.MaterializeResult(
        metadata={
            "publish_id": publication.publish_id,
            "path": dg.MetadataValue.path(settings.published_file),
            "tables": publication.table_count,
            "dagster/row_count": publication.row_count,
            "bytes": publication.byte_count,
        }
    )
