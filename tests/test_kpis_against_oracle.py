"""Two implementations of every KPI, SQL and plain Python, on the same CRMs."""

from dataclasses import replace
from datetime import datetime

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.lib.settings import Settings
from orchestration.lib.sql_text import attach_read_only
from tests.compiled_models import GRAINS, KPI_COLUMNS, CompiledModels, compile_project
from tests.conftest import make_settings
from tests.crm_strategies import SETTINGS, canonical, crms, newest_landings
from tests.oracle import KpiRow, compare, compute_kpis
from tests.oracle import Settings as OracleSettings
from tests.oracle.comparison import is_same

MOST_DIFFERENCES_SHOWN = 20


@pytest.fixture(scope="module")
def compiled_models(tmp_path_factory: pytest.TempPathFactory) -> dict[int, CompiledModels]:
    """The models for each of the settings that the generated CRMs are tried with."""
    folder = tmp_path_factory.mktemp("compiled")
    project = make_settings(folder, folder / "landing", "crm")
    return {
        number: CompiledModels(
            compile_project(
                project,
                f"settings_{number}",
                {
                    "reporting_timezone": chosen.reporting_timezone,
                    "reporting_currency": chosen.reporting_currency,
                    "fiscal_year_start_month": chosen.fiscal_year_start_month,
                    "as_of_date": chosen.as_of_date,
                    "customer_active_days": chosen.customer_active_days,
                    "appointment_window_days": chosen.appointment_window_days,
                    "business_hours_start": chosen.business_hours_start,
                    "business_hours_end": chosen.business_hours_end,
                },
            )
        )
        for number, chosen in enumerate(SETTINGS)
    }


@settings(
    max_examples=40,
    deadline=None,
    # The same CRMs in every run, so that a failure is due to a change. Take it out to try others.
    derandomize=True,
    # A failing CRM is small already, and shrinking it would take as long as finding it.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(crm=crms(), number=st.sampled_from(range(len(SETTINGS))), newest_landing=newest_landings())
def test_sql_agrees_with_the_oracle_on_generated_crms(
    compiled_models: dict[int, CompiledModels],
    crm: dict[str, list[dict]],
    number: int,
    newest_landing: datetime,
) -> None:
    models = compiled_models[number]
    models.load(crm, newest_landing)
    models.build()
    expected = compute_kpis(canonical(crm), SETTINGS[number], newest_landing)
    differences = compare(expected, models.kpi_tables())
    assert not differences, "\n".join(differences[:MOST_DIFFERENCES_SHOWN])


# Those whose value for a day is not changed by what happens later, as that of a cohort is.
SETTLED_KPIS = (
    "revenue_v1",
    "deals_won_v1",
    "average_deal_value_v1",
    "gross_margin_v1",
    "monthly_recurring_revenue_v1",
    "net_new_mrr_v1",
    "new_customers_v1",
    "new_customer_revenue_share_v1",
    "market_share_v1",
    "revenue_per_rep_v1",
    "win_rate_v1",
    "win_rate_v2",
    "open_pipeline_value_v1",
    "leads_generated_v1",
    "lead_quality_v2",
    "marketing_qualified_leads_v1",
    "touchpoints_v1",
    "calls_and_meetings_v1",
    "bdr_capacity_v1",
    "ae_capacity_v1",
    "net_revenue_retention_v1",
    "gross_revenue_retention_v1",
    "customer_satisfaction_v1",
    "customer_satisfaction_v2",
    "net_promoter_score_v1",
    "sales_technique_feedback_v1",
)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(crm=crms(), number=st.sampled_from(range(len(SETTINGS))), newest_landing=newest_landings())
def test_a_period_up_to_a_day_is_what_it_was_as_of_that_day(
    compiled_models: dict[int, CompiledModels],
    crm: dict[str, list[dict]],
    number: int,
    newest_landing: datetime,
) -> None:
    crm = {entity: [row for row in rows if _is_in_order(row)] for entity, rows in crm.items()}
    models = compiled_models[number]
    models.load(crm, newest_landing)
    models.build()
    actual = {
        (kpi, row.period_grain, row.period_start_date, row.period_end_date): row
        for kpi, rows in models.kpi_tables(to_date=True).items()
        for row in rows
        if kpi in SETTLED_KPIS and row.dimension == "total"
    }
    canonical_crm = canonical(crm)
    for day in {row.period_end_date for row in actual.values()}:
        as_of_day = replace(SETTINGS[number], as_of_date=day)
        tables = compute_kpis(canonical_crm, as_of_day, newest_landing)
        for (kpi, grain, start, end), row in actual.items():
            if end != day:
                continue
            cell = (grain.removesuffix("_to_date"), start, "total")
            found = [
                (then.numerator, then.denominator, then.sample_size, then.kpi_value)
                for then in tables[kpi]
                if (then.period_grain, then.period_start_date, then.dimension) == cell
            ]
            now = (row.numerator, row.denominator, row.sample_size, row.kpi_value)
            if found:
                assert all(map(is_same, found[0], now)), f"{kpi}: {row}, not {found[0]}"
            else:
                # as of that day there was no fact yet, or nothing below the line
                assert row.sample_size == 0 or row.denominator == 0, f"{kpi}: {row}"


def _is_in_order(row: dict) -> bool:
    """Whether nothing happened to the record before it was entered: nobody knew it on the day."""
    created_at = row.get("created_at")
    later = [row.get("closed_at"), row.get("marketing_qualified_at")]
    return created_at is None or all(moment is None or created_at <= moment for moment in later)


def test_sql_agrees_with_the_oracle_on_demo_data(demo_warehouse: Settings) -> None:
    entities = demo_warehouse.dbt_vars["sources"]["crm"]["entities"]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        attach_read_only(connection, demo_warehouse.raw_file, "raw")
        attach_read_only(connection, demo_warehouse.build_file, "build")
        crm = {
            entity: _rows(connection, f"select * from build.intermediate.int_crm__{entity}")
            for entity in entities
        }
        crm["holidays"] = _rows(connection, "select * from build.core.holidays")
        newest_landing = connection.execute(
            "select max(landed_at) from raw.landing.files where status = 'landed'"
        ).fetchone()[0]
    with duckdb.connect() as connection:
        attach_read_only(connection, demo_warehouse.published_file, "sales_kpis")
        ladder = demo_warehouse.dbt_vars["sources"]["crm"]["stages"]
        expected = compute_kpis(crm, OracleSettings(stages={"crm": ladder}), newest_landing)
        actual = {
            kpi: [
                KpiRow(*row)
                for row in connection.execute(
                    f"select {KPI_COLUMNS} from sales_kpis.kpis.kpi_{kpi}"
                    " where list_contains(?, period_grain)",
                    [GRAINS],
                ).fetchall()
            ]
            for kpi in expected
        }
    assert all(actual.values()), "every KPI has rows on demo data"
    differences = compare(expected, actual)
    assert not differences, "\n".join(differences[:MOST_DIFFERENCES_SHOWN])


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    result = connection.execute(query)
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
