"""Large loads into empty tables: indexes and keys are put aside and built once at the end.

What was put aside stands in a file until all of it is back, so that a load that was
killed leaves a registry that the next one can set right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from psycopg import sql

Statement = sql.SQL | sql.Composed

# The tables that hold pupils, the largest last: it is built beside the others.
TABLES = (
    "students_headcount",
    "students_numberserial",
    "students_student",
    "students_enrolment",
    "students_familymember",
    "audit_event",
    "students_identifier",
)

FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
ORDER BY 1, 2
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = ANY(%s::regclass[])
ORDER BY 1, 2
"""
INDEXES = """
SELECT i.indrelid::regclass::text, c.relname, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY(%s::regclass[])
AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
ORDER BY 1, 2
"""
PRESENT = """
SELECT EXISTS (SELECT FROM pg_class WHERE relname = %(name)s AND relnamespace = 'public'::regnamespace)
OR EXISTS (SELECT FROM pg_constraint WHERE conname = %(name)s AND connamespace = 'public'::regnamespace)
"""


def put_aside(connection: psycopg.Connection, note: Path) -> None:
    """Drop indexes and keys of the pupils' tables, after writing down how to make them again."""
    tables = list(TABLES)
    with connection.transaction(), connection.cursor() as cursor:
        found = {
            kind: cursor.execute(query, [tables]).fetchall()
            for kind, query in (("foreign", FOREIGN_KEYS), ("keys", CONSTRAINTS), ("indexes", INDEXES))
        }
        draft = note.with_suffix(".draft")
        draft.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        draft.replace(note)
        for table, name, _ in (*found["foreign"], *found["keys"]):
            cursor.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )
        for _, name, _ in found["indexes"]:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))


def build_again(url: str, note: Path) -> None:
    """Make indexes, primary and unique keys again, two tables at a time. What is there already stays."""
    found = json.loads(note.read_text(encoding="utf-8"))
    work = [
        (
            table,
            [
                (name, _adding(table, name, definition))
                for of, name, definition in found["keys"]
                if of == table
            ]
            + [(name, sql.SQL(definition)) for of, name, definition in found["indexes"] if of == table],
        )
        for table in reversed(TABLES)
    ]

    def build(of: tuple[str, list[tuple[str, Statement]]]) -> None:
        table, statements = of
        with psycopg.connect(url, autocommit=True) as connection:
            # Two tables at a time keep two cores busy; more workers would only take turns.
            connection.execute("SET max_parallel_maintenance_workers = 0")
            _execute_missing(connection, statements)
            connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(build, work))


def join_again(connection: psycopg.Connection, note: Path) -> None:
    """Make the foreign keys again, each row checked, and drop the note: everything is back."""
    found = json.loads(note.read_text(encoding="utf-8"))
    _execute_missing(
        connection, [(name, _adding(table, name, definition)) for table, name, definition in found["foreign"]]
    )
    note.unlink()


def empty(connection: psycopg.Connection) -> None:
    """Empty the pupils' tables: what a load left that did not end."""
    listed = sql.SQL(", ").join(map(sql.Identifier, TABLES))
    connection.execute(sql.SQL("TRUNCATE {}").format(listed))


def _adding(table: str, name: str, definition: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(
        sql.Identifier(table), sql.Identifier(name)
    ) + sql.SQL(definition)


def _execute_missing(connection: psycopg.Connection, statements: Iterable[tuple[str, Statement]]) -> None:
    for name, statement in statements:
        (present,) = connection.execute(PRESENT, {"name": name}).fetchone() or (False,)
        if not present:
            connection.execute(statement)
