"""What `make run` says and returns when all, some or nothing of a refresh succeeded."""

from pathlib import Path

import pytest

from orchestration import run


@pytest.mark.parametrize(
    ("has_published", "has_succeeded", "exit_code", "said"),
    [
        (True, True, 0, ""),
        (True, False, 1, "This was published, but a step after it failed"),
        (False, False, 1, "what was published before is still there"),
        # a step that was skipped fails no run
        (False, True, 1, "what was published before is still there"),
    ],
)
def test_the_exit_code_tells_whether_all_of_a_refresh_succeeded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    has_published: bool,
    has_succeeded: bool,
    exit_code: int,
    said: str,
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("SALES_KPIS_SOURCES", "maven_crm")
    monkeypatch.setattr(run, "prepare_manifest", lambda settings: None)
    monkeypatch.setattr(run, "_refresh", lambda: (has_published, has_succeeded))
    shown = []
    monkeypatch.setattr(run, "_show_result", shown.append)

    assert run.main() == exit_code

    assert said in capsys.readouterr().out
    assert bool(shown) == has_published
