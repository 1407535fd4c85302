"""Print what Dagster loads as JSON: a process of its own reads the settings of its environment."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.definitions import definitions
from orchestration.defs.resources import WRITES_WAREHOUSE


def describe() -> dict[str, Any]:
    """Assets, asset checks, what the refresh makes, which jobs write, sensors and schedules."""
    graph = definitions.resolve_asset_graph()
    job = definitions.resolve_job_def("nightly_refresh")
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "owners": graph.get(key).owners,
                "columns": describe_columns(graph.get(key).metadata),
                "parents": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
            }
            for key in graph.get_all_asset_keys()
        },
        "checks": [[key.asset_key.to_user_string(), key.name] for key in graph.asset_check_keys],
        "job": {
            "assets": sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys),
            "checks": len(job.asset_layer.asset_graph.asset_check_keys),
            "is_in_process": job.executor_def is dg.in_process_executor,
        },
        "writing_jobs": sorted(
            job.name
            for job in definitions.resolve_all_job_defs()
            if job.tags.items() >= WRITES_WAREHOUSE.items()
        ),
        "sensors": {
            sensor.name: {
                "jobs": sorted(job.name for job in sensor.jobs) if sensor.has_jobs else [],
                "seconds": sensor.minimum_interval_seconds,
                "is_running": sensor.default_status is dg.DefaultSensorStatus.RUNNING,
            }
            for sensor in definitions.sensors
        },
        "schedule": describe_schedule("nightly"),
        "digest_schedule": describe_schedule("daily_digest"),
    }


def describe_columns(metadata: Mapping[str, Any]) -> dict[str, str | None]:
    schema = metadata.get("dagster/column_schema")
    return {column.name: column.description for column in schema.columns} if schema else {}


def describe_schedule(name: str) -> dict[str, Any]:
    schedule = definitions.resolve_schedule_def(name)
    return {
        "job": schedule.job_name,
        "cron": schedule.cron_schedule,
        "time_zone": schedule.execution_timezone,
        "is_running": schedule.default_status is dg.DefaultScheduleStatus.RUNNING,
    }


if __name__ == "__main__":
    json.dump(describe(), sys.stdout)
