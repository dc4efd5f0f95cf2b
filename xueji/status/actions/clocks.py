"""Clocks of all desks: reminders, what is late, and due days after a calendar changed. Silence never decides anything.

Run every morning for the whole nation, and again when a year's days off are announced. Repeating it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib.working_days import Calendar
from xueji.organisations.queries import calendar
from xueji.status.encryption import unseal
from xueji.status.queries.facts import facts_of
from xueji.status.rules.business import GRADUATION
from xueji.status.rules.graduation import DAYS_FOR_AUTHORITY, WAITING
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.reminders import Notice, due_notices

# What is discreet leaves no notice: an office above could read in it what it must not know.
TURNS = """
SELECT student_id, case_id, ordinal, place, above, kind, name, received_on, due_on, is_provisional, paused_on IS NOT NULL,
    paused_days, days, is_discreet
FROM status_turn WHERE ended_on IS NULL ORDER BY case_id, ordinal
"""

# A due day that moves again is told again; everything else is told once.
TELL = """
INSERT INTO status_notice AS n (place, case_id, ordinal, kind, student_id, case_kind, name, due_on, created_on)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::int[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::date[],
    %s::date[])
ON CONFLICT (place, case_id, ordinal, kind) DO UPDATE
    SET due_on = EXCLUDED.due_on, created_on = EXCLUDED.created_on, read_on = NULL
    WHERE n.kind = 'due_moved' AND n.due_on <> EXCLUDED.due_on
"""

MOVE = """
UPDATE status_turn t SET due_on = w.due_on, is_provisional = w.is_provisional
FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::date[], %s::boolean[])
    AS w (student_id, case_id, ordinal, due_on, is_provisional)
WHERE t.student_id = w.student_id AND t.case_id = w.case_id AND t.ordinal = w.ordinal AND t.ended_on IS NULL
"""

# What was said by the earlier calendar and is not true by the new one.
UNSAY = """
DELETE FROM status_notice n USING unnest(%s::uuid[], %s::int[]) AS w (case_id, ordinal)
WHERE n.case_id = w.case_id AND n.ordinal = w.ordinal AND n.kind <> 'due_moved'
"""


# A school's requests for a grade wait on desks as cases do: one act, one version, one clock.
REQUESTS = f"""
SELECT NULL::uuid, id, version, desk_place, coalesce(above, desk_place), '{GRADUATION.code}', number::text, received_on,
    due_on, false, false, 0, {DAYS_FOR_AUTHORITY}, false
