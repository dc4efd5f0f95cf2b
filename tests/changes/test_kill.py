"""An import that is killed is not there or complete, and can be resumed; nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tests.changes.invariants import INVARIANTS, broken
from tests.changes.rosters_as_csv import as_csv, child, nameless
from tests.changes.whole_import import carry_over
from xueji.access.scope import national
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_steps import State

KILLS = 20
# Where the import is killed: at a moment after each of these was reported (the check ends with
# the first `done`; submission and the leader's approval follow, then the last approval).
STAGES = ("begin", "open", "check", "match", "write", "write", "done", "done", "register", "register")
LONGEST_STAGE = 0.25  # seconds
PUPILS, NAMELESS, FAULTY = 1_900, 80, 20
ROWS = PUPILS + NAMELESS + FAULTY
SCHOOLS = ("2133000001", "2133000002", "2133000003", "2151000001")
REPOSITORY = Path(__file__).resolve().parents[2]

SUMMARY = """
SELECT b.state, b.rows, b.accepted, b.rejected, b.registered, b.excepted,
    (SELECT count(*) FROM changes_rosterfinding f WHERE f.batch_id = b.id),
    (SELECT count(*) FROM mine JOIN students_student s ON s.id = mine.student_id),
    (SELECT count(*) FROM mine JOIN students_enrolment e ON e.student_id = mine.student_id AND e.ended_on IS NULL),
    (SELECT jsonb_object_agg(scheme, n) FROM (SELECT i.scheme, count(*) AS n FROM mine
        JOIN students_identifier i ON i.student_id = mine.student_id GROUP BY 1) AS kinds),
    (SELECT count(*) FROM mine JOIN students_familymember m ON m.student_id = mine.student_id),
    (SELECT count(*) FROM audit_event v WHERE v.batch_id = b.id AND v.subject_kind = 'student'),
    -- The check begins anew when the process ended between it and the submission.
    (SELECT array_agg(DISTINCT v.act) FROM audit_event v WHERE v.subject_id = b.id),
    (SELECT count(*) FROM audit_event v WHERE v.subject_id = b.id AND v.act <> 'roster.check'),
    (SELECT array_agg(d.act ORDER BY d.at) FROM changes_decision d WHERE d.subject_id = b.id),
    (SELECT count(*) FROM changes_rosterclaim c WHERE c.batch_id = b.id)
FROM changes_rosterbatch b, LATERAL (SELECT 1) AS one
"""


def file_of(at: int) -> bytes:
    """Return the at-th roster: pupils with and without number, and some rows that are rejected."""
    first = at * PUPILS
    return as_csv(
        [
            *(child(first + n) for n in range(PUPILS)),
            *(nameless(at * NAMELESS + n) for n in range(NAMELESS)),
            *({**child(first + n), "name": "合成9"} for n in range(FAULTY)),
        ]
    )


def summary(name: str) -> tuple[Any, ...]:
    """Return what an import left behind, in counts that are equal for equal files."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM changes_rosterbatch WHERE file_name = %s", [name])
        ((batch_id,),) = cursor.fetchall()
        cursor.execute(
            "WITH mine AS (SELECT student_id FROM changes_rosterrow WHERE batch_id = %s AND state = 'accepted') "
            + SUMMARY
            + " WHERE b.id = %s",
            [batch_id, batch_id],
        )
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def children(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.changes.killed_import"],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def begin(process: subprocess.Popen[str], job: dict[str, str]) -> int:
    """Give a waiting process its job; return the process id of its session in the database."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def come_to(process: subprocess.Popen[str], stage: str) -> None:
    """Return when the process says that it has come to the stage."""
    assert process.stdout is not None
    while stage != "begin" and (said := process.stdout.readline()) != f"{stage}\n":
        assert said, f"the import ended before it came to {stage}"


def wait_until_gone(session: int) -> None:
    """Wait until the server has noticed that nobody is there any more, and rolled back."""
    for _ in range(1000):
        with national("commands") as using, connections[using].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [session])
            if cursor.fetchone() is None:
                return
        time.sleep(0.01)
    raise AssertionError("the session of a killed process stays")


def state_of(name: str) -> str:
    with national("commands") as using:
        batch = RosterBatch.everywhere.using(using).filter(file_name=name).first()
        return "nothing" if batch is None else str(batch.state)


def test_an_import_killed_at_any_point_is_whole_or_absent_and_can_be_resumed(
    db: None, database_environment: dict[str, str], tmp_path: Path
) -> None:
    seed = int(os.environ.get("XUEJI_KILL_SEED", "0")) or random.randrange(10**6)
    print(f"seed {seed}: XUEJI_KILL_SEED={seed} repeats it")
    drawn = random.Random(seed)
    carry_over(file_of(KILLS), name="unkilled.csv", identifier=SCHOOLS[0])
    expected = summary("unkilled.csv")
    assert expected[:5] == ("registered", ROWS, PUPILS + NAMELESS, FAULTY, PUPILS + NAMELESS)
    assert broken() == []

    found = []
    waiting = children(database_environment)
    for n in range(KILLS):
        process, name, content = waiting, f"killed-{n}.csv", file_of(n)
        path = tmp_path / name
        path.write_bytes(content)
        identifier = SCHOOLS[n % len(SCHOOLS)]
        session = begin(process, {"path": str(path), "name": name, "school": identifier})
        come_to(process, STAGES[n % len(STAGES)])
        time.sleep(drawn.random() * LONGEST_STAGE)
        if n % 4 == 3:
            with national("commands") as using, connections[using].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [session])
            process.wait()
        else:
            process.kill()
            process.wait()
        waiting = children(database_environment) if n + 1 < KILLS else process
        wait_until_gone(session)
        found.append(state_of(name))
        assert broken() == [], f"killed in round {n}, found {found[-1]}"
        batch = carry_over(content, name=name, identifier=identifier)
        assert batch.state == State.REGISTERED
        assert broken() == [], f"resumed in round {n} from {found[-1]}"
        assert summary(name) == expected, f"resumed in round {n} from {found[-1]}"
    print(f"found after the kills: {found}")
    # The kills met the import on its way, not only before or after it.
    assert len(set(found)) >= 3


@pytest.mark.parametrize("sentence", sorted(INVARIANTS))
def test_a_question_of_the_invariants_is_answered_by_nothing_in_an_empty_registry(
    db: None, sentence: str
) -> None:
    assert sentence not in broken()
