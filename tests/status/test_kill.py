"""A worker or the database that is killed while pupils are handed over leaves every case before or after, never between.

`XUEJI_KILLS` says how often; `XUEJI_KILL_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from tests import databases
from tests.factories import TODAY, actor
from tests.status import carried, test_readers
from tests.status.invariants import broken
from xueji.config import embedded
from xueji.status.actions import cases

KILLS = int(os.environ.get("XUEJI_KILLS", "6"))
LONGEST = 0.4  # seconds after the first case until the kill
PUPILS = 6


def drawn_from_seed() -> random.Random:
    seed = int(os.environ.get("XUEJI_KILL_SEED", "0")) or random.randrange(10**6)
    print(f"seed {seed}: XUEJI_KILL_SEED={seed} repeats it")
    return random.Random(seed)


def everything() -> dict[str, int]:
    """Return how many of each thing there are: nothing may be doubled or lost."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM status_case WHERE state = 'completed'),
                   (SELECT count(*) FROM students_enrolment WHERE end_reason = '10'),
                   (SELECT count(*) FROM status_sealedcopy),
                   (SELECT count(*) FROM audit_event WHERE act = 'status.transfer.approve' AND after ? 'effect'),
                   (SELECT count(*) FROM (SELECT DISTINCT student_id, case_id FROM status_effect) one)"""
        )
        names = ("completed", "ended", "copies", "events", "effects")
        return dict(zip(names, cursor.fetchone(), strict=True))


def close_what_is_open() -> None:
    """Carry on what was left on its way: every open case is whole, and can be taken back."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, starter_place FROM status_case WHERE closed_on IS NULL")
        left = cursor.fetchall()
    by_place = {actor(f"r{one}").place: one for one in (test_readers.HERE, test_readers.OTHER_PROVINCE)}
    for case_id, starter in left:
        cases.withdraw(UUID(str(case_id)), by=actor(f"r{by_place[starter]}"), today=TODAY)


def killed_once(
    environment: dict[str, str], pupils: list[dict[str, str]], drawn: random.Random, **more: str
) -> None:
    """Let a process carry pupils and kill it somewhere after its first case."""
    (process,) = test_readers.carriers(environment, pupils, 10_000, **more)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    # What is loaded at the first use only takes the time of the first transfer.
    process.stdout.readline()
    time.sleep(drawn.random() * LONGEST)
    process.kill()
    process.communicate()


def where_they_are(pupils: dict[str, str]) -> dict[str, str]:
    """Return the pupils with the school that has them now."""
    places = {actor(f"r{one}").place: one for one in (test_readers.HERE, test_readers.OTHER_PROVINCE)}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, place FROM students_student WHERE id = ANY(%s)", [list(map(UUID, pupils))])
        return {str(id_): places[place] for id_, place in cursor.fetchall()}


def wait_until_gone() -> None:
    """Wait until the server has noticed that nobody is there any more, and rolled back."""
    for _ in range(1000):
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
                [carried.SESSIONS],
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.01)
    raise AssertionError("the session of a killed process stays")


@pytest.mark.usefixtures("db")
def test_a_process_killed_anywhere_leaves_every_case_whole(database_environment: dict[str, str]) -> None:
    drawn = drawn_from_seed()
    ((pupils),) = test_readers.pupils_of(1, PUPILS)
    for n in range(KILLS):
        killed_once(database_environment, [pupils], drawn)
        wait_until_gone()
        assert broken() == [], f"killed in round {n}"
        assert len(set(everything().values())) == 1, everything()
        close_what_is_open()
        assert broken() == [], f"carried on after round {n}"
        pupils = where_they_are(pupils)
    print(everything())
    assert everything()["completed"] >= KILLS


@pytest.mark.usefixtures("db")
def test_the_same_kills_find_a_build_that_commits_halfway(database_environment: dict[str, str]) -> None:
    drawn, found = drawn_from_seed(), False
    ((pupils),) = test_readers.pupils_of(1, PUPILS)
    for _ in range(20):
        killed_once(database_environment, [pupils], drawn, XUEJI_TEST_BREAK="1")
        wait_until_gone()
        if broken() or len(set(everything().values())) != 1:
            found = True
            break
        close_what_is_open()
        pupils = where_they_are(pupils)
    assert found


def test_a_database_killed_anywhere_leaves_every_case_whole(tmp_path: Path, django_db_blocker: Any) -> None:
    """On a server of its own, which writes what it commits to the disk as one in use does."""
    drawn, var = drawn_from_seed(), tmp_path / "var"
    names = {alias: dict(connections[alias].settings_dict) for alias in connections}
    with django_db_blocker.unblock(), embedded.hold(var) as server:
        sockets = str(embedded.socket_folder(var))
        try:
            copied(server, sockets)
            (pupils,) = test_readers.pupils_of(1, PUPILS)
            environment = {
                key: value.replace(str(embedded.socket_folder(Path(settings.VAR))), sockets)
                for key, value in databases.environment_of("killed").items()
            }
            for n in range(max(2, KILLS // 3)):
                (process,) = test_readers.carriers(environment, [pupils], 10_000)
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                process.stdout.readline()
                time.sleep(drawn.random() * LONGEST)
                kill_server(var)
                process.communicate()
                connections.close_all()
                embedded.ensure(var)
                assert broken() == [], f"killed in round {n}"
                assert len(set(everything().values())) == 1, everything()
                close_what_is_open()
                pupils = where_they_are(pupils)
        finally:
            connections.close_all()
            for alias, kept in names.items():
                connections[alias].settings_dict.update(kept)


def copied(server: embedded.Server, sockets: str) -> None:
    """Migrate and seed a database on a server, and lead the doors of this process to it."""
    from django.core.management import call_command

    from tests.factories import seed
    from xueji.config import database

    database.recreate_database(server.url(), "killed")
    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict.update(NAME="killed", HOST=sockets)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    seed()


def kill_server(var: Path) -> None:
    """Kill the server and all its sessions, as a power cut would."""
    pid = int((var / "pg" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
