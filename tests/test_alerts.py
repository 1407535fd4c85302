"""What the alerts say, who gets them, and what they never tell."""

import json
import logging
import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial, reduce
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import requests

from orchestration.defs import alerts as sensors
from orchestration.lib.alerts import (
    Check,
    FailedRun,
    Step,
    failure_message,
    last_publish_line,
    send,
    warning_messages,
)
from orchestration.lib.digest import Digest, Runs, digest_message, read_digest
from orchestration.lib.scorecard import ScorecardRow
from orchestration.lib.settings import PROJECT_FOLDER, Settings, read_settings

RUN = "7a3c8f52-0c1e-4f6e-9a55-3f0f6f5d1b11"
PUBLISH = "e1b7c9d4-52aa-4d0e-8a3f-6f1f2b3c4d5e"
MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TOKEN = "tok3n-of-the-receiver"


def make_settings(tmp_path: Path, urls: str = "") -> Settings:
    return read_settings(
        {
            "SALES_KPIS_LANDING": "/srv/landing",
            "SALES_KPIS_WAREHOUSE": str(tmp_path),
            "SALES_KPIS_ALERTS": urls,
        }
    )


SETTINGS = make_settings(Path("/srv/warehouse"))
LAST_PUBLISH = (
    "Last good publish: 22 November 2026 03:04 UTC, 27 hours ago, numbers up to 21 November 2026"
    f" (publish {PUBLISH})."
)

FAILURE = f"""\
nightly_refresh failed at published__sales_kpis

Nothing was published: the numbers of the last good publish stand.
{LAST_PUBLISH}

What failed: published__sales_kpis
reporting.kpi_values has 9 rows in the new file, 10 were built.

Look first at the log of the step in Dagster's UI.
Run: {RUN} (nightly_refresh)"""

CRASH = f"""\
nightly_refresh crashed at dbt_models

Nothing was published: the numbers of the last good publish stand.
{LAST_PUBLISH}

What failed: dbt_models: Run timed out: its process is gone.

Look first at the machine: was it restarted, was the process killed for want of memory?
journalctl --since -2h | grep -i -E 'killed|out of memory|boot'
Dagster starts it once more by itself.
Run: {RUN} (nightly_refresh)"""

REFUSED_FILE = f"""\
Publish blocked: 1 check failed in raw_tables

Nothing was published: the numbers of the last good publish stand.
{LAST_PUBLISH}

What failed: raw_tables
- crm.products: rejected_rows: crm/products.csv misses the declared column 'list_price'.

Look first at the file that the message names, below /srv/landing: once a correct one has \
its name, the next refresh lands it.
Run: {RUN} (nightly_refresh)"""

REJECTED_ROWS = f"""\
Publish blocked: 1 check failed in raw_tables

Nothing was published: the numbers of the last good publish stand.
{LAST_PUBLISH}

What failed: raw_tables
- crm.leads: rejected_rows: 5.00% of the rows of a file were rejected; see landing.rejected_rows.

Look first at the rejected rows, their columns and reasons:
duckdb -readonly /srv/warehouse/raw.duckdb "from landing.rejected_rows where source_name = 'crm' \
and table_name = 'leads' order by rejected_at desc limit 20"
Run: {RUN} (nightly_refresh)"""

FAILED_TEST = f"""\
Publish blocked: 1 check failed in dbt_models

Nothing was published: the numbers of the last good publish stand.
{LAST_PUBLISH}

What failed: dbt_models
- core.fct_opportunities: assert_won_amounts_have_a_rate: found 3 rows

Look first at the rows that the test found:
DBT_PROFILES_DIR=. .venv/bin/dbt show --select assert_won_amounts_have_a_rate --limit 20
Run: {RUN} (nightly_refresh)"""

STALE_SOURCE = f"""\
Stale source: crm.activities, crm.leads

- The newest file of crm.activities arrived at 2026-11-20 02:10 UTC, 3.0 days ago; one is due every 24 hours.
- The newest file of crm.leads arrived at 2026-11-21 02:10 UTC, 49 hours ago; one is due every 24 hours.

{LAST_PUBLISH}
Look first at whether the exports of these tables arrive below /srv/landing; what arrives later \
lands with the next refresh.
Run: {RUN}"""  # noqa: E501

