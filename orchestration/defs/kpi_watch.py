"""The watch on the published KPI values as an asset check: it warns and never blocks."""

import dagster as dg
import duckdb

from orchestration.defs.publish import published_file
from orchestration.lib.kpi_watch import read_watched_values
from orchestration.lib.settings import read_settings

settings = read_settings()


@dg.asset_check(
    asset=published_file,
    description="Warns of totals outside of what earlier periods had at the same point.",
)
def kpi_watch() -> dg.AssetCheckResult:
    try:
        values = read_watched_values(settings.published_file)
    except duckdb.Error as error:
        # The numbers are published and tested: that nobody could watch them is no failed refresh.
        return _warning(f"The KPI values could not be watched: {error}", watched=0, odd=0)
    odd_values = [value for value in values if value.is_odd]
    if odd_values:
        return _warning("\n".join(map(str, odd_values)), len(values), len(odd_values))
    return dg.AssetCheckResult(
        passed=True,
        description=f"{len(values)} values are as in earlier periods.",
        metadata={"watched_values": len(values), "odd_values": 0},
    )


def _warning(description: str, watched: int, odd: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description=description,
        metadata={"watched_values": watched, "odd_values": odd},
    )
