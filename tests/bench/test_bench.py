"""The measurement runs, says what it promises to say, and cleans up behind itself. Its numbers are not judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings

from xueji.bench import pages, report
from xueji.bench.databases import PREFIX
from xueji.bench.workbooks import pupils
from xueji.config import embedded
from xueji.config.environment import REPOSITORY

KEYS = {
    "date", "machine", "students", "databases", "ratio_end_to_end", "ratio_end_to_end_short", "import_slowdown",
    "imports", "workbook", "pages", "form", "readers", "load_average", "seconds",
}  # fmt: skip
STAGES = {"receive", "open", "check", "match", "write", "submit", "leader", "register"}


@pytest.fixture(scope="module")
def answer(server: embedded.Server) -> subprocess.CompletedProcess[str]:
    """What `xueji bench roster` says of a tiny nation."""
    return subprocess.run(
        [
            sys.executable, "-X", "utf8", "-m", "xueji.config.command",
            "bench", "roster", "--students", "500", "--quick", "--json",
        ],
        cwd=REPOSITORY,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "xueji.config.settings", "XUEJI_VAR": str(settings.VAR)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def result(answer: subprocess.CompletedProcess[str]) -> dict:
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_the_answer_has_every_key(result: dict) -> None:
    assert set(result) == KEYS
    assert set(result["pages"]) == set(pages.PAGES)
    assert set(result["imports"]["500"]) == {"national", "short"}
    assert set(result["imports"]["500"]["national"]["stages"]) == STAGES


def test_every_promise_finds_its_number(result: dict) -> None:
    assert [promise.words for promise in report.PROMISES if promise.value(result) is None] == []


def test_nobody_met_an_error(result: dict) -> None:
    assert result["readers"]["errors"] == 0
    assert [page for page, one in result["pages"].items() if one["errors"]] == []


def test_the_table_names_the_machine_and_each_promise(result: dict) -> None:
    table = "\n".join(report.lines(result))
    assert result["machine"]["cpu"] in table
    assert all(promise.words in table for promise in report.PROMISES)


def test_no_database_is_left_behind(result: dict, server: embedded.Server) -> None:
    with psycopg.connect(server.url()) as admin:
        names = [name for (name,) in admin.execute("SELECT datname FROM pg_database")]
    assert [name for name in names if name.startswith(PREFIX)] == []


def test_pupils_of_two_seeds_have_no_number_in_common() -> None:
    numbers = [
        pupil["document_number"]
        for seed in (0, 1, 40)
        for pupil in pupils(5_000, seed=seed, entry_year=2026, classes=["1"], identifier="2133000001")
    ]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(50, 3.0, id="middle"),
        pytest.param(95, 5.0, id="slowest"),
        pytest.param(20, 1.0, id="first"),
    ],
)
def test_a_percentile_is_one_of_the_values(share: int, expected: float) -> None:
    assert pages.percentile([5.0, 1.0, 4.0, 2.0, 3.0], share) == expected


def test_one_disturbed_block_does_not_decide() -> None:
    blocks = pages.Blocks([[1.0] * 10, [90.0] * 10, [2.0] * 10])
    assert blocks.percentile(95) == 2.0
