"""Awaited pupils whose school is merged, split or closed: they are awaited at another one, and go back when it is undone.

Only where they are awaited changes; the list that admitted them stays as it was issued. Set-based, with an event
for each. The caller holds the schools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.queries.admissions import IS_CLAIMED, IS_DISPUTED

# Whoever admits, holds or settles a child locks it first; the schools themselves lock the admission.
LOCKS = (
    """SELECT 1 FROM changes_admittedchild c WHERE (c.scheme, c.index) IN (
        SELECT a.scheme, a.index FROM changes_admission a WHERE {which}) ORDER BY c.scheme, c.index FOR UPDATE""",
    "SELECT 1 FROM changes_admission a WHERE {which} ORDER BY a.scheme, a.index, a.list_id FOR UPDATE",
)

MOVE = """
WITH moved AS (
    UPDATE changes_admission a SET place = %(to)s, school_id = %(school)s WHERE {which} RETURNING a.id, a.list_id
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, other_place, batch_id, before,
        after)
    SELECT id, %(act)s, 'admission', %(account)s, %(office)s, %(from)s, %(to)s, list_id,
        jsonb_build_object('place', %(from)s::bigint),
        jsonb_build_object('place', %(to)s::bigint, 'reorganisation', %(request)s::text)
    FROM moved ORDER BY id
)
SELECT id::text FROM moved ORDER BY id
"""

OF_AN_ENTRY = f"""a.place = %(from)s AND a.state = 'awaited' AND NOT {IS_CLAIMED} AND NOT {IS_DISPUTED}
    AND a.list_id IN (SELECT l.id FROM changes_admissionlist l WHERE l.stage = %(stage)s AND l.school_year = %(year)s)"""
WITH_IDS = "a.id = ANY(%(ids)s::uuid[])"

STANDS_ON_IT = f"""
SELECT count(*) FROM unnest(%(ids)s::uuid[]) AS w (id)
LEFT JOIN changes_admission a ON a.id = w.id AND a.place = %(from)s
WHERE a.id IS NULL OR a.state IN ('registered', 'elsewhere') OR {IS_CLAIMED} OR {IS_DISPUTED}
"""


def lock_at(places: Sequence[int], *, using: str) -> None:
    """Lock whom the schools at these places await, children first."""
    _lock("a.place = ANY(%(places)s) AND a.state = 'awaited'", {"places": list(places)}, using)


def lock(ids: Sequence[str], *, using: str) -> None:
    """Lock these admissions, children first."""
    _lock(WITH_IDS, {"ids": list(ids)}, using)


def _lock(which: str, known: dict[str, Any], using: str) -> None:
    with connections[using].cursor() as cursor:
        for statement in LOCKS:
            cursor.execute(statement.format(which=which), known)


def hand_over(
    stage: str,
    year: int,
    *,
    source: int,
    target: int,
    school_id: int,
    request: UUID,
    by: Actor,
    using: str,
) -> list[str]:
    """Let the pupils awaited for a stage and year be awaited at another school; return their ids. Places of schools."""
    known = {"stage": stage, "year": year, "act": "admission.move"}
    return _move(OF_AN_ENTRY, known, source, target, school_id, request, by, using)


def hand_back(
    ids: Sequence[str], *, source: int, target: int, school_id: int, request: UUID, by: Actor, using: str
) -> None:
    """Let these pupils be awaited again where they were: at `target`, from `source`."""
    known = {"ids": list(ids), "act": "admission.move_back"}
    _move(WITH_IDS, known, source, target, school_id, request, by, using)


def _move(
    which: str,
    known: dict[str, Any],
    source: int,
    target: int,
    school_id: int,
    request: UUID,
    by: Actor,
    using: str,
) -> list[str]:
    known |= {
        "from": source,
        "to": target,
        "school": school_id,
        "request": request,
        "account": by.account_id,
        "office": by.place,
    }
    with connections[using].cursor() as cursor:
        cursor.execute(MOVE.format(which=which), known)
        return [row[0] for row in cursor.fetchall()]


def gone_on(ids: Sequence[str], *, place: int, using: str) -> int:
    """Return how many of these pupils have come, are being settled or registered since they are awaited at a place."""
    with connections[using].cursor() as cursor:
        cursor.execute(STANDS_ON_IT, {"ids": list(ids), "from": place})
        return int(cursor.fetchone()[0])
