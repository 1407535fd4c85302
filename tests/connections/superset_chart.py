r"""Open the published file in Apache Superset, and hold the data of a chart against the file.

Superset has an environment of its own, outside of the project's (its packages are older):

    python3 -m venv /tmp/superset
    /tmp/superset/bin/pip install apache-superset==6.1.0 duckdb-engine duckdb==1.5.6 \
        cachetools rich flask-caching==2.3.1
    /tmp/superset/bin/python tests/connections/superset_chart.py \
        warehouse/published/sales_kpis.duckdb

(The last three are what this Superset needs and does not ask for.) It makes its tables anew, which
takes some minutes. The file is copied, and the copy replaced by another publish, as a refresh does.
A chart is drawn by the browser: what is looked at here is the data that Superset sends it.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

CONFIGURATION = """
SECRET_KEY = {secret!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
REVENUE_BY_MONTH = """
    select period_start_date, sum(kpi_value) from kpis.kpi_revenue
    where period_grain = 'month' and dimension = 'total' and is_complete
    group by all order by all
"""


class Superset:
    """A Superset without a server, asked through its web interface."""

    def __init__(self, folder: Path):
        configuration = folder / "superset_config.py"
        configuration.write_text(CONFIGURATION.format(secret=secrets.token_hex(32), folder=folder))
        os.environ["SUPERSET_CONFIG_PATH"] = str(configuration)
        os.environ["SUPERSET_HOME"] = str(folder)
        os.environ["FLASK_APP"] = "superset"

        password = secrets.token_hex(16)
        for arguments in (
            ["db", "upgrade"],
            ["init"],
            ["fab", "create-admin", "--username", "admin", "--password", password]
            + ["--firstname", "A", "--lastname", "B", "--email", "admin@example.com"],
        ):
            program = str(Path(sys.executable).with_name("superset"))
            subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL)

        from superset.app import create_app

        application = create_app()
        self.client = application.test_client()
        login = self.post(
            "security/login", username="admin", password=password, provider="db", refresh=True
        )
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {login['access_token']}"

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        response = self.client.post(f"/api/v1/{path}", json=content)
        assert response.status_code in (200, 201), response.get_data(as_text=True)
        return response.get_json()


def main() -> int:
    """Compare, publish anew, compare again; gives the exit code."""
    published_file = Path(sys.argv[1]).resolve()
    with TemporaryDirectory(prefix="sales_kpis_superset_") as name:
        folder = Path(name)
        file = folder / "sales_kpis.duckdb"
        shutil.copy(published_file, file)
        superset = Superset(folder)
        database = superset.post(
            "database/",
            database_name="Sales KPIs",
            sqlalchemy_uri=f"duckdb:///{file}?access_mode=read_only",
        )
        dataset = superset.post(
            "dataset/", database=database["id"], schema="kpis", table_name="kpi_revenue"
        )
        chart = superset.post(
            "chart/",
            slice_name="Revenue by month",
            viz_type="echarts_timeseries_line",
            datasource_id=dataset["id"],
            datasource_type="table",
            params=json.dumps({}),
        )
        first = _compare(superset, dataset["id"], chart["id"], file)
        _publish_half_of_the_revenue(file)
        second = _compare(superset, dataset["id"], chart["id"], file)
        assert first != second, "Superset goes on showing the old publish"
    print(
        f"Superset {version('apache-superset')}, duckdb-engine {version('duckdb-engine')}: the"
        f" chart has the {len(first)} months of the published file, before and after a publish."
    )
    return 0


def _compare(superset: Superset, dataset: int, chart: int, file: Path) -> list[tuple[str, float]]:
    """The chart's data, which must be what the file says."""
    answer = superset.post(
        "chart/data",
        datasource={"id": dataset, "type": "table"},
        force=True,
        form_data={"slice_id": chart},
        queries=[
            {
                "columns": ["period_start_date"],
                "metrics": [
                    {
                        "expressionType": "SIMPLE",
                        "column": {"column_name": "kpi_value"},
                        "aggregate": "SUM",
                        "label": "revenue",
                    }
                ],
                "filters": [
                    {"col": "period_grain", "op": "==", "val": "month"},
                    {"col": "dimension", "op": "==", "val": "total"},
                    {"col": "is_complete", "op": "IS TRUE"},
                ],
                "orderby": [["period_start_date", True]],
                "row_limit": 1000,
            }
        ],
    )
    charted = [row["revenue"] for row in answer["result"][0]["data"]]
    with duckdb.connect(file, read_only=True) as connection:
        published = [value for _, value in connection.execute(REVENUE_BY_MONTH).fetchall()]
    assert published and charted == published, (charted, published)
    return charted


def _publish_half_of_the_revenue(file: Path) -> None:
    """Put another file in the place of the published one, by a rename."""
    new_file = file.with_name("new.duckdb")
    shutil.copy(file, new_file)
    new_file.chmod(0o644)
    with duckdb.connect(new_file) as connection:
        (view,) = connection.execute(
            "select sql from duckdb_views() where view_name = 'kpi_revenue'"
        ).fetchone()
        table = view.rpartition(" FROM ")[2].rstrip(";")
        connection.execute(f"update {table} set kpi_value = kpi_value / 2")
    os.replace(new_file, file)


if __name__ == "__main__":
    sys.exit(main())
