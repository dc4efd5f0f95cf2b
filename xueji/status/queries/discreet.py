"""What is discreet, for those who must know: leaders of the schools concerned and the officer who decided.

The only reading of placements at specialised schools. Nothing here is counted, listed or exported elsewhere.
Source: 《中小学生学籍管理办法》 art. 11; 《预防未成年人犯罪法》 art. 47, 59 (records are not to be disclosed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.status.encryption import unseal

# Cases whose desk, or whose starter, is exactly this office; the authority above sees none of them.
CONCERNED = """
SELECT c.id, c.kind, c.student_id, c.name, c.state, c.desk_place, c.filed_on, t.due_on, c.version
FROM status_case c
LEFT JOIN status_turn t ON t.student_id = c.student_id AND t.case_id = c.id AND t.ended_on IS NULL
WHERE c.is_discreet AND (c.closed_on IS NULL OR c.undo_until >= %(today)s)
    AND (c.starter_place = %(place)s OR EXISTS (SELECT 1 FROM jsonb_array_elements(c.route) d
        WHERE (d->>'place')::bigint = %(place)s))
ORDER BY c.closed_on IS NOT NULL, t.due_on, c.id
"""

PLACED = """
SELECT p.student_id, s.name, h.name, o.name, p.since
FROM status_placement p
JOIN students_student s ON s.id = p.student_id
JOIN organisations_organisation h ON h.place = s.place
JOIN organisations_organisation o ON o.place = p.school_place
WHERE p.until IS NULL AND %(place)s IN (s.place, p.school_place)
ORDER BY p.since, s.name, p.id
"""


@dataclass(frozen=True)
class DiscreetCase:
    """A discreet case as its list shows it. `due_on` is that of the desk whose turn it is."""

    id: UUID
    kind: str
    student_id: UUID
    name: str
    state: str
    desk_place: int
    filed_on: date
    due_on: date | None
    version: int


@dataclass(frozen=True)
class Placed:
    """A pupil of a specialised school: who, where enrolled, where learning, since when."""

    student_id: UUID
    name: str
    school: str
    specialised_school: str
    since: date


def cases_for(by: Actor, *, today: date) -> tuple[DiscreetCase, ...]:
    """Return the discreet cases of the own office, open ones by due day first, then those that can still be undone.

    Raises NotAllowed for every role but those that must know.
    """
    by.require("status.discreet")
    with national("status.discreet") as using, connections[using].cursor() as cursor:
        cursor.execute(CONCERNED, {"place": by.place, "today": today})
        return tuple(DiscreetCase(*row) for row in cursor.fetchall())


def case_content(case_id: UUID, *, by: Actor, today: date) -> dict[str, Any] | None:
    """Return what was stated in a discreet case of the own office, and record that it was looked at; None for any other.

    Raises NotAllowed.
    """
    if case_id not in {one.id for one in cases_for(by, today=today)}:
        return None
    with national("status.discreet") as using, connections[using].cursor() as cursor:
        cursor.execute("SELECT payload FROM status_case WHERE id = %s", [case_id])
        (payload,) = cursor.fetchone()
        record(
            "status.discreet.look",
            by=by.account_id,
            office=by.place,
            subject_kind="case",
            subject_id=case_id,
            place=by.place,
            using=using,
        )
        return unseal(payload, case_id)


def placed_with(by: Actor) -> tuple[Placed, ...]:
    """Return the pupils placed at, or enrolled at, the own school. Raises NotAllowed."""
    by.require("status.discreet")
    with national("status.discreet") as using, connections[using].cursor() as cursor:
        cursor.execute(PLACED, {"place": by.place})
        return tuple(Placed(*row) for row in cursor.fetchall())
