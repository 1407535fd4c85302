"""What Dagster loads."""

import dagster as dg

from orchestration.defs.alerts import (
    daily_digest,
    daily_digest_schedule,
    failure_alert,
    warning_alert,
)
from orchestration.defs.landing import raw_tables
from orchestration.defs.publish import published_file
from orchestration.defs.resources import resources
from orchestration.defs.schedules import nightly_refresh, nightly_schedule
from orchestration.defs.terminal_log import terminal_logger
from orchestration.defs.transform import dbt_models

definitions = dg.Definitions(
    assets=[raw_tables, dbt_models, published_file],
    jobs=[nightly_refresh, daily_digest],
    schedules=[nightly_schedule, daily_digest_schedule],
    sensors=[failure_alert, warning_alert],
    resources=resources,
    loggers={"console": terminal_logger},
)
