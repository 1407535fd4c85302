"""When files that arrived start a refresh."""

import os
from pathlib import Path

from orchestration.lib.contracts import ColumnContract, TableContract
from orchestration.lib.new_files import (
    ListedFile,
    Watch,
    files_since_landing,
    list_files,
    request_refresh,
    watch_files,
    write_landed_files,
)

ACCOUNTS = ListedFile("crm/accounts_2026-03-10.csv", 100, 1)
REPS = ListedFile("crm/reps_2026-03-10.csv", 100, 1)


def contract(table_name: str) -> TableContract:
    return TableContract(
        source_name="crm",
        table_name=table_name,
        schema_name="raw_crm",
        description="",
        files=f"{table_name}*.csv",
        mode="snapshot",
        key=("id",),
        columns=(ColumnContract("id", "bigint", "BIGINT"),),
    )


def looks(*looks: tuple[float, list[ListedFile]]) -> list[float]:
    """The moments at which a refresh is due, when the new files are looked at so."""
    watch, due = Watch(), []
    for now, files in looks:
        watch, reason = watch_files(files, watch, now)
        if reason is None:
            due.append(now)
            watch = request_refresh(watch)
    return due


def test_only_files_of_the_contracts_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    folder.mkdir()
    for name in ("reps_2.csv", "accounts_1.csv", "notes.txt", ".accounts_2.csv.part"):
        (folder / name).write_text("id\n")
    os.utime(folder / "accounts_1.csv", ns=(5, 5))
    (folder / "accounts_gone.csv").symlink_to(folder / "nothing.csv")

    files = list_files([contract("reps"), contract("accounts")], tmp_path)

    assert [file.source_file for file in files] == ["crm/accounts_1.csv", "crm/reps_2.csv"]
    assert files[0] == ListedFile("crm/accounts_1.csv", 3, 5)


def test_without_a_landing_every_file_is_new(tmp_path: Path) -> None:
    assert files_since_landing(tmp_path, [ACCOUNTS]) == [ACCOUNTS]


def test_a_file_that_came_or_changed_after_the_landing_is_new(tmp_path: Path) -> None:
    write_landed_files(tmp_path, [ACCOUNTS, REPS])
    longer = ListedFile(ACCOUNTS.source_file, 200, 1)
    written_again = ListedFile(ACCOUNTS.source_file, 100, 2)

    assert files_since_landing(tmp_path, [ACCOUNTS, REPS]) == []
    assert files_since_landing(tmp_path, [longer, REPS]) == [longer]
    assert files_since_landing(tmp_path, [written_again, REPS]) == [written_again]


def test_a_file_that_was_taken_away_starts_nothing(tmp_path: Path) -> None:
    write_landed_files(tmp_path, [ACCOUNTS, REPS])

    assert files_since_landing(tmp_path, [REPS]) == []


def test_a_refresh_is_due_when_files_stayed_the_same_for_a_minute() -> None:
    assert looks((0, [ACCOUNTS]), (30, [ACCOUNTS]), (59, [ACCOUNTS]), (60, [ACCOUNTS])) == [60]


def test_one_growing_file_keeps_all_waiting() -> None:
    growing = [ListedFile("crm/activities.csv", size, 1) for size in (10, 20, 30)]

    assert looks(
        (0, [ACCOUNTS, growing[0]]),
        (30, [ACCOUNTS, growing[1]]),
        (60, [ACCOUNTS, growing[2]]),
        (90, [ACCOUNTS, growing[2]]),
        (120, [ACCOUNTS, growing[2]]),
    ) == [120]


def test_the_same_files_are_asked_for_once() -> None:
    assert looks((0, [ACCOUNTS]), (60, [ACCOUNTS]), (90, [ACCOUNTS]), (9000, [ACCOUNTS])) == [60]


def test_a_file_that_comes_later_is_asked_for_too() -> None:
    both = [ACCOUNTS, REPS]

    assert looks((0, [ACCOUNTS]), (60, [ACCOUNTS]), (90, both), (150, both)) == [60, 150]


def test_files_that_landed_start_nothing() -> None:
    assert looks((0, [ACCOUNTS]), (30, []), (60, []), (120, [])) == []


def test_files_that_are_due_stay_due_until_they_are_asked_for() -> None:
    watch, _ = watch_files([ACCOUNTS], Watch(), 0)
    watch, reason = watch_files([ACCOUNTS], watch, 60)
    assert reason is None

    assert watch_files([ACCOUNTS], watch, 90)[1] is None


def test_a_clock_that_goes_back_starts_the_minute_again() -> None:
    assert looks((1000, [ACCOUNTS]), (500, [ACCOUNTS]), (559, [ACCOUNTS]), (560, [ACCOUNTS])) == [
        560
    ]


def test_the_reason_to_wait_is_said() -> None:
    watch, reason = watch_files([ACCOUNTS, REPS], Watch(), 0)
    assert reason == "Waiting until 2 new files stayed the same for 60 seconds."

    _, reason = watch_files([ACCOUNTS, REPS], request_refresh(watch), 30)
    assert reason == "A refresh was asked for because of 2 new files; the next night tries again."
