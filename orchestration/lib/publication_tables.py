"""The history of publishing: tables of the precious file, copied into every published file."""

import duckdb

from orchestration.lib.sql_text import quoted_text

SCHEMA = "reporting"
_CELL = {
    "kpi": ("varchar", "Name of the KPI."),
    "version": ("integer", "Version of its definition."),
    "period_grain": ("varchar", "`week`, `month` or `quarter`."),
    "period_start_date": ("date", "First day of the period."),
    "dimension": ("varchar", "`total`, or the slice by which the KPI is split."),
    "dimension_value": ("varchar", "Value of the slice; `(all)` for `total`."),
}
CELL_COLUMNS = tuple(_CELL)
_PUBLISH_ID = {"publish_id": ("varchar", "The publish.")}

# For each table what one row is, and its columns with type and meaning. Moments are UTC.
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "publications": (
        "One row per publish, and what it was made from.",
        {
            **_PUBLISH_ID,
            "published_at": ("timestamp", "When; a later publish has a later moment."),
            "as_of_date": ("date", "Last day that counted."),
            "landed_file_count": ("bigint", "Rows of landing.files that it knew."),
            "settings": ("varchar", "The vars, sources and engine, as JSON."),
            "definitions": ("varchar", "A checksum per model, seed and macro, as JSON."),
        },
    ),
    "kpi_publications": (
        "One row per KPI value that a publish changed: as it was first published, and each change.",
        {
            **_PUBLISH_ID,
            "published_at": ("timestamp", "When."),
            **_CELL,
            "is_complete": ("boolean", "Whether the period had ended by the as-of date."),
            "is_gone": ("boolean", "Whether the KPI no longer has this row."),
            "numerator": ("double", "Part above the line."),
            "denominator": ("double", "Part below the line."),
            "kpi_value": ("double", "The value; null when gone or without denominator."),
        },
    ),
    "period_closes": (
        "One row per closed period: the publish that was its reported state.",
        {
            "period_grain": ("varchar", "`week`, `month` or `quarter`."),
            "period_start_date": ("date", "First day of the period."),
            "period_end_date": ("date", "Last day of the period, inclusive."),
            **_PUBLISH_ID,
            "as_of_date": ("date", "Last day that counted in that publish."),
            "closed_at": ("timestamp", "When."),
        },
    ),
    "kpi_restatements": (
        "One row per change of a value whose period was closed.",
        {
            **_PUBLISH_ID,
            "restated_at": ("timestamp", "When it was published."),
            **_CELL,
            "first_reported_value": ("double", "The value at the close of the period."),
            "previous_value": ("double", "The value until this publish."),
            "kpi_value": ("double", "The value from this publish on."),
            "reason": (
                "varchar",
                "`late_or_changed_rows`, `deleted_rows`, `changed_definition`, `changed_setting` or"
                " `unknown`; all that may be it, joined by ` or `.",
            ),
            "reason_detail": ("varchar", "The raw tables, definitions or settings concerned."),
        },
    ),
    "refresh_runs": (
        "One row per refresh that began to land; one without publish_id failed or is running.",
        {
            "run_id": ("varchar", "The run in Dagster."),
            "started_at": ("timestamp", "When it began to land."),
            "landed_row_count": ("bigint", "Keys that were new, changed or deleted."),
            "rejected_row_count": ("bigint", "Rows of the new files that could not land."),
            **_PUBLISH_ID,
            "published_at": ("timestamp", "When it published."),
            "duration_seconds": ("double", "From landing to publishing."),
            "changed_value_count": ("bigint", "Rows that it added to kpi_publications."),
            "restatement_count": ("bigint", "Rows that it added to kpi_restatements."),
            "passed_check_count": ("bigint", "Checks and tests that passed before publishing."),
            "warned_check_count": ("bigint", "Those that only warn and did not pass."),
            "failed_check_count": ("bigint", "Those that block; 0 in a run that published."),
            "slowest_models": ("varchar", "The five slowest models with their seconds."),
        },
    ),
}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables with their comments where absent, in the database that is in use."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for table, (description, columns) in TABLES.items():
        name = f"{SCHEMA}.{table}"
        types = ", ".join(f"{column} {sql_type}" for column, (sql_type, _) in columns.items())
        connection.execute(f"create table if not exists {name} ({types})")
        connection.execute(f"comment on table {name} is {quoted_text(description)}")
        for column, (_, meaning) in columns.items():
            connection.execute(f"comment on column {name}.{column} is {quoted_text(meaning)}")


def has_tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> bool:
    """Whether an attached file has them; one that was published by an earlier release has none."""
    (count,) = connection.execute(
        "select count(*) from duckdb_tables()"
        " where database_name = ? and schema_name = ? and list_contains(?, table_name)",
        [catalog, SCHEMA, list(TABLES)],
    ).fetchone()
    return count == len(TABLES)
