"""The measurement of changes runs and says what it promises to say. Its numbers are not judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from xueji.bench import changes
from xueji.config import embedded
from xueji.config.environment import REPOSITORY

# Few enough to be drawn quickly, enough for schools of two counties.
STUDENTS = 1_500


@pytest.fixture(scope="module")
def result(server: embedded.Server) -> dict:
    """What `xueji bench changes` says of a small nation."""
    done = subprocess.run(
        [
            sys.executable, "-X", "utf8", "-m", "xueji.config.command",
            "bench", "changes", "--students", str(STUDENTS), "--quick", "--json",
        ],
        cwd=REPOSITORY,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "xueji.config.settings", "XUEJI_VAR": str(settings.VAR)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict = json.loads(done.stdout)
    return answer


def test_the_answer_has_every_promised_key(result: dict) -> None:
    assert {line.key for line in changes.PROMISED} <= set(result)
    assert set(result["growth"]) == set(changes.COMPARED)
    assert result["compared_with"]["students"] == STUDENTS
    assert all(result[line.key] > 0 for line in changes.PROMISED)


def test_the_table_has_a_line_for_each_promise(result: dict) -> None:
    table = "\n".join(changes.lines(result))
    assert all(line.words in table for line in changes.PROMISED)