FROM status_graduation WHERE state = ANY(%s) AND due_on IS NOT NULL ORDER BY id
"""

MOVE_REQUESTS = """
UPDATE status_graduation g SET due_on = w.due_on
FROM unnest(%s::uuid[], %s::int[], %s::date[]) AS w (id, version, due_on)
WHERE g.id = w.id AND g.version = w.version
"""


@dataclass(frozen=True)
class Running:
    """An open turn as its row stands. A request has no pupil; its number is the version of the request."""

    student_id: UUID | None
    case_id: UUID
    ordinal: int
    place: int
    above: int
    kind: str
    name: str
    received_on: date
    due_on: date
    is_provisional: bool
    is_paused: bool
    paused_days: int
    days: int
    is_discreet: bool


def remind(*, today: date) -> int:
    """Leave the reminders that are due today with every office; return how many are new."""
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        turns = [*_running(cursor), *_requests(cursor)]
        return _tell(cursor, _due(turns, days=calendar(using), today=today))


def recount(*, today: date) -> int:
    """Count the due day of every open turn anew, and tell the offices whose day moved; return how many moved.

    A turn whose day stays where it was is left alone. Reminders of a turn whose day moved are
    given anew, as its new day wants them.
    """
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        days = calendar(using)
        otherwise = []
        for turn in _running(cursor):
            due = days.due_on(turn.received_on, turn.days + turn.paused_days)
            if (due.on, due.is_provisional) != (turn.due_on, turn.is_provisional):
                otherwise.append((turn, due))
        if otherwise:
            cursor.execute(
                MOVE,
                _columns(
                    [
                        (turn.student_id, turn.case_id, turn.ordinal, due.on, due.is_provisional)
                        for turn, due in otherwise
                    ]
                ),
            )
        requests = [
            (turn, due)
            for turn in _requests(cursor)
            if (due := days.due_on(turn.received_on, turn.days)).on != turn.due_on
        ]
        if requests:
            cursor.execute(
                MOVE_REQUESTS, _columns([(turn.case_id, turn.ordinal, due.on) for turn, due in requests])
            )
        moved = [*((turn, due) for turn, due in otherwise if due.on != turn.due_on), *requests]
        if moved:
            cursor.execute(UNSAY, _columns([(turn.case_id, turn.ordinal) for turn, _due in moved]))
        _tell(
            cursor,
            [
                _notice(turn, turn.place, Notice.DUE_MOVED, due.on, today)
                for turn, due in moved
                if not turn.is_discreet
            ],
        )
        return len(moved)


WHOLE = """
SELECT student_id, id, kind, payload, starter_place, pack_id, due_on, filed_on FROM status_case
WHERE closed_on IS NULL AND due_on IS NOT NULL ORDER BY id
"""


def recount_wholes() -> int:
    """Count the days anew that cases have from beginning to end, where their kind has such; return how many moved."""
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        days, moved = calendar(using), []
        cursor.execute(WHOLE)
        for student_id, case_id, code, sealed, starter, pack_id, due_on, filed_on in cursor.fetchall():
            kind, payload = BY_CODE[code], unseal(sealed, case_id)
            found = facts_of(
                student_id,
                kind=kind,
                payload=payload,
                starter=starter,
                # As it was counted: from the day of filing, where the kind names no other.
                today=filed_on,
                using=using,
                pack_id=pack_id,
                without_case=case_id,
            )
            if found is None:
                continue
            due = days.due_on(kind.counts_from(found[0], payload), kind.days_in_all)
            if due.on != due_on:
                moved.append((due.on, student_id, case_id))
        cursor.executemany("UPDATE status_case SET due_on = %s WHERE student_id = %s AND id = %s", moved)
        return len(moved)


def _running(cursor: Any) -> list[Running]:
    cursor.execute(TURNS)
    return [Running(*row) for row in cursor.fetchall()]


def _requests(cursor: Any) -> list[Running]:
    cursor.execute(REQUESTS, [sorted(WAITING)])
    return [Running(*row) for row in cursor.fetchall()]


def _due(turns: Sequence[Running], *, days: Calendar, today: date) -> list[tuple[Any, ...]]:
    rows = []
    for turn in turns:
        # A clock that stands says nothing.
        if turn.is_paused or turn.is_discreet:
            continue
        used = days.days_used(turn.received_on, today) - turn.paused_days
        for notice in due_notices(used=used, allowed=turn.days, is_late=today > turn.due_on):
            office = turn.above if notice is Notice.LATE_BELOW else turn.place
            rows.append(_notice(turn, office, notice, turn.due_on, today))
    return rows


def _notice(turn: Running, office: int, notice: Notice, due_on: date, today: date) -> tuple[Any, ...]:
    about = (turn.student_id, turn.kind, turn.name)
    return (office, turn.case_id, turn.ordinal, notice.value, *about, due_on, today)


def _tell(cursor: Any, rows: list[tuple[Any, ...]]) -> int:
    if not rows:
        return 0
    cursor.execute(TELL, _columns(rows))
    return int(cursor.rowcount)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


# Reading a notice ----------------------------------------------------------------------------

READ = """
UPDATE status_notice SET read_on = %(today)s
WHERE place = %(place)s AND read_on IS NULL AND (%(all)s OR (case_id, ordinal, kind) IN
    (SELECT * FROM unnest(%(cases)s::uuid[], %(ordinals)s::int[], %(kinds)s::text[])))
"""


def mark_read(*, by: Actor, today: date, chosen: Sequence[tuple[UUID, int, str]] | None = None) -> int:
    """Mark notices of the own office as read, those chosen by (case, ordinal, kind) or all; return how many were unread.

    Who marked them is one event of the office. Raises NotAllowed.
    """
    by.require("status.view")
    keys = _columns(list(chosen)) if chosen else [[], [], []]
    known: dict[str, Any] = {"today": today, "place": by.place, "all": chosen is None}
    known |= dict(zip(("cases", "ordinals", "kinds"), keys, strict=True))
    with connections["default"].cursor() as cursor:
        cursor.execute(READ, known)
        read = int(cursor.rowcount)
    if read:
        record(
            "status.notices.read",
            by=by.account_id,
            office=by.place,
            subject_kind="office",
            subject_id=by.place,
            place=by.place,
            after={"notices": read},
        )
    return read
