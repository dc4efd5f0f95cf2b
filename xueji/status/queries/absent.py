"""Who is not at school: suspensions that ran out, dropouts, and pupils who left with an unknown destination.

Lists of a school or of an authority, in the reader's scope, a page at a time by key; they go on and not back. A pupil
whose death was reported is in none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Scope, current_scope
from xueji.changes.queries.pages import Page
from xueji.organisations.queries_packs import pack_for
from xueji.status.rules import marks, withdrawal
from xueji.status.rules.claim import LEFT_BY
from xueji.status.rules.facts import DROPPED_OUT, MISSING, SUSPENDED

PAGE = 50

# Where the list goes on: the day of the last row and its pupil.
Key = tuple[date, UUID]


@dataclass(frozen=True)
class Absent:
    """A pupil who is not at school, with school and class, and since when."""

    student_id: UUID
    name: str
    place: int
    school: str
    grade: int
    class_name: str
    since: date


@dataclass(frozen=True)
class OverdueSuspension:
    """A suspension that ended on `until` without a return. `consequence` of the pack: report or withdrawal.

    `from_on` is the day from which the consequence is due; None where the pupil is only listed.
    """

    pupil: Absent
    mark_id: UUID
    until: date
    extensions: int
    consequence: str
    from_on: date | None

    def is_due(self, today: date) -> bool:
        """Return whether the withdrawal that follows is to be begun."""
        return self.from_on is not None and today >= self.from_on


@dataclass(frozen=True)
class Dropout:
    """A pupil of the compulsory years who stays away: reason and whereabouts are codes of the kind's lists."""

    pupil: Absent
    reason: str
    whereabouts: str


@dataclass(frozen=True)
class Lost:
    """A pupil of the pool: who left or was lost sight of, in which state; since is the day of leaving."""

    pupil: Absent
    state: str
    sex: str
    birth_on: date


# The running marks of a kind with the open enrolment in the state that belongs to it.
MARKED = """
SELECT s.id, s.name, m.place, o.name, g.number, c.name, m.since, m.id, m.details, e.state, s.sex, s.birth_on
FROM status_mark m
JOIN students_student s ON s.id = m.student_id
JOIN students_enrolment e ON e.student_id = m.student_id AND e.ended_on IS NULL AND e.state = %(state)s
JOIN organisations_organisation o ON o.id = e.school_id
JOIN organisations_class c ON c.id = e.class_of_id
JOIN organisations_grade g ON g.id = c.grade_id
WHERE m.place >= %(lo)s AND m.place < %(hi)s AND m.kind = %(kind)s AND m.until IS NULL {where}
ORDER BY {day}, m.student_id LIMIT %(limit)s
"""

UNTIL = "(m.details->>'until')"

# Enrolments that ended so that nobody knows where the pupil went, and were the last; the pupil's row is still held by
# the place, so no other school has the pupil now.
LOST_STATES = ", ".join(f"'{state}'" for state in sorted(LEFT_BY))
LEFT = f"""
SELECT s.id, s.name, e.place, o.name, g.number, c.name, e.ended_on, e.id, '{{{{}}}}'::jsonb, e.state, s.sex, s.birth_on
FROM students_enrolment e
JOIN students_student s ON s.id = e.student_id AND s.place = e.place
JOIN organisations_organisation o ON o.id = e.school_id
JOIN organisations_class c ON c.id = e.class_of_id
JOIN organisations_grade g ON g.id = c.grade_id
WHERE e.place >= %(lo)s AND e.place < %(hi)s AND e.ended_on IS NOT NULL AND e.state IN ({LOST_STATES})
    AND NOT EXISTS (SELECT 1 FROM students_enrolment n WHERE n.student_id = e.student_id
        AND (n.ended_on IS NULL OR (n.ended_on, n.started_on) > (e.ended_on, e.started_on))) {{where}}
ORDER BY e.ended_on, e.student_id LIMIT %(limit)s
"""


def _range(below: int | None) -> Scope:
    """Return the places asked for: those in scope, or of one school or authority in it."""
    scope = current_scope()
    if below is None:
        return scope
    lo, hi = places.scope(below)
    return Scope(max(scope.lo, lo), min(scope.hi, hi))


