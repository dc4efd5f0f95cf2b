"""Reads of the inbox: what waits on the desk of the reader's office, and which schools are late.

Everything runs in the scope of the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor, current_scope
from xueji.changes.queries.pages import Page, page_of
from xueji.changes.rules.problem_records import CaseState
from xueji.changes.rules.roster_steps import STEPS, Act, State

# Beyond this many an exact number helps nobody and costs: the pages say 1,000+.
MOST_COUNTED = 1_000

Place = tuple[date, UUID]


@dataclass(frozen=True)
class Waiting:
    """A line of the inbox: a roster or a problem record on the reader's desk.

    `name` is the file for a roster and the pupil for a problem record; `returned` the
    reason with which a desk gave a roster back.
    """

    kind: str
    id: UUID
    since: date
    due_on: date | None
    state: str
    problem: str
    place: int
    office: str
    name: str
    door: str
    pupils: int
    warnings: int
    version: int
    returned: str

    @property
    def key(self) -> Place:
        return self.since, self.id


@dataclass(frozen=True)
class Numbers:
    """How much waits, is due today and is late; `is_capped` when there is more than is counted."""

    waiting: int
    due_today: int
    late: int
    is_capped: bool


def waiting_states(by: Actor) -> list[State]:
    """Return the states in which a batch of the reader's own desk waits for this reader's act.

    To take a batch back is always possible and nothing to wait for, but for a file that
    cannot be used.
    """
    states = {step.source for step in STEPS if step.act is not Act.UNDO and by.may(step.permission)}
    if by.may("roster.upload"):
        states.add(State.UNREADABLE)
    return sorted(states)


# Batches on the own desk, statements that the own school owes, problem records to decide.
WAITING = f"""
SELECT 'roster' AS kind, b.id, coalesce(b.received_on, (b.uploaded_at AT TIME ZONE %(zone)s)::date) AS since,
    b.due_on, b.state, '' AS problem, b.place, b.file_name AS name, b.door, b.accepted - b.excepted AS pupils,
    b.warnings, b.version
FROM changes_rosterbatch b
WHERE b.place >= %(lo)s AND b.place < %(hi)s AND b.desk_place = %(desk)s AND b.closed_on IS NULL
    AND b.state = ANY(%(states)s)
UNION ALL
SELECT 'problem', p.case_id, p.received_on, p.due_on, '{CaseState.WITH_SCHOOLS}', p.problem, p.place, p.name,
    '', 1, 0, 0
FROM changes_caseparty p
WHERE %(states_problems)s AND p.place = %(desk)s AND p.place >= %(lo)s AND p.place < %(hi)s
    AND p.stated_on IS NULL AND p.closed_on IS NULL
UNION ALL
SELECT 'problem', c.id, c.received_on, c.due_on, c.state, c.problem, c.place, c.name, '', 1, 0, c.version
FROM changes_case c
WHERE %(decides_problems)s AND c.desk_place = %(desk)s AND c.desk_place >= %(lo)s AND c.desk_place < %(hi)s
    AND c.closed_on IS NULL
    AND (c.state = '{CaseState.WITH_DESK}' OR c.state = '{CaseState.WITH_SCHOOLS}' AND c.due_on < %(today)s)
"""

LIST_WAITING = f"""
SELECT w.kind, w.id, w.since, w.due_on, w.state, w.problem, w.place, coalesce(o.name, ''), w.name, w.door,
    w.pupils, w.warnings, w.version, coalesce(d.reason, '')
FROM ({WAITING}) w
LEFT JOIN organisations_organisation o ON o.place = w.place
LEFT JOIN LATERAL (
    SELECT reason FROM changes_decision d
    WHERE w.state = 'checked' AND w.version > 1 AND d.subject_id = w.id AND d.act = 'return'
    ORDER BY d.at DESC LIMIT 1) d ON true
WHERE (%(kind)s = '' OR w.kind = %(kind)s)
    AND (%(due)s = '' OR %(due)s = 'late' AND w.due_on < %(today)s OR %(due)s = 'today' AND w.due_on = %(today)s)
    AND (%(office)s = '' OR o.name ILIKE '%%' || %(office)s || '%%')
    AND {{window}}
