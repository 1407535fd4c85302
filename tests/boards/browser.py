"""Look at every board as a reader does, in Chromium: `make boards-browser FILES="one.duckdb"`.

For each published file: every board opens, at 1280 and at 420 pixels, with screenshots; grain and
slice are chosen in the page; every number of the scorecard is the file's; the link to a KPI keeps
what was chosen; nothing is asked of another machine; and pages that are opened during publishes
are each of one publish. The file is copied, never written to.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import duckdb
from playwright.sync_api import Browser, Page, sync_playwright

from orchestration.lib.boards import board_names
from orchestration.lib.settings import PROJECT_FOLDER, read_settings

PORT = 8799
ADDRESS = f"http://127.0.0.1:{PORT}"
WIDTHS = (1280, 420)
PUBLISHES = 5
PAGES_PER_PUBLISH = 2
PATIENCE_SECONDS = 120
SUFFIXES = {"fraction": "%", "days": " d", "minutes": " min"}
# What a revenue of a publish is: so many millions.
MILLION = 1_000_000

# The last complete period of the scorecard, and how the catalogue writes its numbers.
SCORECARD = """
    select scorecard.kpi, kpi_value, format, unit
    from reporting.kpi_scorecard as scorecard
    inner join reporting.kpi_catalog as catalog
        on scorecard.kpi = catalog.kpi and scorecard.version = catalog.version
    where
        is_complete and period_grain = ? and dimension = ? and dimension_value = ?
    qualify dense_rank() over (order by period_start_date desc) = 1
"""
# The text of each cell beside a link to a KPI: by KPI, and the number of its column.
CELLS = """
    () => [...document.querySelectorAll('a[href*="kpi?kpi="]')].map(link => {
        const y = link.querySelector('text').getAttribute('y');
        const table = link.closest('g.dbt-chart');
        const value = [...table.querySelectorAll('text[data-col="1"]')]
            .find(text => text.getAttribute('y') === y);
        return [new URL(link.href.baseVal ?? link.href, location).searchParams.get('kpi'),
            value ? value.textContent : null];
    })
"""


def main() -> int:
    """Look at the boards over each file; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="published files; else the project's")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        print("Chromium is needed: install Debian's package chromium.", file=sys.stderr)
        return 1
    screenshots = Path(tempfile.mkdtemp(prefix="boards_"))
    with sync_playwright() as playwright:
        # Debian's browser has no sandbox for the root of a container
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for number, file in enumerate(arguments.files or [read_settings().published_file], 1):
            print(f"{file}:")
            folder = screenshots / str(number)
            with serving_a_copy(file) as copy:
                check_pages(browser, copy, folder)
                check_pages_during_publishes(copy)
    print(f"Look at the screenshots in {screenshots}.")
    return 0


@contextmanager
def serving_a_copy(file: Path) -> Iterator[Path]:
    """The boards over a copy of a published file, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "published" / "sales_kpis.duckdb"
        copy.parent.mkdir()
        shutil.copyfile(file, copy)
        log = Path(folder) / "log"
        with log.open("w") as stream:
            server = subprocess.Popen(
                [sys.executable, "-m", "orchestration.boards", "serve", "--port", str(PORT)],
                cwd=PROJECT_FOLDER,
                env={**os.environ, "SALES_KPIS_WAREHOUSE": folder},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not answers():
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.5)
            yield copy
        finally:
            server.terminate()
            server.wait()


def answers() -> bool:
    """Whether the server does."""
    try:
        return urllib.request.urlopen(f"{ADDRESS}/health").status == 200
    except OSError:
        return False


def check_pages(browser: Browser, file: Path, screenshots: Path) -> None:
    """Every board at every width, what is chosen in it, its numbers and its links."""
    connection = duckdb.connect(file, read_only=True)
    asked: set[str] = set()
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.add(request.url))
        for name in board_names():
            page.goto(f"{ADDRESS}/{name}")  # the fonts are there
            start = time.perf_counter()
            page.goto(f"{ADDRESS}/{name}")
            seconds = time.perf_counter() - start
            assert "ERR-" not in page.content(), name
            page.screenshot(path=screenshots / f"{name}_{width}.png", full_page=True)
            print(f"  {name} at {width} px: {seconds:.2f} s")
        page.close()
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900})
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{ADDRESS}/scorecard")
    number_count = check_numbers(page, connection, "month", "total", "(all)")
    choose(page, "grain", "quarter")
    number_count += check_numbers(page, connection, "quarter", "total", "(all)")
    dimension, value = widest_slice(connection)
    choose(page, "slice", dimension)
    choose(page, "slice_value", value)
    number_count += check_numbers(page, connection, "quarter", dimension, value)
    page.screenshot(path=screenshots / "scorecard_chosen.png", full_page=True)
    follow_link(page, connection, "quarter", dimension, value)
    page.screenshot(path=screenshots / "kpi_followed.png", full_page=True)
    page.close()
    strangers = {url for url in asked if urlsplit(url).netloc != urlsplit(ADDRESS).netloc}
    strangers = {url for url in strangers if not url.startswith(("data:", "blob:"))}
    assert asked and not strangers, strangers
    print(f"  {number_count} numbers are the file's; {len(asked)} requests, none to elsewhere")
    connection.close()


def choose(page: Page, variable: str, value: str) -> None:
    """Choose a value in the scorecard, and wait until the links to KPIs pass it on."""
    page.click(f'[data-dbt-variable="{variable}"] [data-dbt-field="input"]', force=True)
    page.locator(f'[role="option"][data-value="{value}"]').click()
    page.wait_for_selector(f'a[href*="&{variable}={quote(value)}"]', state="attached")


def widest_slice(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The slice that most KPIs have, and its known value that most have a number for."""
    return connection.sql("""
        select dimension, dimension_value
        from reporting.kpi_scorecard
        where dimension != 'total' and dimension_value not like '(%' and kpi_value is not null
        group by all
        order by count(distinct kpi) desc, dimension, dimension_value
    """).fetchone()


