"""Where things are and what the dbt project says of them: from the environment and its files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

PROJECT_FOLDER = Path(__file__).parents[2]


@dataclass(frozen=True)
class PostgresTarget:
    """The database that every publish is copied to; `reader` is the role that may read it.

    Without a password the client looks where it always does: PGPASSWORD, the password file.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(default="", repr=False)
    reader: str = ""


@dataclass(frozen=True)
class Settings:
    """Folders, sources and engine of one warehouse.

    `landing_folder` is where exports arrive, one folder per source; `warehouse_folder` holds the
    three DuckDB files; `sources` are the names of the enabled sources; `target` is the entry of
    profiles.yml that models run on (`published` only reads), and `spark_folder` what Spark and this
    machine share. `exports_scorecard` is whether a publish draws it where the boards are installed,
    `publish_parquet` the folder or S3 prefix that every publish is copied to, if any, and
    `publish_postgres` the database.
    `alert_urls` are the receivers of alerts; they hold tokens, so that nothing may print them.
    """

    landing_folder: Path
    warehouse_folder: Path
    sources: tuple[str, ...]
    target: str = "duckdb"
    spark_folder: Path | None = None
    exports_scorecard: bool = True
    publish_parquet: str | None = None
    publish_postgres: PostgresTarget | None = None
    alert_urls: tuple[str, ...] = field(default=(), repr=False)

    @property
    def raw_file(self) -> Path:
        """What has landed; precious."""
        return self.warehouse_folder / "raw.duckdb"

    @property
    def build_file(self) -> Path:
        """Where dbt builds; can be deleted at any time."""
        return self.warehouse_folder / "build.duckdb"

    @property
    def published_file(self) -> Path:
        """What readers open."""
        return self.warehouse_folder / "published" / "sales_kpis.duckdb"

    @property
    def exports_folder(self) -> Path:
        """Where the closes write their CSV, XLSX and Parquet."""
        return self.published_file.with_name("exports")

    @property
    def dbt_target_folder(self) -> Path:
        """Where dbt keeps its manifest and compiled models for this warehouse."""
        return self.warehouse_folder / ("metrics" if self.target == "published" else "dbt")

    @property
    def runs_on_spark(self) -> bool:
        """Whether the models run on Spark, and not on DuckDB."""
        return self.target.startswith("spark")

    @property
    def exchange_folder(self) -> Path:
        """Where raw tables and marts pass between Spark and DuckDB, as Parquet."""
        return self.spark_folder or self.warehouse_folder / "spark"

    @cached_property
    def dbt_vars(self) -> dict[str, Any]:
        """The vars of dbt_project.yml."""
        return yaml.safe_load((PROJECT_FOLDER / "dbt_project.yml").read_text())["vars"]

    @property
    def reporting_time_zone(self) -> ZoneInfo:
        """The time zone of dates, of schedules and of the times in messages."""
        return ZoneInfo(self.dbt_vars["reporting_timezone"])

    @property
    def dbt_environment(self) -> dict[str, str]:
        """The environment in which dbt finds this warehouse, from whatever folder it runs."""
        return {
            **os.environ,
            "DBT_PROFILES_DIR": str(PROJECT_FOLDER),
            # the project's own folder is only read
            "DBT_LOG_PATH": str(self.dbt_target_folder),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "SALES_KPIS_WAREHOUSE": str(self.warehouse_folder),
            # only a rebuild builds elsewhere
            "SALES_KPIS_BUILD": str(self.warehouse_folder),
            "SALES_KPIS_SOURCES": ",".join(self.sources),
            "SALES_KPIS_TARGET": self.target,
            "SALES_KPIS_SPARK_FOLDER": str(self.exchange_folder),
            # Its processes on this machine find each other without its name in the network.
            **({"SPARK_LOCAL_IP": "127.0.0.1"} if self.target == "spark_local" else {}),
        }


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment gives; relative folders are relative to the project.

    Raises ValueError when SALES_KPIS_SOURCES names no source, or when the PostgreSQL to publish to
    is half described.
    """
    sources = tuple(
        name.strip()
        for name in environment.get("SALES_KPIS_SOURCES", "crm").split(",")
        if name.strip()
    )
    if not sources:
        raise ValueError("SALES_KPIS_SOURCES names no source; leave it out or name at least one.")
    spark_folder = environment.get("SALES_KPIS_SPARK_FOLDER")
    return Settings(
        landing_folder=_folder(environment.get("SALES_KPIS_LANDING", "landing")),
        warehouse_folder=_folder(environment.get("SALES_KPIS_WAREHOUSE", "warehouse")),
        sources=sources,
        target=environment.get("SALES_KPIS_TARGET", "duckdb"),
        spark_folder=_folder(spark_folder) if spark_folder else None,
        exports_scorecard=environment.get("SALES_KPIS_EXPORT_SCORECARD", "yes") != "no",
        publish_parquet=environment.get("SALES_KPIS_PUBLISH_PARQUET") or None,
        publish_postgres=_postgres_target(environment),
        alert_urls=tuple(environment.get("SALES_KPIS_ALERTS", "").split()),
    )


def _postgres_target(environment: Mapping[str, str]) -> PostgresTarget | None:
    prefix = "SALES_KPIS_PUBLISH_POSTGRES_"
    host = environment.get(f"{prefix}HOST")
    if not host:
        return None
    missing = [name for name in ("DATABASE", "USER") if not environment.get(prefix + name)]
    if missing:
        names = " and ".join(prefix + name for name in missing)
        raise ValueError(f"{prefix}HOST is set; set {names} too.")
    return PostgresTarget(
        host=host,
        port=int(environment.get(f"{prefix}PORT", "5432")),
        database=environment[f"{prefix}DATABASE"],
        user=environment[f"{prefix}USER"],
        password=environment.get(f"{prefix}PASSWORD", ""),
        reader=environment.get(f"{prefix}READER", ""),
    )


def _folder(text: str) -> Path:
    return (PROJECT_FOLDER / Path(text).expanduser()).resolve()
