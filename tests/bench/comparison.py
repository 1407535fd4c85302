"""Whether the hand-written script and the models give the same numbers."""

from pathlib import Path

import duckdb

from orchestration.lib.sql_text import attach_read_only

TOLERANCE = 1e-9

_KEY = "kpi, version, period_grain, period_start_date, dimension, dimension_value"
_COLUMNS = f"{_KEY}, period_end_date, is_complete"
_PARTS = ("numerator", "denominator", "sample_size", "kpi_value")


class DifferenceError(Exception):
    """The script and the models disagree; the message shows some of the rows."""


def check_equal(script_file: Path, build_file: Path) -> int:
    """Compare the script's table `kpi_values` with the models'; gives the number of rows.

    Numbers are equal when they differ by no more than TOLERANCE, as a fraction of those above 1.
    Raises DifferenceError when a row is missing on one side, there twice, or has another number.
    """
    differs = " or ".join(
        f"(by_hand.{part} is null) <> (modelled.{part} is null)"
        f" or abs(by_hand.{part} - modelled.{part})"
        f" > {TOLERANCE} * greatest(1, abs(modelled.{part}))"
        for part in _PARTS
    )
    with duckdb.connect() as connection:
        attach_read_only(connection, script_file, "script")
        attach_read_only(connection, build_file, "build")
        by_hand, modelled, keys = connection.execute(
            f"""
            select
                (select count(*) from script.kpi_values),
                (select count(*) from build.reporting.kpi_values),
                (select count(*) from (select distinct {_KEY} from build.reporting.kpi_values))
            """
        ).fetchone()
        differences = connection.sql(
            f"""
            from script.kpi_values as by_hand
            full join build.reporting.kpi_values as modelled using ({_COLUMNS})
            select
                {_COLUMNS},
                {", ".join(f"by_hand.{part} as hand_written_{part}" for part in _PARTS)},
                {", ".join(f"modelled.{part} as modelled_{part}" for part in _PARTS)}
            where by_hand.kpi is null or modelled.kpi is null or {differs}
            order by all
            limit 10
            """
        )
        if differences.fetchone() or not by_hand == modelled == keys:
            raise DifferenceError(
                f"{by_hand:,} rows by hand, {modelled:,} rows of {keys:,} keys from the models."
                f" Some that differ:\n{differences}"
            )
    return modelled