ANOMALY = f"""\
Anomaly: crm.leads, published.sales_kpis

- 12 rows of crm.leads landed today (new, changed or deleted); the median of 8 earlier Mondays is 340.
- revenue, month from 2026-11-01 up to 2026-11-22: 9,500, expected 41,200 to 88,000 (from 13 earlier ones).
- win_rate, week from 2026-11-16: 0.02, expected 0.15 to 0.31 (from 13 earlier ones).

{LAST_PUBLISH}
Look first at what landed of this table on the last days:
duckdb -readonly /srv/warehouse/raw.duckdb "from landing.files where source_name = 'crm' \
and table_name = 'leads' order by landed_at desc limit 20"
Run: {RUN}"""  # noqa: E501

DIGEST = f"""\
Sales KPIs, 23 November 2026: published, 2 off track

Published: 23 November 2026 03:04 UTC, 3 hours ago, numbers up to 22 November 2026 (publish {PUBLISH}).

Refreshes of the last 24 hours: 1
Rows landed: 12,345
Rows rejected: 7 (landing.rejected_rows of raw.duckdb)
Values changed: 1,024
Values of closed periods restated: 5 (Revenue 4, Win rate 1; reporting.kpi_restatements)
Checks: 160, of which 2 warned and 0 failed

Off track in October 2026:
- Revenue: EUR 1,250,000, 83% of target
- Win rate: 18.5%, 74% of target"""  # noqa: E501

LATE_DIGEST = f"""\
Sales KPIs, 23 November 2026: nothing published since yesterday

NOTHING WAS PUBLISHED SINCE YESTERDAY. {LAST_PUBLISH}
Look first at the newest runs of nightly_refresh in Dagster's UI.

October 2026: no KPI with a target is off track."""


def text(message: tuple[str, str]) -> str:
    return "\n\n".join(message)


def failed(**what: Any) -> str:
    run = FailedRun(RUN, "nightly_refresh", **what)
    return text(failure_message(run, LAST_PUBLISH, SETTINGS))


def test_a_failed_run_names_its_step_and_its_error() -> None:
    error = "reporting.kpi_values has 9 rows in the new file, 10 were built."

    assert failed(steps=(Step("published__sales_kpis", error),)) == FAILURE


def test_a_crashed_run_names_the_step_that_it_was_in() -> None:
    crash = "dbt_models: Run timed out: its process is gone."

    assert failed(steps=(Step("dbt_models"),), crash=crash, is_retried=True) == CRASH


def test_a_refused_file_blocks_the_publish() -> None:
    sentence = "crm/products.csv misses the declared column 'list_price'."
    check = Check("crm.products", "rejected_rows", sentence)
    step = Step("raw_tables", f"Files that could not land:\n{sentence}")

    assert failed(steps=(step,), checks=(check,)) == REFUSED_FILE


def test_too_many_rejected_rows_block_the_publish() -> None:
    said = "5.00% of the rows of a file were rejected; see landing.rejected_rows."

    assert (
        failed(
            steps=(Step("raw_tables", "1 blocking asset check failed"),),
            checks=(Check("crm.leads", "rejected_rows", said),),
        )
        == REJECTED_ROWS
    )


def test_a_failed_test_blocks_the_publish_and_gives_the_command_that_shows_its_rows() -> None:
    check = Check("core.fct_opportunities", "assert_won_amounts_have_a_rate", "found 3 rows")

    assert failed(steps=(Step("dbt_models", "…"),), checks=(check,)) == FAILED_TEST


def test_a_run_that_fails_after_it_has_published_says_so() -> None:
    check = Check("published.sales_kpis", "some_check", "is wrong")

    message = failed(steps=(Step("close", "…"),), checks=(check,), has_published=True)

    assert message.startswith("nightly_refresh failed at close\n")
    assert "This run had published before it failed: readers have its numbers." in message


def test_of_a_job_that_does_not_publish_nothing_is_said_of_publishing() -> None:
    message = failed(steps=(Step("send_digest", "…"),), should_publish=False)

    assert message.startswith(f"nightly_refresh failed at send_digest\n\n{LAST_PUBLISH}\n")