def check_numbers(
    page: Page, connection: duckdb.DuckDBPyConnection, grain: str, dimension: str, value: str
) -> int:
    """Every number of the scorecard is the file's; gives how many there are."""
    expected = {
        kpi: written(number, number_format, unit)
        for kpi, number, number_format, unit in connection.execute(
            SCORECARD, [grain, dimension, value]
        ).fetchall()
        if number is not None
    }
    seen = {kpi: text and text.strip("\u2060") for kpi, text in page.evaluate(CELLS)}
    wrong = {kpi: (text, seen.get(kpi)) for kpi, text in expected.items() if seen.get(kpi) != text}
    assert expected and not wrong, (grain, dimension, value, wrong)
    return len(expected)


def written(number: float, number_format: str, unit: str) -> str:
    """A number as the catalogue writes it."""
    decimals = len(number_format.partition(".")[2].rstrip("%"))
    scale = 100 if number_format.endswith("%") else 1
    return f"{scale * number:,.{decimals}f}{SUFFIXES.get(unit, '')}"


def follow_link(
    page: Page, connection: duckdb.DuckDBPyConnection, grain: str, dimension: str, value: str
) -> None:
    """From the scorecard to its first KPI: the same grain, slice and number."""
    kpi, number = next(
        (kpi, text.strip("\u2060"))
        for kpi, text in page.evaluate(CELLS)
        if text and text[0].isdigit()
    )
    page.locator(f'a[href*="kpi?kpi={kpi}&"]').first.click()
    page.wait_for_url("**/kpi**")
    query = parse_qs(urlsplit(page.url).query)
    assert query["kpi"] == [kpi] and query["grain"] == [grain], page.url
    assert query["slice"] == [dimension] and query["slice_value"] == [value], page.url
    (label,) = connection.execute(
        "select max_by(label_english, version) from reporting.kpi_catalog where kpi = ?", [kpi]
    ).fetchone()
    assert page.get_by_text(label, exact=True).count(), label
    assert page.get_by_text(f"{number}").count(), number


def check_pages_during_publishes(file: Path) -> None:
    """Pages opened without pause during publishes do not fail, and each is of one publish.

    Publish number n has revenues of n million and was published in minute n, so that the sentence
    and the table of a page, which are two queries, both say which publish they are of.
    """
    seen: list[tuple[int, set[int]]] = []
    errors: list[Exception] = []
    is_over = threading.Event()
    publish_number(file, 1)

    def read_without_pause() -> None:
        try:
            while not is_over.is_set():
                page = urllib.request.urlopen(f"{ADDRESS}/kpi?kpi=revenue").read().decode()
                minute = int(re.search(r"2001-01-01 00:(\d\d) UTC", page)[1])
                millions = re.findall(r"\b(\d+),000,000\u2060", page)
                seen.append((minute, {int(number) for number in millions}))
        except Exception as error:
            errors.append(error)

    reader = threading.Thread(target=read_without_pause)
    reader.start()
    for number in range(2, 2 + PUBLISHES):
        read = len(seen)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(seen) < read + PAGES_PER_PUBLISH and not errors:
            assert time.monotonic() < deadline, f"{len(seen)} pages were read"
            time.sleep(0.05)
        publish_number(file, number)
    is_over.set()
    reader.join()
    assert not errors, errors
    mixed = [page for page in seen if page[1] != {page[0]}]
    assert not mixed, mixed
    newest = max(minute for minute, _ in seen)
    assert newest > PUBLISHES // 2, newest
    print(f"  {len(seen)} pages during {PUBLISHES} publishes, each of one, up to number {newest}")


def publish_number(file: Path, number: int) -> None:
    """Rename a copy with other revenues into place, as a publish does."""
    written_file = file.with_suffix(".new")
    shutil.copyfile(file, written_file)
    with duckdb.connect(written_file) as connection:
        connection.execute(
            "update reporting.publication set published_at = timestamp '2001-01-01' + ?::int"
            " * interval 1 minute",
            [number],
        )
        connection.execute(
            "update reporting.kpi_scorecard set kpi_value = ?, last_year_value = null,"
            " target_to_date = null where kpi = 'revenue'",
            [number * MILLION],
        )
    written_file.replace(file)


if __name__ == "__main__":
    sys.exit(main())
