"""`xueji roster_check` and `roster_import`: what other programs rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.changes.rosters_as_csv import as_csv, child
from tests.factories import TODAY
from xueji.changes.models import RosterBatch

pytestmark = pytest.mark.usefixtures("db")

SCHOOL, REGISTRAR = "2133000001", "r2133000001"
KEYS = ["file", "sha256", "batch", "rows", "accepted", "rejected", "warnings", "seconds", "findings"]


@pytest.fixture(autouse=True)
def that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *moment: TODAY)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, Any], int]:
    """Return the one object on stdout and the exit status."""
    status = 0
    try:
        call_command(*words, "--school", SCHOOL, "--json")
    except SystemExit as left:
        status = int(left.code or 0)
    return json.loads(capsys.readouterr().out), status


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "good.csv").write_bytes(as_csv([child(0), child(1)]))
    return str(tmp_path / "good.csv")


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    (tmp_path / "mixed.csv").write_bytes(as_csv([child(0), {**child(1), "name": ""}]))
    return str(tmp_path / "mixed.csv")


def test_a_check_answers_and_writes_nothing(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, status = run(capsys, "roster_check", good)
    assert (list(found), status) == (KEYS, 0)
    assert (found["batch"], found["rows"], found["accepted"], found["rejected"]) == (None, 2, 2, 0)
    assert not RosterBatch.everywhere.using("national").exists()


def test_rows_that_were_rejected_are_told_by_status_and_finding(
    mixed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, status = run(capsys, "roster_check", mixed)
    assert (status, found["rows"], found["accepted"], found["rejected"]) == (1, 2, 1, 1)
    (finding,) = found["findings"]
    assert list(finding) == ["row", "column", "code", "severity", "message_zh", "message_en"]
    assert (finding["row"], finding["code"]) == (3, "missing")


def test_an_import_is_a_batch_and_the_same_file_again_is_the_same(
    good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, status = run(capsys, "roster_import", good, "--by", REGISTRAR)
    again, again_status = run(capsys, "roster_import", good, "--by", REGISTRAR)
    assert (status, again_status) == (0, 0)
    assert (again["batch"], again["accepted"]) == (first["batch"], 2)
    assert "note_en" in again
    assert RosterBatch.everywhere.using("national").count() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(None, "file-missing", id="no-file"),
        pytest.param(b"", "no-header", id="empty"),
        pytest.param(b"a,b\n1,2\n", "no-header", id="other-table"),
    ],
)
def test_a_file_that_cannot_be_used_is_answered_by_the_same_names_and_the_error(
    tmp_path: Path, content: bytes | None, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "roster.csv"
    if content is not None:
        path.write_bytes(content)
    found, status = run(capsys, "roster_check", str(path))
    assert (list(found), status) == ([*KEYS, "error"], 2)
    assert (found["rows"], found["findings"], found["error"]["code"]) == (0, [], code)


def test_who_is_not_the_registrar_submits_nothing(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, status = run(capsys, "roster_import", good, "--by", "nobody")
    assert (status, found["error"]["code"]) == (2, "no-such-account")
    assert not RosterBatch.everywhere.using("national").exists()
