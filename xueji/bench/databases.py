"""Databases to measure in: of their own on the embedded server, filled by the demo command, kept only on demand."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from xueji.bench import raw
from xueji.config import database, embedded
from xueji.config.environment import REPOSITORY
from xueji.lib.errors import Refused
from xueji.lib.school_years import school_year

PREFIX = "xueji_bench_"
SEED = 20
# What a database was filled from, so that a kept one is used again only while nothing of it changed.
SOURCES = ("*/migrations/*.py", "synthetic/**/*.py", "organisations/rules/*.py", "config/database.py")

# How many processes and threads answer is part of what is measured; keys, hosts and the like are the bench's own.
SETTINGS_KEPT = frozenset({"XUEJI_WEB_WORKERS", "XUEJI_WEB_THREADS", "XUEJI_JOBS"})

Say = Callable[[str], None]


class ChildFailed(Refused):
    code = "bench-child-failed"


@dataclass(frozen=True)
class Filled:
    """A database with a synthetic nation in it, and how long that took."""

    name: str
    students: int
    load_seconds: float
    bytes: int

    @property
    def students_per_second(self) -> float:
        return self.students / self.load_seconds


@dataclass(frozen=True)
class Place:
    """Where the measurement works: the embedded server, and a folder for keys, workbooks and static files."""

    server: embedded.Server
    folder: Path

    def superuser(self, name: str) -> str:
        return self.server.url(database=name)

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables with which a child process works in the database and nowhere else."""
        doors = {
            "DATABASE_URL": database.APP,
            "DATABASE_NATIONAL_URL": database.NATIONAL,
            "DATABASE_OWNER_URL": database.OWNER,
        }
        sockets = self.server.sockets
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key in SETTINGS_KEPT or not key.startswith(("XUEJI_", "SECRET_"))
        }
        return {
            **inherited,
            **{key: f"postgresql://{role}@/{name}?host={sockets}" for key, role in doors.items()},
            "DJANGO_SETTINGS_MODULE": "xueji.config.settings",
            "PYTHONPATH": str(REPOSITORY),
            "XUEJI_VAR": str(self.folder),
        }

    def run(self, name: str, module: str, *arguments: str, given: str = "") -> str:
        """Run a module as a child in the database; return what it printed. Raises ChildFailed."""
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", module, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            env=self.environment(name),
        )
        if done.returncode:
            words = " ".join((module, *arguments))
            tail = done.stderr.strip()[-2000:]
            raise ChildFailed(
                f"测试步骤 {words} 未成功：{tail}", f"The step {words} failed with status {done.returncode}."
            )
        return done.stdout


def name_for(students: int) -> str:
    return f"{PREFIX}{students}"


def prepared(place: Place, students: int, *, today: date, say: Say) -> Filled:
    """Return a database with `students` synthetic pupils: a kept one of the same sources, else a new one."""
    name = name_for(students)
    year = school_year(today)
    mark = _mark(place, students, year)
    kept = _kept(place, name, mark)
    if kept is not None:
        say(f"{name}: 沿用已有的数据库 using the one that was kept")
        return kept
    say(f"{name}: 正在生成 {students:,} 名学生 drawing the pupils …")
    database.recreate_database(place.server.url(), name)
    place.run(name, "xueji.config.command", "migrate", "--database", "owner", "--verbosity", "0")
    started = time.monotonic()
    place.run(name, "xueji.config.command", "demo", "--students", str(students), "--seed", str(SEED))
    seconds = time.monotonic() - started
    with psycopg.connect(place.superuser(name), autocommit=True) as inside:
        inside.execute("VACUUM (ANALYZE)")
        inside.execute("CHECKPOINT")
        row = inside.execute("SELECT pg_database_size(current_database())").fetchone()
        filled = Filled(name, students, seconds, int(row[0]) if row else 0)
        inside.execute(
            "CREATE SCHEMA bench; CREATE TABLE bench.mark (sources text, filled jsonb, at timestamptz)"
        )
        inside.execute(
            "INSERT INTO bench.mark VALUES (%s, %s, now())",
            [_mark(place, students, year), json.dumps(asdict(filled))],
        )
    say(f"{name}: {seconds:.1f} s, {filled.students_per_second:,.0f} 人/s, {filled.bytes / 1024**2:,.0f} MB")
    return filled


def dropped(place: Place, names: Sequence[str]) -> None:
    """Drop databases of measurements."""
    with psycopg.connect(place.server.url(), autocommit=True) as server:
        for name in names:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _mark(place: Place, students: int, year: int) -> str:
    """Return a mark of the sources, size, school year, and the keys that identifiers are encrypted with."""
    digest = hashlib.sha256(f"{students} {SEED} {year}".encode())
    package = REPOSITORY / "xueji"
    for path in sorted(path for pattern in SOURCES for path in package.glob(pattern)):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    keys = place.folder / "keys.json"
    digest.update(keys.read_bytes() if keys.exists() else b"")
    return digest.hexdigest()


def _kept(place: Place, name: str, mark: str) -> Filled | None:
    with psycopg.connect(place.server.url(), autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return None
    with psycopg.connect(place.superuser(name), autocommit=True) as inside:
        if inside.execute("SELECT to_regclass('bench.mark') IS NULL").fetchone() == (True,):
            return None
        row = inside.execute("SELECT filled, at FROM bench.mark WHERE sources = %s", [mark]).fetchone()
        if row is None:
            return None
        # What an earlier measurement sent through pages and forms.
        left = inside.execute("SELECT id FROM changes_rosterbatch WHERE uploaded_at > %s", [row[1]])
        raw.forgotten(place.superuser(name), [key for (key,) in left])
        return Filled(**row[0])
