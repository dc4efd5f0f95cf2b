"""The raw rate that a load is measured against: binary COPY of the same final rows into the same tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# What one registered pupil consists of, parents first, and how the rows of a batch are found.
STUDENTS = "(SELECT subject_id FROM audit_event WHERE batch_id = %s AND act = 'roster.register')"
FINAL = (
    ("students_student", "id"),
    ("students_identifier", "student_id"),
    ("students_enrolment", "student_id"),
    ("students_familymember", "student_id"),
    ("audit_event", "subject_id"),
)


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]
    content: bytes


def columns_of(cursor: Any, table: str) -> tuple[str, ...]:
    """Return the columns of a table that are written: generated ones are left out."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return tuple(name for (name,) in cursor.fetchall())


def taken(cursor: Any, batch: Any) -> list[Table]:
    """Return the final rows of a registered batch as binary COPY would write them."""
    cursor.execute(STUDENTS.strip("()"), [batch])
    students = [row[0] for row in cursor.fetchall()]
    cursor.execute("CREATE TEMPORARY TABLE measured (student_id uuid PRIMARY KEY)")
    with cursor.copy("COPY measured FROM STDIN") as copy:
        for student in students:
            copy.write_row([student])
    cursor.execute("ANALYZE measured")
    tables = []
    for name, key in FINAL:
        columns = columns_of(cursor, name)
        listed = sql.SQL(", ").join(sql.Identifier("t", column) for column in columns)
        query = sql.SQL(
            "COPY (SELECT {} FROM {} t JOIN measured m ON m.student_id = t.{}) TO STDOUT (FORMAT binary)"
        ).format(listed, sql.Identifier(name), sql.Identifier(key))
        with cursor.copy(query) as copy:
            tables.append(Table(name, columns, b"".join(bytes(part) for part in copy)))
    return tables


def removed(cursor: Any) -> None:
    """Delete the measured rows again, children first, so that the same rows can be copied in."""
    for name, key in reversed(FINAL):
        cursor.execute(
            sql.SQL("DELETE FROM {} t USING measured m WHERE m.student_id = t.{}").format(
                sql.Identifier(name), sql.Identifier(key)
            )
        )


def copied(connection: Any, tables: Sequence[Table]) -> float:
    """COPY the rows in, in one transaction; return the seconds."""
    started = time.monotonic()
    with connection.transaction(), connection.cursor() as cursor:
        for table in tables:
            statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
                sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
            )
            with cursor.copy(statement) as copy:
                view = memoryview(table.content)
                for at in range(0, len(view), 1 << 20):
                    copy.write(view[at : at + (1 << 20)])
    return time.monotonic() - started


# Rows of a batch beside its pupils, and the column that names the batch.
OF_BATCH = (
    ("audit_event", "batch_id"),
    ("changes_rosterrow", "batch_id"),
    ("changes_rosterfinding", "batch_id"),
    ("changes_rosterclaim", "batch_id"),
    ("changes_rosterprogress", "batch_id"),
    ("changes_rosterfile", "batch_id"),
    ("changes_decision", "subject_id"),
    ("changes_rosterbatch", "id"),
)


def forgotten(superuser: str, batches: Sequence[Any]) -> None:
    """Delete batches with their pupils, so that the next measurement meets the registry as before."""
    if not batches:
        return
    ids = list(batches)
    with psycopg.connect(superuser) as connection, connection.cursor() as cursor:
        # Nothing else is in these rows: the checks of foreign keys would only take time.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("CREATE TEMPORARY TABLE measured (student_id uuid PRIMARY KEY, class_id bigint)")
        cursor.execute(
            "INSERT INTO measured SELECT r.student_id, r.class_id FROM changes_rosterrow r"
            " WHERE r.batch_id = ANY(%s) AND r.state = 'accepted'"
            " AND EXISTS (SELECT FROM students_student s WHERE s.id = r.student_id)",
            [ids],
        )
        cursor.execute("ANALYZE measured")
        cursor.execute(
            "UPDATE students_headcount h SET count = h.count - m.count FROM"
            " (SELECT class_id, count(*) FROM measured GROUP BY 1) m"
            " WHERE h.class_of_id = m.class_id AND h.state = '01'"
        )
        removed(cursor)
        for name, column in OF_BATCH:
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                    sql.Identifier(name), sql.Identifier(column)
                ),
                [ids],
            )
        connection.commit()
        connection.autocommit = True
        for name in {name for name, _ in (*FINAL, *OF_BATCH)}:
            connection.execute(f"VACUUM {name}".encode())
        connection.execute("CHECKPOINT")
