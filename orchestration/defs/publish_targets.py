"""Copies of the published file elsewhere: an asset per target that the environment names.

A target that fails fails its own asset, after the published file is in place, and is written by the
next publish.
"""

import dagster as dg

from orchestration.defs.alerts import PUBLISHED_KEY
from orchestration.defs.resources import RefreshLock
from orchestration.lib.manifest import read_manifest
from orchestration.lib.parquet_target import publish_parquet
from orchestration.lib.postgres_target import publish_postgres
from orchestration.lib.publish_targets import TargetError
from orchestration.lib.settings import read_settings
from orchestration.lib.table_keys import table_keys

settings = read_settings()


@dg.asset(
    key=["published", "parquet"],
    deps=[PUBLISHED_KEY],
    group_name="published",
    owners=["team:Data"],
    kinds={"parquet"},
)
def published_parquet(
    context: dg.AssetExecutionContext, refresh_lock: RefreshLock
) -> dg.MaterializeResult:
    """The published tables as Parquet on a disk or in S3, with a pointer to the newest publish."""
    try:
        manifest = publish_parquet(
            settings.published_file, settings.publish_parquet, context.log.info
        )
    except TargetError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={
            "publish_id": manifest["publish_id"],
            "location": settings.publish_parquet,
            "tables": len(manifest["tables"]),
            "dagster/row_count": sum(table["row_count"] for table in manifest["tables"]),
            "bytes": sum(table["byte_count"] for table in manifest["tables"]),
        }
    )


@dg.asset(
    key=["published", "postgres"],
    deps=[PUBLISHED_KEY],
    group_name="published",
    owners=["team:Data"],
    kinds={"postgres"},
)
def published_postgres(
    context: dg.AssetExecutionContext, refresh_lock: RefreshLock
) -> dg.MaterializeResult:
    """The published tables in a PostgreSQL database, replaced in one transaction."""
    target = settings.publish_postgres
    try:
        publication = publish_postgres(
            settings.published_file, target, table_keys(read_manifest(settings)), context.log.info
        )
    except TargetError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={
            "publish_id": publication.publish_id,
            "location": f"{target.database} on {target.host}",
            "tables": len(publication.tables),
            "dagster/row_count": sum(table.row_count for table in publication.tables),
        }
    )


publish_targets = [
    *([published_parquet] if settings.publish_parquet else []),
    *([published_postgres] if settings.publish_postgres else []),
]
