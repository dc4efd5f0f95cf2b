"""Reads of the inbox: what waits on the desk of the reader's office, and which schools are late.

Everything runs in the scope of the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor, current_scope
from xueji.changes.queries.pages import Page
from xueji.changes.rules.problem_records import CaseState
from xueji.changes.rules.roster_steps import STEPS, Act, State


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


def desk_of(by: Actor, today: date) -> dict[str, Any]:
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
