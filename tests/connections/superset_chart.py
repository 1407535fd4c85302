r"""Open the published file in Apache Superset, draw a chart and hold its data against the file.

Superset has an environment of its own, outside of the project's (its packages are older):

    python3 -m venv /tmp/superset
    /tmp/superset/bin/pip install apache-superset==6.1.0 duckdb-engine duckdb==1.5.6 \
        cachetools rich flask-caching==2.3.1
    /tmp/superset/bin/python tests/connections/superset_chart.py \
        warehouse/published/sales_kpis.duckdb superset_chart.png

(The last three are what this Superset needs and does not ask for.) It makes its tables anew, which
takes some minutes. The file is copied, and the copy replaced by another publish, as a refresh does.
Debian's chromium draws the chart into the picture that is named last, to be looked at; what the
script compares is the data that Superset sends for it.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
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
REVENUE = {
    "expressionType": "SIMPLE",
    "column": {"column_name": "kpi_value"},
    "aggregate": "SUM",
    "label": "revenue",
}
MONTHS = [
    {"col": "period_grain", "op": "==", "val": "month"},
    {"col": "dimension", "op": "==", "val": "total"},
    {"col": "is_complete", "op": "IS TRUE"},
]
REVENUE_BY_MONTH = """
    select period_start_date, sum(kpi_value) from kpis.kpi_revenue
    where period_grain = 'month' and dimension = 'total' and is_complete
    group by all order by all
"""


class Superset:
    """A Superset that is asked through its web interface, without a server until one is needed."""

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

        self.application = create_app()
        self.client = self.application.test_client()
        login = self.post(
            "security/login", username="admin", password=password, provider="db", refresh=True
        )
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {login['access_token']}"

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        response = self.client.post(f"/api/v1/{path}", json=content)
        assert response.status_code in (200, 201), response.get_data(as_text=True)
        return response.get_json()

    def draw(self, chart: int, picture: Path) -> None:
        """Let a browser draw a chart, and leave what it shows as a picture."""
        from werkzeug.serving import make_server

        server = make_server("127.0.0.1", 0, self.application, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{server.port}/explore/?slice_id={chart}&standalone=1"
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu"]
        browser += [
            "--window-size=1280,800",
            "--virtual-time-budget=60000",
            f"--screenshot={picture}",
        ]
        # the browser has not signed in; nobody else reaches the loopback while it looks
        configuration = self.application.config
        public_role, configuration["AUTH_ROLE_PUBLIC"] = configuration["AUTH_ROLE_PUBLIC"], "Admin"
        try:
            subprocess.run([*browser, page], check=True, stderr=subprocess.DEVNULL)
        finally:
            configuration["AUTH_ROLE_PUBLIC"] = public_role
            server.shutdown()


def main() -> int:
    """Compare, draw, publish anew, compare again; gives the exit code."""
    published_file, picture = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
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
            params=json.dumps(
                {
                    "datasource": f"{dataset['id']}__table",
                    "viz_type": "echarts_timeseries_line",
                    "x_axis": "period_start_date",
                    "metrics": [REVENUE],
                    "adhoc_filters": [
                        {
                            "expressionType": "SIMPLE",
                            "clause": "WHERE",
                            "subject": condition["col"],
                            "operator": condition["op"],
                            "comparator": condition.get("val"),
                        }
                        for condition in MONTHS
                    ],
                    "row_limit": 1000,
                }
            ),
        )
        first = _compare(superset, dataset["id"], chart["id"], file)
        superset.draw(chart["id"], picture)
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
                "metrics": [REVENUE],
                "filters": MONTHS,
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
