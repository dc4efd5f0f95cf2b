"""From a workbook on disk to registered, numbered pupils, against the raw rate in the same run."""

from __future__ import annotations

import contextlib
import itertools
import resource
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import psycopg

from xueji.access.models import Appointment
from xueji.access.queries import actors_of
from xueji.access.scope import Actor, national
from xueji.bench import raw
from xueji.changes.actions import rosters
from xueji.changes.actions.examination import read_file
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_steps import Act, State
from xueji.organisations.models import School
from xueji.organisations.queries import authority_of

PAUSE_BETWEEN_LOOKS = 0.02


@dataclass
class Measured:
    """One roster through all desks: seconds per stage, and the raw rate of its final rows."""

    rows: int
    layout: str
    stages: dict[str, float] = field(default_factory=dict)
    raw_seconds: float = 0.0
    peak_memory_mb: int = 0
    reader_memory_mb: int = 0

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def ratio(self) -> float:
        """End-to-end rate as a share of the raw rate."""
        return self.raw_seconds / self.seconds if self.raw_seconds else 0.0


def actor_at(place: int, role: str, today: date) -> Actor:
    """Return somebody appointed in this role at this place."""
    with national("bench") as using:
        account = Appointment.objects.using(using).filter(place=place, role=role, until=None).first()
        if account is None:
            raise LookupError(f"nobody is {role} at {place}")
        found = [
            a
            for a in actors_of(account.account_id, today=today, using=using)
            if a.place == place and a.role == role
        ]
    return found[0]


def measure(path: Path, *, school: School, layout: str, today: date, superuser: str) -> Measured:
    """Take a workbook through upload, check, submission and both approvals; then copy its final rows raw.

    Afterwards the registry is as it was. Raises RuntimeError unless every row was registered.
    """
    registrar = actor_at(school.place, "registrar", today)
    leader = actor_at(school.place, "leader", today)
    officer = actor_at(authority_of(school.place, using="national"), "officer", today)
    marks: list[tuple[str, float]] = [("receive", time.monotonic())]
    content = path.read_bytes()
    batch, _ = rosters.receive(content, file_name=path.name, school=school, by=registrar)

    def stage(name: str, done: int, total: int) -> None:
        if name != "done":
            marks.append((name, time.monotonic()))

    batch = rosters.check_batch(batch.id, today=today, report=stage)
    marks.append(("submit", time.monotonic()))
    batch = rosters.submit(batch.id, by=registrar, today=today)
    marks.append(("leader", time.monotonic()))
    batch = rosters.decide(batch.id, act=Act.APPROVE, by=leader, today=today)
    marks.append(("register", time.monotonic()))
    batch = rosters.decide(batch.id, act=Act.APPROVE, by=officer, today=today)
    marks.append(("end", time.monotonic()))
    if batch.state != State.REGISTERED or batch.registered != batch.rows:
        raise RuntimeError(f"only {batch.registered} of {batch.rows} rows were registered")
    measured = Measured(rows=batch.rows, layout=layout)
    for (name, begun), (_, ended) in itertools.pairwise(marks):
        measured.stages[name] = measured.stages.get(name, 0.0) + ended - begun
    # Before the raw rows are held in memory, which is no part of an import.
    measured.peak_memory_mb = peak_memory_mb()
    measured.raw_seconds = raw_seconds(batch, superuser)
    raw.forgotten(superuser, [batch.id])
    return measured


def peak_memory_mb() -> int:
    """Return the most memory that this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024**2 if sys.platform == "darwin" else 1024)


def reader_memory_mb(path: Path) -> int:
    """Read a workbook once more, beside the clock; return the most memory its reading child was seen with."""
    peak = 0
    is_read = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_read.wait(PAUSE_BETWEEN_LOOKS):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    peak = max(peak, child.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        read_file(path.read_bytes(), path.name)
    finally:
        is_read.set()
        watcher.join()
    return peak // 1024**2


def raw_seconds(batch: RosterBatch, superuser: str) -> float:
    """Return how long binary COPY takes for the final rows of a registered batch, indexes and keys included.

    The rows are taken out, deleted and vacuumed away, and copied in again, so both loads
    meet the same tables.
    """
    with psycopg.connect(superuser) as connection:
        with connection.cursor() as cursor:
            tables = raw.taken(cursor, batch.id)
            raw.removed(cursor)
        connection.commit()
        connection.autocommit = True
        for name, _ in raw.FINAL:
            connection.execute(f"VACUUM {name}".encode())
        connection.execute("CHECKPOINT")
        return raw.copied(connection, tables)


def as_json(measured: Measured) -> dict[str, Any]:
    return {
        "rows": measured.rows,
        "layout": measured.layout,
        "seconds": round(measured.seconds, 3),
        "raw_seconds": round(measured.raw_seconds, 3),
        "rows_per_second": round(measured.rows_per_second),
        "ratio": round(measured.ratio, 3),
        "stages": {name: round(seconds, 3) for name, seconds in measured.stages.items()},
        "peak_memory_mb": measured.peak_memory_mb,
        "reader_memory_mb": measured.reader_memory_mb,
    }
