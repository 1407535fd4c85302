"""The dbt project as assets, its tests as asset checks."""

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration.defs.resources import RefreshLock
from orchestration.lib.column_lineage import read_column_lineage
from orchestration.lib.database_files import DatabaseFileError, prepare_build_file
from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import read_settings
from orchestration.lib.spark_exchange import export_raw

settings = read_settings()
manifest = read_manifest(settings)
# Spark names its tables otherwise than DuckDB.
column_lineage = (
    {} if settings.runs_on_spark else read_column_lineage(manifest, settings.dbt_target_folder)
)
# With less room than this, models of a small company cannot be built.
FULL_DISK_BYTES = 50_000_000
# More would hide what a column means.
MOST_ORIGINS_SHOWN = 12


class Translator(DagsterDbtTranslator):
    """A model's key is its schema and table; its group is its layer: the folder below `models`, or
    below `marts`. Its owner is that of its dbt group, and its columns say what they are made from,
    as of the last build before this was loaded."""

    def get_asset_key(self, dbt_resource_props: Any) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return "raw"
        folders = dbt_resource_props["fqn"][1:-1]
        if dbt_resource_props["resource_type"] == "seed":
            return "reporting"
        return folders[1] if folders[0] == "marts" else folders[0]

    def get_owners(self, dbt_resource_props: Any) -> list[str] | None:
        group = dbt_resource_props.get("group")
        return [f"team:{group['owner']['name']}"] if group else None

    def get_metadata(self, dbt_resource_props: Any) -> Mapping[str, Any]:
        metadata = super().get_metadata(dbt_resource_props)
        origins = column_lineage.get(dbt_resource_props["unique_id"])
        if not origins:
            return metadata
        lineage = dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(_asset_key(table), name) for table, name in columns]
                for column, columns in origins.items()
            }
        )
        metadata = {**metadata, "dagster/column_lineage": lineage}
        if schema := metadata.get("dagster/column_schema"):
            metadata["dagster/column_schema"] = _with_origins(schema, lineage)
        return metadata


def _asset_key(unique_id: str) -> dg.AssetKey:
    resource = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return Translator().get_asset_key(resource)


def _with_origins(schema: dg.TableSchema, lineage: dg.TableColumnLineage) -> dg.TableSchema:
    """The columns, whose descriptions end with what they are made from: Dagster's own pages show no
    lineage of columns."""
    columns = []
    for column in schema.columns:
        origins = lineage.deps_by_column.get(column.name, [])
        tables = {origin.asset_key for origin in origins}
        names = [f"`{origin.asset_key.path[-1]}.{origin.column_name}`" for origin in origins]
        if len(names) > MOST_ORIGINS_SHOWN:
            names = [f"{len(origins)} columns of {len(tables)} tables"]
        text = f"{column.description} From {', '.join(names)}." if names else column.description
        columns.append(dg.TableColumn(column.name, column.type, text))
    return dg.TableSchema(columns)


@dbt_assets(manifest=manifest, dagster_dbt_translator=Translator())
def dbt_models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, refresh_lock: RefreshLock
) -> Iterator[Any]:
    """Build and test all models in one dbt process; unit tests belong to development."""
    os.environ.update(settings.dbt_environment)
    try:
        prepare_build_file(settings.build_file, context.log.info)
    except DatabaseFileError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    if settings.target == "spark_local":
        # The tables of the last run, whose catalogue is gone.
        shutil.rmtree(settings.exchange_folder / "warehouse", ignore_errors=True)
    if settings.runs_on_spark:
        export_raw(settings.raw_file, settings.exchange_folder / "raw", context.log.info)
    try:
        yield from dbt.cli(
            ["build", "--exclude-resource-type", "unit_test"],
            context=context,
            target_path=settings.dbt_target_folder,
        ).stream()
    except DagsterDbtCliRuntimeError as error:
        # dbt cannot write its log either then, and its error is without a reason.
        free_bytes = shutil.disk_usage(settings.warehouse_folder).free
        if free_bytes > FULL_DISK_BYTES:
            raise
        raise dg.Failure(
            f"dbt failed, and the disk of {settings.warehouse_folder} has only"
            f" {free_bytes / 1e6:,.0f} MB left; make room and run again.",
            allow_retries=False,
        ) from error
