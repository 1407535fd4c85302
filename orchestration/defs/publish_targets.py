"""Copies of the published file elsewhere: an asset per target that the environment names.

A target that fails fails its own asset, after the published file is in place, and is written by the
next publish.
"""

import dagster as dg

from orchestration.defs.alerts import PUBLISHED_KEY
from orchestration.defs.resources import RefreshLock
from orchestration.lib.parquet_target import publish_parquet
from orchestration.lib.publish_targets import TargetError
from orchestration.lib.settings import read_settings

settings = read_settings()


@dg.asset(
    key=["published", "parquet"], deps=[PUBLISHED_KEY], group_name="published", kinds={"parquet"}
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


publish_targets = [published_parquet] if settings.publish_parquet else []
