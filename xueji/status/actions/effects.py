"""The one place where a change writes the truth: rows as planned, images kept for the undo, head counts in step.

Called inside the national scope with the pupil's row locked. Rows are compared with what the
plan found: a row that has become otherwise since stops the whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.statements import asked
from xueji.lib.errors import Refused
from xueji.status.rules.plans import DISCREET, Plan, Table, Write, seats
from xueji.status.statements import Writing

# The pupil's own version is raised once by the engine, whatever rows change.
VERSIONED = frozenset({Table.ENROLMENT})
JSON_COLUMNS = frozenset({"details"})
# Inserted rows get these beside what the plan says.
INITIAL = {Table.ENROLMENT: {"version": 1}}

FILING, EFFECT = "filing", "effect"


class Overtaken(Refused):
    """What the change stands on has become otherwise meanwhile."""

    code = "overtaken"


# All images of a moment in one value.
KEEP = """
INSERT INTO status_effect (student_id, case_id, moment, place, ordinal, "table", key, before, after, is_discreet)
SELECT %s, %s, %s, %s, w.* FROM jsonb_to_recordset(%s::jsonb)
    AS w (ordinal int, "table" text, key jsonb, before jsonb, after jsonb, is_discreet boolean)
"""


def apply(
    plan: Plan,
    *,
    student_id: UUID,
    case_id: UUID,
    place: int,
    moment: str,
    writing: Writing,
    keep: bool = True,
    is_discreet: bool = False,
) -> None:
    """Write a plan. With `keep` its images are kept as what the case did at `moment`.

    The sending raises Overtaken where a row has become otherwise.
    """
    for write in plan.writes:
        statement, values = _statement(write)
        # All rows of a pupil in a table: it may have none.
        writing.say(statement, values, unless_one_row=None if _is_wide(write) else overtaken())
    if keep:
        _keep(plan, student_id, case_id, place=place, moment=moment, is_discreet=is_discreet, writing=writing)
    writing.count(seats(plan))


def overtaken() -> Overtaken:
    return Overtaken(
        "该生的学籍刚刚有了其他变动，请刷新后重新核对。",
        "The pupil's record has just changed otherwise; reload and look again.",
    )


def kept(student_id: UUID, case_id: UUID, *, moment: str, using: str) -> Plan:
    """Return what a case did at a moment, as it was kept."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT "table", key, before, after FROM status_effect
               WHERE student_id = %s AND case_id = %s AND moment = %s ORDER BY ordinal""",
            [student_id, case_id, moment],
        )
        return Plan(
            tuple(
                Write(Table(table), _read(key), _read(before), _read(after))
                for table, key, before, after in cursor.fetchall()
            )
        )


def taken_back(student_id: UUID, case_id: UUID, *, using: str) -> Plan:
    """Return the inverse of what the filing of a case wrote; nothing for a kind whose filing writes nothing.

    What the filing did not change is taken as it stands now: the class may have been merged since.
    """
    filed = kept(student_id, case_id, moment=FILING, using=using)
    return Plan(tuple(_as_it_stands(write, using) for write in filed.inverse().writes))


def _as_it_stands(write: Write, using: str) -> Write:
    if write.before is None or write.after is None:
        return write
    beside = [name for name, value in write.before.items() if write.after.get(name, _NONE) == value]
    same, values = _conditions(write.key)
    with connections[using].cursor() as cursor:
        columns = ", ".join(f'"{name}"' for name in beside)
        cursor.execute(f"SELECT {columns} FROM {write.table} WHERE {same}", values)
        row = cursor.fetchone()
    now = dict(zip(beside, row, strict=True)) if row else {}
    return Write(write.table, write.key, {**write.before, **now}, {**write.after, **now})


def _keep(
    plan: Plan,
    student_id: UUID,
    case_id: UUID,
    *,
    place: int,
    moment: str,
    is_discreet: bool,
    writing: Writing,
) -> None:
    if plan.writes:
        rows = [
            {
                "ordinal": ordinal,
                "table": write.table.value,
                "key": _object(write.key),
                "before": _object(write.before),
                "after": _object(write.after),
                "is_discreet": is_discreet or write.table in DISCREET,
            }
            for ordinal, write in enumerate(plan.writes)
        ]
        writing.say(
            KEEP,
            [
                student_id,
                case_id,
                moment,
                place,
                json.dumps(rows, ensure_ascii=False, default=_plain),
            ],
        )


def _object(part: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if part is None else dict(part)


def _plain(value: Any) -> Any:
    """Return what JSON has no word for, as PostgreSQL reads it."""
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, date | UUID):
        return str(value)
    raise TypeError(type(value))


def _read(value: Any) -> Any:
    """Return a kept image with days as days, so that an image read is the image that was kept."""
    image = json.loads(value) if isinstance(value, str) else value
    if image is None:
        return None
    return {
        name: date.fromisoformat(one) if name in DAYS and isinstance(one, str) else one
        for name, one in image.items()
    }


DAYS = frozenset({"ended_on", "started_on", "entered_on", "birth_on", "since", "until"})


def _is_wide(write: Write) -> bool:
    return set(write.key) == {"student_id"}


def _statement(write: Write) -> tuple[str, list[Any]]:
    """Return the SQL of one write: an insertion, a comparison-and-change, or the removal of a row that still is as it was made."""
    table = write.table
    if write.before is None:
        row = {**INITIAL.get(table, {}), **(write.after or {})}
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(["%s"] * len(row))
        # A row that another door made at the same moment stops the change, as any other row that became otherwise.
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        return statement, [_value(n, v) for n, v in row.items()]
    same, values = _conditions({**write.key, **write.before})
    if write.after is None:
        return f"DELETE FROM {table} WHERE {same}", values
    changed = {name: value for name, value in write.after.items() if write.before.get(name, _NONE) != value}
    sets = ", ".join(f'"{name}" = %s' for name in changed)
    if table in VERSIONED:
        sets += ", version = version + 1"
    return (
        f"UPDATE {table} SET {sets} WHERE {same}",
        [*(_value(n, v) for n, v in changed.items()), *values],
    )


_NONE = object()


def _conditions(image: Mapping[str, Any]) -> tuple[str, list[Any]]:
    parts, values = [], []
    for name, value in image.items():
        if value is None:
            parts.append(f'"{name}" IS NULL')
        else:
            parts.append(f'"{name}" = %s')
            values.append(_value(name, value))
    return " AND ".join(parts), values


def _value(name: str, value: Any) -> Any:
    if name in JSON_COLUMNS and value is not None:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, str) and value.startswith("\\x") and name in BYTES:
        return bytes.fromhex(value[2:])
    return value


BYTES = frozenset({"index", "value", "private"})


def lock_student(student_id: UUID, using: str) -> int | None:
    """Lock the pupil's row until commit and return its version; None when there is no such pupil."""
    rows = asked("SELECT version FROM students_student WHERE id = %s FOR UPDATE", [student_id], using=using)
    return int(rows[0][0]) if rows else None


def images_as_lines(
    plans: Iterable[Plan],
) -> Sequence[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Return (table, before, after) of every row of some plans, for a dry run that is shown."""
    return [(write.table.value, write.before, write.after) for one in plans for write in one.writes]
