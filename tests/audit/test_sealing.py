"""Sealing in the database: nothing is left out, what is changed afterwards is found, and stale sealing stops writing."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from tests.databases import Cleaner
from xueji.audit import sealing
from xueji.audit.actions import record
from xueji.audit.rules.verification import Fault, Wrong, verify
from xueji.config.environment import REPOSITORY
from xueji.lib.signing import SigningRing, dump_public
from xueji.lib.suites import NATIONAL

pytestmark = pytest.mark.usefixtures("db")
KEYS = SigningRing.create()
OFFICE = 330_902_000_000


def write(number: int, **more: Any) -> None:
    """Write events that differ in everything that can be there or not."""
    for at in range(number):
        record(
            "roster.check",
            by=None if at % 3 else at,
            office=OFFICE,
            subject_kind="roster",
            subject_id=uuid4(),
            place=OFFICE,
            before=None if at % 2 else {"name": '"李\\雷"\n', "number": 1.50},
            after={"at": at} if at % 5 else None,
            batch_id=uuid4() if at % 4 else None,
            using="national",
            **more,
        )


def count() -> int:
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event")
        return int(cursor.fetchone()[0])


def seal_all(keys: SigningRing = KEYS, most: int = 7) -> int:
    """Seal until all events there are sealed: another database's transaction may hold the horizon for a moment."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not sealing.seal(keys, now=timezone.now(), using="national", most=most):
            last = sealing.last_block("national")
            if (last.total if last else 0) >= count():
                break
            time.sleep(0.05)
    last = sealing.last_block("national")
    return last.total if last else 0


def found(keys: SigningRing = KEYS) -> Fault | None:
    return verify(sealing.history(using="national"), keys.public_keys).fault


@pytest.mark.parametrize("keys", [KEYS, SigningRing.create(NATIONAL)], ids=["international", "national"])
def test_what_was_sealed_is_right_and_goes_on_where_it_ended(keys: SigningRing) -> None:
    write(20)
    assert seal_all(keys) == 20
    write(3)
    assert seal_all(keys) == 23
    verdict = verify(sealing.history(using="national"), keys.public_keys)
    assert (verdict.fault, verdict.events) == (None, 23)
    assert sealing.seal(keys, now=timezone.now(), using="national") == 0


def test_events_that_are_committed_late_or_never_leave_no_gap() -> None:
    ended, chance = threading.Event(), random.Random(1)

    def writer(seed: int) -> None:
        own = random.Random(seed)
        for _ in range(12):
            try:
                with transaction.atomic(using="national"):
                    write(own.randint(1, 3))
                    time.sleep(own.random() * 0.03)
                    if own.random() < 0.3:
                        raise InterruptedError
            except InterruptedError:
                continue
        connections["national"].close()

    def sealer() -> None:
        while not ended.is_set():
            sealing.seal(KEYS, now=timezone.now(), using="national", most=chance.randint(1, 9))
            time.sleep(0.005)
        connections["national"].close()

    writers = [threading.Thread(target=writer, args=[seed]) for seed in range(6)]
    sealers = [threading.Thread(target=sealer) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    for thread in sealers:
        thread.join()
    assert seal_all() == count() > 50
    assert found() is None


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE audit_event SET after = '{\"at\": 9}' WHERE id = %s", Wrong.ALTERED),
        ("UPDATE audit_event SET account_id = 99 WHERE id = %s", Wrong.ALTERED),
        ("UPDATE audit_event SET at = at - interval '1 second' WHERE id = %s", Wrong.ALTERED),
        ("UPDATE audit_event SET batch_id = NULL, before = '1' WHERE id = %s", Wrong.ALTERED),
        ("DELETE FROM audit_event WHERE id = %s", Wrong.MISSING),
    ],
)
def test_what_an_administrator_changes_is_found_by_its_number(
    cleaner: Cleaner, statement: str, wrong: Wrong
) -> None:
    write(12)
    seal_all()
    (event_id,) = cleaner.connection.execute(
        "SELECT id FROM audit_event WHERE batch_id IS NOT NULL ORDER BY id OFFSET 4 LIMIT 1"
    ).fetchone() or (0,)
    cleaner.connection.execute(statement, [event_id])
    fault = found()
    assert fault is not None
    assert (fault.wrong, fault.event_id) == (wrong, event_id)


def test_a_record_written_into_the_past_is_found(cleaner: Cleaner) -> None:
    write(12)
    seal_all()
    (event_id,) = cleaner.connection.execute(
        """INSERT INTO audit_event (subject_id, act, subject_kind, office, place, xid)
           SELECT %s, 'roster.check', 'roster', 1, 1, min(xid) FROM audit_event RETURNING id""",
        [UUID(int=1)],
    ).fetchone() or (0,)
    fault = found()
    assert fault is not None
    assert (fault.wrong, fault.event_id) == (Wrong.INSERTED, event_id)


def test_the_hash_in_the_row_is_the_one_that_anybody_computes(cleaner: Cleaner) -> None:
    from xueji.audit.rules.digests import digest

    write(20)
    seal_all(most=100)
    kept = cleaner.connection.execute("SELECT row_hash FROM audit_event ORDER BY xid, id").fetchall()
    computed = [
        digest(entry) for _block, entries in sealing.history(using="national") for entry in entries if entry
    ]
    assert [bytes(row_hash) for (row_hash,) in kept] == computed


def test_sealing_is_stale_when_events_wait_and_nothing_seals(cleaner: Cleaner) -> None:
    assert not sealing.freshness("national").is_stale
    write(1)
    assert not sealing.freshness("national").is_stale
    cleaner.connection.execute("UPDATE audit_event SET at = now() - interval '11 minutes'")
    assert sealing.freshness("national").is_stale
    sealing.forget_freshness()
    with pytest.raises(sealing.SealingStale):
        sealing.ensure_fresh("national")
    seal_all()
    assert not sealing.freshness("national").is_stale
    sealing.forget_freshness()
    sealing.ensure_fresh("national")


def test_an_exported_log_is_checked_by_the_command_without_a_database(
    tmp_path: Any, database_environment: dict[str, str]
) -> None:
    write(9)
    seal_all()
    from xueji.audit.rules import logs

    lines = [
        logs.line_of(item)
        for block, entries in sealing.history(using="national")
        for item in (block, *entries)
        if item is not None
    ]
    log, keys = tmp_path / "log", tmp_path / "keys"
    keys.write_text(dump_public(KEYS.public_keys))
    # A folder without a server, and an address that leads nowhere: the check needs neither.
    nowhere = {"XUEJI_VAR": str(tmp_path / "var"), "PATH": "/usr/bin", "PYTHONPATH": str(REPOSITORY)}

    def check(content: list[str]) -> tuple[int, str]:
        log.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "xueji.config.command", "audit", "verify", str(log), "--keys", str(keys)],
            env=nowhere, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    assert check(lines)[0] == 0
    event = json.loads(lines[3])
    code, said = check([*lines[:3], *lines[4:]])
    assert code == 1
    assert f"record {event[2]}: the record is missing" in said
    assert not (tmp_path / "var" / "pg").exists()
    assert settings.XUEJI_SEALING is False
