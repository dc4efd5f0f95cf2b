"""Clocks of all desks: reminders, what is late, and due days that were provisional. Silence never decides anything.

Run once a day for the whole nation, and again when a year's calendar is announced. Repeating it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connections

from xueji.access.scope import national
from xueji.organisations.queries import calendar
from xueji.status.rules.reminders import Notice, due_notices

TURNS = """
SELECT t.student_id, t.case_id, t.ordinal, t.place, t.above, t.kind, t.name, t.received_on, t.due_on, t.paused_days,
    t.days
FROM status_turn t
WHERE t.ended_on IS NULL AND t.paused_on IS NULL AND t.is_provisional = %s AND t.received_on < %s
"""

TELL = """
INSERT INTO status_notice (place, case_id, ordinal, kind, student_id, case_kind, name, due_on, created_on)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::int[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::date[],
    %s::date[])
ON CONFLICT DO NOTHING
"""


def remind(*, today: date) -> int:
    """Leave the reminders that are due today with every office; return how many are new."""
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        days = calendar(using)
        cursor.execute(TURNS.replace("AND t.is_provisional = %s", ""), [today])
        rows = []
        for (
            student,
            case,
            ordinal,
            place,
            above,
            kind,
            name,
            received,
            due,
            paused,
            _days,
        ) in cursor.fetchall():
            used = days.days_used(received, today) - paused
            for notice in due_notices(used=used, is_late=today > due):
                office = above if notice is Notice.LATE_BELOW else place
                rows.append((office, case, ordinal, notice.value, student, kind, name, due, today))
        return _tell(cursor, rows)


def recount(*, today: date) -> int:
    """Count due days anew that were provisional, and tell the offices whose day moved; return how many moved."""
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        days = calendar(using)
        cursor.execute(TURNS.replace("t.received_on < %s", "%s::date IS NOT NULL"), [True, today])
        moved = []
        for (
            student,
            case,
            ordinal,
            place,
            _above,
            kind,
            name,
            received,
            due,
            paused,
            allowed,
        ) in cursor.fetchall():
            counted = days.due_on(received, allowed + paused)
            cursor.execute(
                """UPDATE status_turn SET due_on = %s, is_provisional = %s
                   WHERE student_id = %s AND case_id = %s AND ordinal = %s AND ended_on IS NULL""",
                [counted.on, counted.is_provisional, student, case, ordinal],
            )
            if counted.on != due:
                moved.append(
                    (place, case, ordinal, Notice.DUE_MOVED.value, student, kind, name, counted.on, today)
                )
        _tell(cursor, moved)
        return len(moved)


def _tell(cursor: Any, rows: list[tuple[Any, ...]]) -> int:
    if not rows:
        return 0
    cursor.execute(TELL, [list(column) for column in _columns(rows)])
    return int(cursor.rowcount)


def _columns(rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return iter(zip(*rows, strict=True))
