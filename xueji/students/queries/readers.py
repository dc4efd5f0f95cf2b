"""Who read a pupil's record: one by one, in a list, in full, and what was opened of its papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.students.queries.records import json_object

# Acts by which something of a pupil is looked at, that are events of the pupil itself.
LOOKS: Final = ("student.unmask", "status.paper.read", "status.copy.read")
PAGE_SIZE: Final = 50

READ = """
WITH found AS (
    (SELECT id, at, act, account_id, office, after FROM audit_event
     WHERE subject_id = %(student)s AND (subject_kind = 'reading' OR act = ANY(%(looks)s))
        AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT e.id, e.at, e.act, e.account_id, e.office, e.after
     FROM audit_listing l JOIN audit_event e ON e.subject_id = l.list_id
     WHERE l.student_id = %(student)s AND e.subject_kind = 'listing'
        AND e.id < %(before)s ORDER BY e.id DESC LIMIT %(limit)s)
)
SELECT f.id, f.at, f.act, coalesce(a.name, ''), f.office, coalesce(o.name, ''), f.after
FROM found f
LEFT JOIN access_account a ON a.id = f.account_id
LEFT JOIN organisations_organisation o ON o.place = f.office
ORDER BY f.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Reading:
    """One look at a pupil: by whom, for which office, when, at which fields, by which permission.

    `reader` is empty where the office lies outside the area of who asks: there the office answers for it.
    """

    id: int
    at: datetime
    act: str
    reader: str
    office: str
    fields: tuple[str, ...]
    duty: str
    reason: str


@dataclass(frozen=True)
class Readings:
    """Looks at a pupil, the newest first; `next` is the id to go on before, None at the end."""

    rows: tuple[Reading, ...]
    next: int | None


def readings_of(
    student_id: UUID, *, by: Actor, before: int | None = None, limit: int = PAGE_SIZE
) -> Readings:
    """Return who read a pupil's record. The pupil has to be in the scope of who asks: look before."""
    known: dict[str, Any] = {
        "student": student_id,
        "looks": list(LOOKS),
        "before": before if before is not None else 2**63 - 1,
        "limit": limit + 1,
    }
    with national("students.readers") as using, connections[using].cursor() as cursor:
        cursor.execute(READ, known)
        rows = [_reading(row, by) for row in cursor.fetchall()]
    return Readings(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def _reading(row: tuple[Any, ...], by: Actor) -> Reading:
    id_, at, act, name, place, office, after = row
    said = json_object(after)
    fields = said.get("fields") or ([said["field"]] if said.get("field") else [])
    return Reading(
        id=id_,
        at=at,
        act=act,
        reader=name if place in by.scope else "",
        office=office,
        fields=tuple(str(field) for field in fields),
        duty=str(said.get("duty", "")),
        reason=str(said.get("reason", "")),
    )
