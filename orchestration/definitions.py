"""What Dagster loads."""

import dagster as dg

from orchestration.defs.alerts import (
    daily_digest,
    daily_digest_schedule,
    failure_alert,
    warning_alert,
)
from orchestration.defs.closing import close_jobs, close_schedules
from orchestration.defs.kpi_watch import kpi_watch
from orchestration.defs.landing import raw_tables
from orchestration.defs.publish import published_file
from orchestration.defs.publish_targets import publish_targets
from orchestration.defs.resources import resources
from orchestration.defs.schedules import (
    dead_runs,
    new_files,
    nightly_refresh,
    nightly_schedule,
)
from orchestration.defs.terminal_log import terminal_logger
from orchestration.defs.transform import dbt_models

definitions = dg.Definitions(
    assets=[raw_tables, dbt_models, published_file, *publish_targets],
    asset_checks=[kpi_watch],
    jobs=[nightly_refresh, *close_jobs, daily_digest],
    schedules=[nightly_schedule, *close_schedules, daily_digest_schedule],
    sensors=[new_files, dead_runs, failure_alert, warning_alert],
    resources=resources,
    loggers={"console": terminal_logger},
)
