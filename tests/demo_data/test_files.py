"""The files of the demo CRM: their names, columns, sameness and growth."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from orchestration.lib.demo_data import write_demo_data, write_templates

from .conftest import FIRST_DAY, INCREMENTS, LAST_DAY, SCALE, files_of, write


def rows_of(folder: Path, table: str) -> list[str]:
    lines = []
    for file in folder.glob(f"{table}_2*.csv"):
        lines += file.read_text().splitlines()[1:]
    return sorted(lines)


def test_every_table_has_the_columns_of_the_contract(direct_folder, contract):
    for table, columns in contract.items():
        file = direct_folder / f"{table}_{LAST_DAY}.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            assert next(csv.reader(lines)) == columns


def test_no_file_is_taken_for_another_table(direct_folder, contract):
    for file in direct_folder.iterdir():
        tables = [table for table in contract if file.name.startswith(table)]
        assert len(tables) == (0 if file.name == "demo_data.json" else 1), file.name


def test_same_arguments_give_the_same_bytes(direct_folder, tmp_path):
    write(tmp_path, LAST_DAY)
    assert files_of(tmp_path) == files_of(direct_folder)


def test_another_seed_gives_another_history(direct_folder, tmp_path):
    write(tmp_path, LAST_DAY, seed=2)
    other, known = files_of(tmp_path), files_of(direct_folder)
    assert other.keys() == known.keys()
    for table in ("accounts", "leads", "opportunities", "reps", "subscriptions"):
        assert other[f"{table}_{LAST_DAY}.csv"] != known[f"{table}_{LAST_DAY}.csv"]


def test_going_on_only_adds_files(first_export, grown_folder):
    later = files_of(grown_folder)
    earlier = {name: content for name, content in first_export.items() if name != "folder"}
    assert {name: later[name] for name in earlier} == earlier
    assert len(later) > len(earlier)


def test_going_on_arrives_where_a_direct_export_does(grown_folder, direct_folder, contract):
    for table in contract:
        if table in INCREMENTS:
            assert rows_of(grown_folder, table) == rows_of(direct_folder, table), table
        else:
            name = f"{table}_{LAST_DAY}.csv"
            assert (grown_folder / name).read_bytes() == (direct_folder / name).read_bytes(), name


def test_the_same_day_again_changes_nothing(grown_folder):
    before = files_of(grown_folder)
    write(grown_folder, LAST_DAY)
    assert files_of(grown_folder) == before


def test_nothing_is_left_of_the_work(grown_folder):
    assert [path for path in grown_folder.iterdir() if path.suffix not in (".csv", ".json")] == []


def test_scale_is_the_number_of_activities(direct_folder):
    # The few dirty rows and the whole numbers of leads a day may move it by one percent.
    assert len(rows_of(direct_folder, "activities")) == pytest.approx(SCALE, rel=0.01)


def test_start_is_the_first_of_the_month_years_before(direct_folder):
    state = json.loads((direct_folder / "demo_data.json").read_text())
    assert state["start"] == "2024-09-01"
    assert state["newest_as_of"] == "2026-09-30"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"as_of": date(2026, 8, 31)}, "is before that"),
        ({"as_of": LAST_DAY, "seed": 2}, "use another folder"),
        ({"as_of": LAST_DAY, "scale": SCALE + 1}, "use another folder"),
        ({"as_of": LAST_DAY, "years": 3}, "use another folder"),
        ({"as_of": LAST_DAY, "scale": 0}, "at least 1"),
    ],
)
def test_what_does_not_fit_the_folder_is_refused(grown_folder, settings, sentence):
    before = files_of(grown_folder)
    with pytest.raises(ValueError, match=sentence):
        write_demo_data(grown_folder, **{"scale": SCALE, "seed": 1} | settings)
    assert files_of(grown_folder) == before


def test_a_tiny_company_has_every_snapshot(tmp_path, contract):
    write_demo_data(tmp_path, scale=300, as_of=FIRST_DAY, report=lambda _: None)
    written = set(files_of(tmp_path))
    snapshots = set(contract) - set(INCREMENTS)
    assert {f"{table}_{FIRST_DAY}.csv" for table in snapshots} <= written


def test_progress_names_every_file_and_its_rows(tmp_path):
    lines = []
    write_demo_data(tmp_path, scale=300, as_of=FIRST_DAY, report=lines.append)
    for name, content in files_of(tmp_path).items():
        rows = content.count(b"\n") - 1
        assert any(line.startswith(f"{name}: {rows:,} rows in ") for line in lines), name


def test_templates_hold_the_header_only(tmp_path):
    write_templates(tmp_path / "new", {"products": ["product_id", "name"], "leads": ["lead_id"]})
    assert files_of(tmp_path / "new") == {
        "products.csv": b"product_id,name\n",
        "leads.csv": b"lead_id\n",
    }
