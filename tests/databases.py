"""Databases of the tests.

Migrating and seeding takes seconds, so it is done once per state of the source and kept
as a template; every test run gets its own copy of it. Tests really commit, as the
product does. Afterwards the tables are emptied again, and what was seeded is put back
if a test changed it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from xueji.config import database, embedded

REPOSITORY = Path(__file__).resolve().parents[1]
TEMPLATE = "xueji_template_"
# Never emptied: the state of the schema, and the worker of the site, which lives longer than a test.
KEPT = ("django_migrations", "procrastinate_workers")
COPY = "xueji_test_"


def fingerprint() -> str:
    """Return a mark of everything that decides what the template contains."""
    sources = [
        *REPOSITORY.glob("xueji/*/migrations/*.py"),
        *REPOSITORY.glob("xueji/organisations/**/*.py"),
        *REPOSITORY.glob("xueji/organisations/packs/*.toml"),
        *REPOSITORY.glob("xueji/access/*.py"),
        *REPOSITORY.glob("xueji/config/database.py"),
        *REPOSITORY.glob("tests/factories*.py"),
        *REPOSITORY.glob("tests/databases.py"),
        REPOSITORY / "requirements" / "base.txt",
    ]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def copy_of_template(server: embedded.Server, worker: str) -> Iterator[str]:
    """Yield the name of a database that is migrated and seeded and belongs to this run alone."""
    name = f"{COPY}{os.getpid()}_{worker}"
    superuser = server.url()
    with open(Path(settings.VAR) / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = _ensure_template(server)
        _drop_left_overs(superuser, template)
        _copy(superuser, template, name)
    database.ensure_roles(superuser, name)
    try:
        yield name
    finally:
        _drop(superuser, name)


def point_django_at(name: str) -> None:
    """Lead the three doors of this process to the database."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def environment_of(name: str) -> dict[str, str]:
    """Return the variables with which a child process uses the database."""
    sockets = embedded.socket_folder(Path(settings.VAR))
    doors = {
        "DATABASE_URL": database.APP,
        "DATABASE_NATIONAL_URL": database.NATIONAL,
        "DATABASE_OWNER_URL": database.OWNER,
    }
    return {
        **{variable: f"postgresql://{role}@/{name}?host={sockets}" for variable, role in doors.items()},
        "DJANGO_SETTINGS_MODULE": "xueji.config.settings",
        "XUEJI_VAR": str(settings.VAR),
    }


class Cleaner:
    """Brings the database back to its seeded state between two tests."""

    def __init__(self, superuser: str, name: str) -> None:
        self.connection = psycopg.connect(superuser, dbname=name, autocommit=True)
        # Foreign keys and triggers rest while we clean; a test that left a lock fails fast.
        self.connection.execute("SET session_replication_role = replica")
        self.connection.execute("SET lock_timeout = '15s'")
        self.tables = [
            table
            for (table,) in self.connection.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s) ORDER BY 1",
                [list(KEPT)],
            )
        ]
        self.seeded = [
            table for (table,) in self.connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'seed'::regnamespace"
            )
        ]  # fmt: skip
        self.changes = self._changes()

    def clean(self) -> None:
        """Empty what was empty; put back what was seeded if anything of it changed."""
        for table in self._filled(sorted(set(self.tables) - set(self.seeded))):
            self.connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        changes = self._changes()
        if changes != self.changes:
            with self.connection.transaction():
                for table in self.seeded:
                    self._restore(table)
            self.changes = changes

    def close(self) -> None:
        self.connection.close()

    def _changes(self) -> int:
        row = self.connection.execute("SELECT last_value FROM seed.changes").fetchone()
        return int(row[0]) if row else 0

    def _filled(self, tables: list[str]) -> list[str]:
        question = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(t), sql.Identifier(t))
            for t in tables
        )
        return [table for (table,) in self.connection.execute(question)] if tables else []

    def _restore(self, table: str) -> None:
        columns = sql.SQL(", ").join(
            sql.Identifier(column)
            for (column,) in self.connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND NOT attisdropped AND attgenerated = ''",
                [f'public."{table}"'],
            )
        )
        name = sql.Identifier(table)
        self.connection.execute(sql.SQL("DELETE FROM public.{}").format(name))
        self.connection.execute(
            sql.SQL("INSERT INTO public.{} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM seed.{}").format(
                name, columns, columns, name
            )
        )


def _ensure_template(server: embedded.Server) -> str:
    name = TEMPLATE + fingerprint()
    superuser = server.url()
    with psycopg.connect(superuser, autocommit=True) as admin:
        # What a test server loses in a power cut is made again.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        admin.execute("SELECT pg_reload_conf()")
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
    draft = f"{name}_draft"
    database.recreate_database(superuser, draft)
    before = settings.DATABASES["owner"]["NAME"]
    point_django_at(draft)
    try:
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        # The nation the tests stand on; a bare schema until there is one.
        if importlib.util.find_spec("tests.factories"):
            seed = getattr(importlib.import_module("tests.factories"), "seed", None)
            if seed is not None:
                seed()
    finally:
        point_django_at(before)
    with psycopg.connect(superuser, dbname=draft, autocommit=True) as inside:
        _remember_seed(inside)
    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
        )
    return name


def _remember_seed(inside: psycopg.Connection) -> None:
    """Copy every filled table aside, and count the statements that touch the originals."""
    inside.execute(
        """
        CREATE SCHEMA seed;
        CREATE SEQUENCE seed.changes;
        SELECT nextval('seed.changes');  -- the first call does not move last_value
        CREATE FUNCTION seed.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
          $$ BEGIN PERFORM nextval('seed.changes'); RETURN NULL; END $$;
        DO $$
        DECLARE t text; filled boolean;
        BEGIN
          FOR t IN SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition
                   AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO filled;
            IF filled THEN
              EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', t, t);
              EXECUTE format('CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
                              ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION seed.note()', t);
            END IF;
          END LOOP;
        END $$;
        """
    )


def _copy(superuser: str, template: str, name: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(database.OWNER)
            )
        )


def _drop(superuser: str, name: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_left_overs(superuser: str, template: str) -> None:
    """Drop the databases of runs that were killed, and templates of older sources."""
    with psycopg.connect(superuser, autocommit=True) as admin:
        names = [name for (name,) in admin.execute("SELECT datname FROM pg_database")]
    for name in names:
        if name.startswith(COPY) and not psutil.pid_exists(int(name.split("_")[2])):
            _drop(superuser, name)
        if name.startswith(TEMPLATE) and name != template:
            _drop(superuser, name)
