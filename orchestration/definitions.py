"""What Dagster loads."""

import dagster as dg

from orchestration.defs.kpi_watch import kpi_watch
from orchestration.defs.landing import raw_tables
from orchestration.defs.publish import published_file
from orchestration.defs.resources import resources
from orchestration.defs.schedules import nightly_refresh, nightly_schedule
from orchestration.defs.terminal_log import terminal_logger
from orchestration.defs.transform import dbt_models

definitions = dg.Definitions(
    assets=[raw_tables, dbt_models, published_file],
    asset_checks=[kpi_watch],
    jobs=[nightly_refresh],
    schedules=[nightly_schedule],
    resources=resources,
    loggers={"console": terminal_logger},
)