def test_beside_failed_tests_the_errors_of_dbt_are_shown() -> None:
    step = Step("dbt_models", "Errors parsed from dbt logs:\n\nRuntime Error in model fct_leads")
    check = Check("core.periods", "assert_something", "could not be made")

    message = failed(steps=(step,), checks=(check,))

    assert (
        "\n- core.periods: assert_something: could not be made\nRuntime Error in model" in message
    )


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (
            'IO Error: Could not set lock on file "raw.duckdb": Conflicting lock is held in duckdb'
            " (PID 4711)",
            "the process that the message names",
        ),
        (
            "/srv/warehouse/raw.duckdb is still open in duckdb (PID 4711) after 30 minutes",
            "the process that the message names",
        ),
        (
            "/srv/warehouse/raw.duckdb cannot be opened (IO Error: no DuckDB file).",
            "/srv/warehouse/raw.duckdb: never delete it, restore its newest copy.",
        ),
        ("[Errno 28] No space left on device", "df -h /srv/warehouse"),
        ("Out of Memory Error: could not allocate block", "SALES_KPIS_MEMORY"),
        ("PermissionError: [Errno 13] Permission denied", "ls -la /srv/warehouse"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'x'", "whether the file"),
        ("the file /srv/warehouse/build.duckdb is not a valid DuckDB file", "it can be deleted"),
        ("Something new", "the log of the step in Dagster's UI"),
    ],
)
def test_the_first_thing_to_look_at_follows_from_the_error(error: str, hint: str) -> None:
    message = failed(steps=(Step("dbt_models", error),))

    assert re.search(f"^Look first at .*{re.escape(hint)}", message, re.M)


def test_of_what_dbt_says_its_errors_are_shown_and_not_too_many() -> None:
    lines = [f"  problem {number} {'x' * 400}" for number in range(40)]
    error = "The dbt CLI process failed. Errors parsed from dbt logs:\n\n" + "\n\n".join(lines)

    shown = failed(steps=(Step("dbt_models", error),)).splitlines()

    assert "The dbt CLI" not in "".join(shown)
    assert [line[:12].rstrip() for line in shown if "problem" in line] == [
        f"  problem {number}"[:12] for number in range(15)
    ]
    assert max(map(len, shown)) < 400
    assert "… (the rest is in the run's log)" in shown


def test_a_long_list_of_checks_is_cut() -> None:
    checks = tuple(Check("core.periods", f"test_{number}", "found 1 rows") for number in range(14))

    message = failed(steps=(Step("dbt_models"),), checks=checks)

    assert message.startswith("Publish blocked: 14 checks failed in dbt_models\n")
    assert "test_9:" in message and "test_10:" not in message
    assert "- and 4 more" in message


def test_credentials_in_the_url_of_an_error_are_masked() -> None:
    error = "could not connect to postgresql://dagster:pa55word@db.example/dagster"

    message = failed(steps=(Step("dbt_models", error),))

    assert "pa55word" not in message
    assert "postgresql://***@db.example/dagster" in message


def test_warnings_are_one_message_per_kind() -> None:
    checks = [
        Check("crm.activities", "freshness", STALE_SOURCE.splitlines()[2].removeprefix("- ")),
        Check("crm.leads", "volume", ANOMALY.splitlines()[2].removeprefix("- ")),
        Check("crm.leads", "freshness", STALE_SOURCE.splitlines()[3].removeprefix("- ")),
        Check("crm.leads", "rejected_rows", "0.10% of the rows of a file were rejected"),
        Check(
            "published.sales_kpis",
            "kpi_watch",
            "\n".join(line.removeprefix("- ") for line in ANOMALY.splitlines()[3:5]),
        ),
    ]

    messages = warning_messages(RUN, checks, LAST_PUBLISH, SETTINGS)

    assert [text(message) for message in messages] == [STALE_SOURCE, ANOMALY]


def test_a_strange_value_is_explained_from_its_records() -> None:
    check = Check("published.sales_kpis", "kpi_watch", "revenue is 10")

    (message,) = warning_messages(RUN, [check], LAST_PUBLISH, SETTINGS)

    assert "Look first at the records behind the value:\nmake explain KPI=" in message.body


