"""Whoever looks while pupils are handed over sees each of them in one school: never in two, never in none.

`XUEJI_TRANSFERS` says how many transfers run beside the readers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests.factories import TODAY, school
from tests.status.cases import HERE, OTHER_PROVINCE, class_id
from tests.status.invariants import broken
from tests.status.seniors import seated

TRANSFERS = int(os.environ.get("XUEJI_TRANSFERS", "120"))
PROCESSES, READERS, PUPILS = 2, 2, 12
REPOSITORY = Path(__file__).resolve().parents[2]

# One statement: what one reader sees at one moment.
SEEN = """
SELECT count(*) FILTER (WHERE schools <> 1), count(*) FILTER (WHERE place <> at), count(*) FROM (
    SELECT s.place, count(e.id) AS schools, max(e.place) AS at FROM students_student s
    LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL GROUP BY s.id) pupils
"""


def carriers(
    environment: dict[str, str], pupils: list[dict[str, str]], count: int, **more: str
) -> list[subprocess.Popen[str]]:
    """Start processes that carry pupils to and fro between two schools."""
    classes = {one: class_id(one, "2026101") for one in (HERE, OTHER_PROVINCE)}
    started = []
    for own in pupils:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.status.carried"],
            cwd=REPOSITORY,
            env={**os.environ, **environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        job = {"pupils": own, "classes": classes, "count": count, "today": TODAY.isoformat()}
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        started.append(process)
    return started


def pupils_of(processes: int, each: int) -> list[dict[str, str]]:
    return [
        {
            str(seated(f"测{chr(0x4E00 + 100 * p + n)}", school(at), grade=1)): at
            for n in range(each)
            for at in [(HERE, OTHER_PROVINCE)[n % 2]]
        }
        for p in range(processes)
    ]


def look(until: threading.Event, told: list[tuple[int, int, int]]) -> None:
    """Look at every pupil again and again, each time in a statement of its own."""
    with psycopg.connect(
        host=settings.DATABASES["owner"]["HOST"],
        dbname=settings.DATABASES["owner"]["NAME"],
        user=settings.DATABASES["owner"]["USER"],
        autocommit=True,
    ) as reader:
        while not until.is_set():
            told.append(reader.execute(SEEN).fetchone())  # type: ignore[arg-type] - the row is there
            until.wait(0.01)


def read_beside(
    environment: dict[str, str], **more: str
) -> tuple[list[tuple[int, int, int]], list[int | None]]:
    """Let readers look while processes carry pupils; return what was seen and how the processes ended."""
    pupils = pupils_of(PROCESSES, PUPILS)
    over, told = threading.Event(), [[] for _ in range(READERS)]  # type: ignore[var-annotated]
    threads = [threading.Thread(target=look, args=(over, own)) for own in told]
    for thread in threads:
        thread.start()
    processes = carriers(environment, pupils, TRANSFERS // PROCESSES, **more)
    for process in processes:
        process.communicate(timeout=24 * 3600)
    over.set()
    for thread in threads:
        thread.join()
    return [one for own in told for one in own], [process.returncode for process in processes]


@pytest.mark.usefixtures("db")
def test_no_reader_sees_a_pupil_in_two_schools_or_in_none(database_environment: dict[str, str]) -> None:
    seen, ended = read_beside(database_environment)
    assert ended == [0] * PROCESSES
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM status_case WHERE state = 'completed'")
        assert cursor.fetchone() == (TRANSFERS // PROCESSES * PROCESSES,)
    print(f"{TRANSFERS} transfers, {len(seen)} looks at {PROCESSES * PUPILS} pupils")
    assert {one[:2] for one in seen} == {(0, 0)}
    assert len(seen) > 20
    assert broken() == []


@pytest.mark.usefixtures("db")
def test_the_same_readers_see_a_build_that_commits_halfway(database_environment: dict[str, str]) -> None:
    seen, _ended = read_beside(database_environment, XUEJI_TEST_BREAK="1")
    assert {one[:2] for one in seen} != {(0, 0)} or broken() != []