def overdue_suspensions(
    *,
    today: date,
    below: int | None = None,
    after: Key | None = None,
    size: int = PAGE,
    using: str = "default",
) -> Page[OverdueSuspension, Key]:
    """Return a page of the suspensions in scope that ended before today without a return, the longest first."""
    known: dict[str, Any] = {"state": SUSPENDED, "kind": marks.SUSPENSION, "today": today.isoformat()}
    where = f"AND {UNTIL} < %(today)s"
    if after is not None:
        where += f" AND ({UNTIL}, m.student_id) > (%(key_day)s, %(key_id)s)"
        known |= {"key_day": after[0].isoformat(), "key_id": after[1]}
    rows = [
        _overdue(row, today=today, using=using)
        for row in _rows(MARKED.format(where=where, day=UNTIL), known, below, size, using)
    ]
    return _page(rows, size, lambda row: (row.until, row.pupil.student_id))


def _overdue(row: tuple[Any, ...], *, today: date, using: str) -> OverdueSuspension:
    pupil, details = _absent(row), _object(row[8])
    until = date.fromisoformat(details["until"])
    _id, pack = pack_for(pupil.place, today, using=using)
    withdraws = pack.suspension.overdue == "withdrawal" and pupil.grade in pack.withdrawal_grades
    last = withdrawal.overdue_on(until, pack.suspension.overdue_months)
    return OverdueSuspension(
        pupil=pupil,
        mark_id=row[7],
        until=until,
        extensions=int(details["extensions"]),
        consequence="withdrawal" if withdraws else "report",
        from_on=date.fromordinal(last.toordinal() + 1) if withdraws else None,
    )


def dropouts(
    *, below: int | None = None, after: Key | None = None, size: int = PAGE, using: str = "default"
) -> Page[Dropout, Key]:
    """Return a page of the dropouts in scope: who, since when, which school; the longest away first."""
    where, known = _marked(DROPPED_OUT, marks.DROPOUT, after)
    rows = [
        Dropout(_absent(row), _object(row[8])["reason"], _object(row[8])["whereabouts"])
        for row in _rows(MARKED.format(where=where, day="m.since"), known, below, size, using)
    ]
    return _page(rows, size, lambda row: (row.pupil.since, row.pupil.student_id))


def pool(
    *, below: int | None = None, after: Key | None = None, size: int = PAGE, using: str = "default"
) -> Page[Lost, Key]:
    """Return a page of the pupils in scope who left with an unknown destination, in order of the day.

    For their last school and its authorities. Another school names a pupil by number and name, and claims the pupil.
    """
    unknown = f" AND m.details->>'whereabouts' = '{marks.UNKNOWN}'"
    found: list[Lost] = []
    for state, kind, more in ((MISSING, marks.MISSING, ""), (DROPPED_OUT, marks.DROPOUT, unknown)):
        where, known = _marked(state, kind, after)
        statement = MARKED.format(where=where + more, day="m.since")
        found += map(_lost, _rows(statement, known, below, size, using))
    known = {}
    where = ""
    if after is not None:
        where = "AND (e.ended_on, e.student_id) > (%(key_day)s, %(key_id)s)"
        known |= {"key_day": after[0], "key_id": after[1]}
    found += map(_lost, _rows(LEFT.format(where=where), known, below, size, using))
    found.sort(key=lambda row: (row.pupil.since, row.pupil.student_id))
    return _page(found, size, lambda row: (row.pupil.since, row.pupil.student_id))


def every_overdue(*, today: date, using: str) -> Iterator[OverdueSuspension]:
    """Yield every overdue suspension in scope, page after page."""
    after: Key | None = None
    while True:
        page = overdue_suspensions(today=today, after=after, size=1000, using=using)
        yield from page.items
        if page.after is None:
            return
        after = page.after


def _marked(state: str, kind: str, after: Key | None) -> tuple[str, dict[str, Any]]:
    known: dict[str, Any] = {"state": state, "kind": kind}
    if after is None:
        return "", known
    known |= {"key_day": after[0], "key_id": after[1]}
    return "AND (m.since, m.student_id) > (%(key_day)s, %(key_id)s)", known


def _rows(
    statement: str, known: Mapping[str, Any], below: int | None, size: int, using: str
) -> list[tuple[Any, ...]]:
    where = _range(below)
    with connections[using].cursor() as cursor:
        cursor.execute(statement, {**known, "lo": where.lo, "hi": where.hi, "limit": size + 1})
        return list(cursor.fetchall())


def _page(found: list[Any], size: int, key: Any) -> Page[Any, Key]:
    items = found[:size]
    return Page(items=items, after=key(items[-1]) if len(found) > size else None)


def _absent(row: tuple[Any, ...]) -> Absent:
    return Absent(*row[:7])


def _lost(row: tuple[Any, ...]) -> Lost:
    return Lost(_absent(row), state=row[9], sex=row[10], birth_on=row[11])


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object as a raw cursor gives it, text or already read."""
    read: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return read