def test_rejected_rows_alone_are_left_to_the_digest() -> None:
    check = Check("crm.leads", "rejected_rows", "0.10% of the rows of a file were rejected")

    assert warning_messages(RUN, [check], LAST_PUBLISH, SETTINGS) == []


def scorecard_row(label: str, unit: str, value: float, attainment: float | None) -> ScorecardRow:
    return ScorecardRow(
        "revenue", label, unit, "October 2026", value, None, None, attainment, "off_track"
    )


def make_digest(**changes: Any) -> Digest:
    values = {
        "publish_id": PUBLISH,
        "published_at": datetime(2026, 11, 23, 3, 4),
        "as_of_date": date(2026, 11, 22),
        "runs": Runs(1, 12_345, 7, 1_024, 5, 160, 2, 0),
        "restatements": (("Revenue", 4), ("Win rate", 1)),
        "month": "October 2026",
        "off_track": (
            scorecard_row("Revenue", "currency", 1_250_000, 0.83),
            scorecard_row("Win rate", "fraction", 0.185, 0.74),
        ),
    }
    return Digest(**{**values, **changes})


def test_the_digest() -> None:
    assert text(digest_message(make_digest(), MORNING, SETTINGS)) == DIGEST


def test_the_digest_says_plainly_that_nothing_was_published() -> None:
    digest = make_digest(
        published_at=datetime(2026, 11, 22, 3, 4),
        as_of_date=date(2026, 11, 21),
        off_track=(),
    )

    assert text(digest_message(digest, MORNING, SETTINGS)) == LATE_DIGEST


def test_a_target_of_nothing_has_no_attainment() -> None:
    digest = make_digest(off_track=(scorecard_row("Churn", "fraction", 0.02, None),))

    assert digest_message(digest, MORNING, SETTINGS).body.endswith("\n- Churn: 2.0%")


@pytest.mark.parametrize(
    "message",
    [
        FAILURE,
        CRASH,
        REFUSED_FILE,
        REJECTED_ROWS,
        FAILED_TEST,
        STALE_SOURCE,
        ANOMALY,
        DIGEST,
        LATE_DIGEST,
    ],
    ids=lambda message: message.partition("\n")[0],
)
def test_the_docs_show_the_message(message: str) -> None:
    assert message in (PROJECT_FOLDER / "OPERATIONS.md").read_text()


def write_published_file(settings: Settings, published_at: str, *statements: str) -> None:
    """A published file with the least that the digest reads."""
    settings.published_file.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published_file)) as connection:
        connection.execute("create schema reporting")
        for statement in (
            "create table reporting.publication as select"
            f" '{PUBLISH}' as publish_id, timestamp '{published_at}' as published_at,"
            " date '2026-11-21' as as_of_date",
            "create table reporting.kpi_values as select 'month' as period_grain,"
            " date '2026-10-01' as period_start_date, true as is_complete",
            "create table reporting.kpi_catalog as select 'revenue' as kpi, 1 as version,"
            " 'revenue' as family, 'Revenue' as label_english, 'currency' as unit",
            "create table reporting.kpi_readiness as select 'revenue' as kpi, 1 as version,"
            " null::varchar as missing_inputs",
            "create table reporting.kpi_scorecard as select 'revenue' as kpi,"
            " 'month' as period_grain, date '2026-10-01' as period_start_date,"
            " 'total' as dimension, 80.0 as kpi_value, null::double as previous_value,"
            " 0.8 as attainment, 'off_track' as status",
            *statements,
        ):
            connection.execute(statement)