ORDER BY {{order}} LIMIT %(limit)s
"""

COUNT_WAITING = f"""
SELECT count(*), count(*) FILTER (WHERE due_on = %(today)s), count(*) FILTER (WHERE due_on < %(today)s)
FROM (SELECT due_on FROM ({WAITING}) w LIMIT {MOST_COUNTED + 1}) counted
"""


def _desk(by: Actor, today: date) -> dict[str, Any]:
    """Return the parameters of WAITING: the desk of the reader's office, never of a person."""
    scope = current_scope()
    return {
        "lo": scope.lo,
        "hi": scope.hi,
        "desk": by.place,
        "zone": settings.TIME_ZONE,
        "states": [str(state) for state in waiting_states(by)],
        "states_problems": by.may("problems.state"),
        "decides_problems": by.may("problems.decide"),
        "today": today,
    }


def waiting(
    by: Actor,
    *,
    today: date,
    kind: str = "",
    due: str = "",
    office: str = "",
    after: Place | None = None,
    before: Place | None = None,
    size: int = 50,
) -> Page[Waiting, Place]:
    """Return what waits on the desk of the reader's office, oldest first. One query.

    `kind` is roster or problem, `due` late or today, `office` a part of a school's name.
    """
    window, order = "true", "w.since, w.id"
    known = _desk(by, today) | {"kind": kind, "due": due, "office": _for_like(office), "limit": size + 1}
    if after or before:
        window = f"(w.since, w.id) {'>' if after else '<'} (%(key_since)s, %(key_id)s)"
        known["key_since"], known["key_id"] = after or before  # type: ignore[misc]
    if before and not after:
        order = "w.since DESC, w.id DESC"
    with connections["default"].cursor() as cursor:
        cursor.execute(LIST_WAITING.format(window=window, order=order), known)
        found = [Waiting(*row) for row in cursor.fetchall()]
    return page_of(
        found,
        size=size,
        key=lambda one: one.key,
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def _for_like(text: str) -> str:
    """Return a text whose own signs mean nothing to LIKE."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def numbers_waiting(by: Actor, *, today: date) -> Numbers:
    """Return how much waits on the desk of the reader's office. One query, counting no further than needed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(COUNT_WAITING, _desk(by, today))
        count, due_today, late = cursor.fetchone()
    return Numbers(min(count, MOST_COUNTED), due_today, late, is_capped=count > MOST_COUNTED)


@dataclass(frozen=True)
class OverdueSchool:
    """A school with rosters that are not registered two months after entry."""

    place: int
    identifier: str
    name: str
    batches: int
    pupils: int
    due_on: date


OVERDUE = """
SELECT b.place, s.identifier, o.name, count(*), sum(b.accepted - b.excepted), min(b.due_on)
FROM changes_rosterbatch b
JOIN organisations_school s ON s.organisation_id = b.school_id
JOIN organisations_organisation o ON o.id = b.school_id
WHERE b.place >= %(lo)s AND b.place < %(hi)s AND b.closed_on IS NULL AND b.due_on < %(today)s
GROUP BY b.place, s.identifier, o.name HAVING {window}
ORDER BY min(b.due_on), b.place LIMIT %(limit)s
"""

OverdueKey = tuple[date, int]  # due day, place


def overdue_schools(
    *, today: date, below: int | None = None, after: OverdueKey | None = None, size: int = 20
) -> Page[OverdueSchool, OverdueKey]:
    """Return a page of the schools in scope with overdue rosters, who is late longest first. One query.

    `below`: only those of this school or authority. The page goes on with `after` and not back.
    """
    scope = current_scope()
    lo, hi = scope.lo, scope.hi
    if below is not None:
        low, high = places.scope(below)
        lo, hi = max(lo, low), min(hi, high)
    known: dict[str, Any] = {"lo": lo, "hi": hi, "today": today, "limit": size + 1}
    window = "true"
    if after is not None:
        window = "(min(b.due_on), b.place) > (%(key_due)s, %(key_place)s)"
        known["key_due"], known["key_place"] = after
    with connections["default"].cursor() as cursor:
        cursor.execute(OVERDUE.format(window=window), known)
        found = [OverdueSchool(*row) for row in cursor.fetchall()]
    following = (found[size - 1].due_on, found[size - 1].place) if len(found) > size else None
    return Page(items=found[:size], after=following)