def test_the_last_publish_is_read_from_the_published_file(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    write_published_file(settings, "2026-11-22 03:04:05")

    line = last_publish_line(settings.published_file, MORNING, settings.reporting_time_zone)

    assert line == LAST_PUBLISH


def test_a_published_file_that_is_not_there_or_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "sales_kpis.duckdb"
    zone = SETTINGS.reporting_time_zone

    assert last_publish_line(file, MORNING, zone) == (
        "Last good publish: none, nothing has been published yet."
    )
    file.write_bytes(b"no DuckDB file at all")
    assert last_publish_line(file, MORNING, zone) == (
        f"Last good publish: unknown, {file} cannot be read."
    )


def test_the_digest_adds_up_the_runs_and_restatements_of_the_last_day(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    write_published_file(
        settings,
        "2026-11-23 03:04:05",
        """
        create table reporting.refresh_runs as
        from (values
            (timestamp '2026-11-22 03:00:00', 1000, 1000, 1000, 1000, 1000, 1000, 1000),
            (timestamp '2026-11-22 14:00:00', 20, 1, 300, 0, 150, 2, 0),
            (timestamp '2026-11-23 03:00:00', 100, 0, 40, 3, 151, 0, 1)
        ) as t(
            started_at, landed_row_count, rejected_row_count, changed_value_count,
            restatement_count, passed_check_count, warned_check_count, failed_check_count
        )
        """,
        """
        create table reporting.kpi_restatements as
        from (values
            (timestamp '2026-11-22 03:00:00', 'revenue', 1),
            (timestamp '2026-11-23 03:04:05', 'revenue', 1),
            (timestamp '2026-11-23 03:04:05', 'revenue', 1)
        ) as t(restated_at, kpi, version)
        """,
    )

    digest = read_digest(settings.published_file, MORNING)

    assert digest.runs == Runs(2, 120, 1, 340, 3, 304, 2, 1)
    assert digest.restatements == (("Revenue", 2),)
    assert [row.label for row in digest.off_track] == ["Revenue"]
    assert (digest.publish_id, digest.month) == (PUBLISH, "October 2026")


def test_the_digest_does_without_a_record_of_runs(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    write_published_file(settings, "2026-11-23 03:04:05")

    digest = read_digest(settings.published_file, MORNING)

    assert (digest.runs, digest.restatements) == (None, ())


@pytest.fixture
def receiver() -> Iterator[HTTPServer]:
    """A web server that keeps what it is sent in `messages`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.messages.append(json.loads(body))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.messages, server.status = [], 200
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url_of(server: HTTPServer) -> str:
    return f"json://127.0.0.1:{server.server_port}/{TOKEN}/?wait=0"


def test_every_receiver_gets_the_text_as_it_is(receiver: HTTPServer) -> None:
    body = "- crm.leads: <b>5 %</b> & {{ more }}\n\n_see_ *this* \\n :-)"

    problems = send([url_of(receiver), url_of(receiver)], "Stale source", body)

    assert problems == []
    assert [(m["title"], m["message"]) for m in receiver.messages] == [("Stale source", body)] * 2


def test_a_receiver_that_does_not_take_it_is_named_without_its_url(
    receiver: HTTPServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.status = 500
    urls = [
        url_of(receiver),
        f"json://127.0.0.1:1/{TOKEN}/?wait=0",
        f"carrier-pigeon://{TOKEN}",
        TOKEN,
        f"slack://{TOKEN}",
    ]

    problems = send(urls, "title", "body")

    assert problems == [
        "Alert not sent: receiver 1 of SALES_KPIS_ALERTS (JSON) did not take it.",
        "Alert not sent: receiver 2 of SALES_KPIS_ALERTS (JSON) did not take it.",
        *(
            f"Alert not sent: receiver {number} of SALES_KPIS_ALERTS is no URL that Apprise can"
            " read."
            for number in (3, 4, 5)
        ),
    ]
    printed = capfd.readouterr()
    assert TOKEN not in printed.out + printed.err + caplog.text


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        (
            f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{'x' * 24}",
            ["attachments", 0, "text"],
        ),
        (
            "https://prod-00.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a1/"
            f"triggers/manual/paths/invoke?api-version=2016-06-01&sig={'x' * 43}&format=text",
            ["attachments", 0, "content", "body", 1, "text"],
        ),
    ],
    ids=["slack", "teams"],
)
def test_chats_get_the_text_as_it_is(
    url: str, keys: list[str | int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their services cannot be had here: what would be sent to them is looked at."""
    sent = []

    def receive(method: str, url: str, data: str, **options: Any) -> requests.Response:
        sent.append(json.loads(data))
        response = requests.Response()
        response.status_code = 200
        response._content = b"ok"
        return response

    monkeypatch.setattr(requests, "request", receive)
    monkeypatch.setattr(requests, "post", partial(receive, "post"))
    title, _, body = FAILED_TEST.partition("\n\n")

    assert send([url], title, body) == []

    (message,) = sent
    assert title in json.dumps(message) and "github.com" not in json.dumps(message)
    assert reduce(lambda part, key: part[key], keys, message) == body


def test_settings_do_not_show_the_receivers() -> None:
    settings = make_settings(Path("/srv/warehouse"), f" json://one/{TOKEN}\n slack://two/{TOKEN} ")

    assert settings.alert_urls == (f"json://one/{TOKEN}", f"slack://two/{TOKEN}")
    assert TOKEN not in repr(settings)


# A small refresh with the names of the real one, which does what a test sets in `nights`.
night: dict[str, Any] = {}


def check_result(
    key: list[str], name: str, severity: str, said: str | None, row_count: int | None = None
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(key),
        check_name=name,
        passed=said == "passed",
        severity=dg.AssetCheckSeverity[severity],
        description=said,
        metadata={} if row_count is None else {"dagster_dbt/failed_row_count": row_count},
    )


@dg.multi_asset(
    specs=[dg.AssetSpec(["crm", "leads"])],
    check_specs=[
        dg.AssetCheckSpec("rejected_rows", asset=["crm", "leads"], blocking=True),
        dg.AssetCheckSpec("freshness", asset=["crm", "leads"]),
        dg.AssetCheckSpec("assert_something", asset=["crm", "leads"]),
    ],
    can_subset=False,
)
def raw_tables():
    yield dg.MaterializeResult(asset_key=["crm", "leads"])
    yield check_result(["crm", "leads"], "rejected_rows", *night.get("rejected_rows", PASSED))
    yield check_result(["crm", "leads"], "freshness", *night.get("freshness", PASSED))
    yield check_result(["crm", "leads"], "assert_something", *night.get("a_test", PASSED))


PASSED = ("WARN", "passed")


@dg.asset(key=["published", "sales_kpis"], deps=[["crm", "leads"]], output_required=False)
def published_file():
    if error := night.get("error"):
        raise error
    if night.get("publishes", True):
        yield dg.Output(None)


@dg.asset(key=["published", "parquet"], deps=[published_file.key])
def published_parquet():
    if error := night.get("copy_error"):
        raise error


REFRESH = dg.Definitions(
    assets=[raw_tables, published_file, published_parquet],
    jobs=[dg.define_asset_job("nightly_refresh", executor_def=dg.in_process_executor)],
)


def report_crash(
    instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, step: str
) -> None:
    """Have the run look like one whose process died in a step, as Dagster's daemon leaves it."""
    started = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.STEP_START.value,
        job_name="nightly_refresh",
        step_key=step,
    )
    instance.report_dagster_event(started, result.run_id)
    instance.report_run_failed(result.dagster_run, "its process is gone")


@pytest.fixture
def run_night(
    tmp_path: Path, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Run the small refresh and let the sensor for its outcome see it; gives the messages."""
    settings = make_settings(tmp_path, url_of(receiver))
    write_published_file(settings, "2026-11-22 03:04:05")
    monkeypatch.setattr(sensors, "settings", settings)

    def run(**what: Any) -> list[str]:
        night.clear()
        night.update(what)
        with dg.DagsterInstance.ephemeral() as instance:
            result = REFRESH.resolve_job_def("nightly_refresh").execute_in_process(
                instance=instance, raise_on_error=False
            )
            if step := what.get("crashes_in"):
                report_crash(instance, result, step)
            run = instance.get_run_by_id(result.run_id)
            sensor = sensors.warning_alert if run.is_success else sensors.failure_alert
            ends = {dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE}
            events = instance.get_records_for_run(run.run_id, of_type=ends).records
            with dg.build_run_status_sensor_context(
                sensor_name=sensor.name,
                dagster_instance=instance,
                dagster_run=run,
                dagster_event=events[-1].event_log_entry.dagster_event,
            ) as context:
                sensor(context)
            return [
                f"{sent['title']}\n\n{sent['message']}".replace(result.run_id, RUN)
                for sent in receiver.messages
            ]

    yield run


def test_a_good_night_is_silent(run_night: Any) -> None:
    assert run_night() == []


def test_a_failed_step_is_told(run_night: Any) -> None:
    (message,) = run_night(error=RuntimeError("the disk: No space left on device"))

    assert message.startswith("nightly_refresh failed at published__sales_kpis\n")
    assert "\nNothing was published: the numbers of the last good publish stand.\n" in message
    assert "Last good publish: 22 November 2026 03:04 UTC, " in message
    assert "RuntimeError: the disk: No space left on device\n" in message
    assert "\nLook first at the free space of" in message
    assert message.endswith(f"\nRun: {RUN} (nightly_refresh)")


def test_a_check_that_says_no_is_a_blocked_publish(run_night: Any) -> None:
    (message,) = run_night(
        rejected_rows=("ERROR", "5.00% of the rows of a file were rejected"),
        freshness=("WARN", "nothing has arrived for 2 days"),
    )

    assert message.startswith("Publish blocked: 1 check failed in raw_tables\n")
    assert "\n- crm.leads: rejected_rows: 5.00% of the rows of a file were rejected\n" in message
    assert "from landing.rejected_rows" in message
    assert "freshness" not in message


def test_a_dbt_test_is_told_with_the_number_of_its_rows(run_night: Any) -> None:
    (message,) = run_night(a_test=("ERROR", None, 3), error=dg.Failure("dbt has failed tests"))

    assert "\n- crm.leads: assert_something: found 3 rows\n" in message


def test_a_test_that_could_not_be_made_is_told(run_night: Any) -> None:
    (message,) = run_night(a_test=("ERROR", None), error=dg.Failure("dbt has failed tests"))

    assert "\n- crm.leads: assert_something: could not be made\n" in message


def test_a_crash_is_told_with_the_step_that_it_was_in(run_night: Any) -> None:
    (message,) = run_night(crashes_in="dbt_models")

    assert message.startswith("nightly_refresh crashed at dbt_models\n")
    assert "\nWhat failed: its process is gone\n" in message
    assert "\nLook first at the machine: " in message


def test_warnings_of_a_good_run_are_told(run_night: Any) -> None:
    (message,) = run_night(
        rejected_rows=("WARN", "0.10% of the rows of a file were rejected"),
        freshness=("WARN", "nothing has arrived for 2 days"),
    )

    assert message.startswith("Stale source: crm.leads\n\n- nothing has arrived for 2 days\n")


def test_a_copy_that_fails_keeps_no_warning_from_being_told(run_night: Any) -> None:
    failure, warning = run_night(
        freshness=("WARN", "nothing has arrived for 2 days"),
        copy_error=RuntimeError("the bucket is gone"),
    )

    assert failure.startswith("nightly_refresh failed at published__parquet\n")
    assert "\nNothing was published" not in failure
    assert warning.startswith("Stale source: crm.leads\n\n- nothing has arrived for 2 days\n")


def test_a_refresh_that_ends_well_without_publishing_is_told(run_night: Any) -> None:
    (message,) = run_night(publishes=False)

    assert "\nWhat failed: it ended without publishing\n" in message


def test_a_receiver_that_is_down_does_not_fail_the_sensor(
    run_night: Any, receiver: HTTPServer
) -> None:
    receiver.status = 500

    run_night(error=RuntimeError("something"))

    assert len(receiver.messages) == 2


def test_the_digest_job_sends_what_the_published_file_says(
    tmp_path: Path, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, url_of(receiver))
    monkeypatch.setattr(sensors, "settings", settings)

    assert sensors.daily_digest.execute_in_process().success
    write_published_file(settings, "2026-11-22 03:04:05")
    assert sensors.daily_digest.execute_in_process().success

    without_file, with_file = (sent["message"] for sent in receiver.messages)
    assert without_file.startswith("Last good publish: none, nothing has been published yet.\n")
    assert "Last good publish: 22 November 2026 03:04 UTC, " in with_file
    assert "Off track in October 2026:\n- Revenue: EUR 80, 80% of target" in with_file


def test_without_a_receiver_nothing_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors, "settings", SETTINGS)

    with dg.build_schedule_context() as context:
        data = sensors.daily_digest_schedule.evaluate_tick(context)

    assert data.skip_message == "SALES_KPIS_ALERTS names no receiver."
    assert not data.run_requests
