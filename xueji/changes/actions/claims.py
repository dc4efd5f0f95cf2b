"""Claims of rosters on children: of all rosters in the nation, one has each child."""

from __future__ import annotations

from typing import Any

from django.db import connections

from xueji.changes.models import RosterBatch

CLAIM = """
INSERT INTO changes_rosterclaim (scheme, index, batch_id, row, place, name)
SELECT scheme, index, batch_id, row, place, name FROM changes_rosterrow
WHERE batch_id = %(batch)s AND state = 'accepted' ORDER BY scheme, index
ON CONFLICT (scheme, index) DO NOTHING
"""

# After the claim, a new statement sees what others committed meanwhile: who was registered
# between the check and now, and who was claimed first. A child without number is known by
# its person alone, so its registration since the upload is looked for there.
LOST = """
WITH lost AS (
    SELECT r.row, r.scheme, CASE
        WHEN r.scheme = 'U' THEN 'same-person-suspected'
        WHEN c.batch_id IS DISTINCT FROM r.batch_id THEN
            CASE WHEN c.name = r.name THEN 'already-enrolled' ELSE 'to-be-checked' END
        WHEN s.name IS DISTINCT FROM r.name THEN 'to-be-checked'
        ELSE 'already-enrolled' END AS code,
        (c.batch_id IS DISTINCT FROM r.batch_id AND c.place = r.place) OR coalesce(e.place = r.place, false) AS here
    FROM changes_rosterrow r
    LEFT JOIN changes_rosterclaim c ON c.scheme = r.scheme AND c.index = r.index
    LEFT JOIN students_identifier i ON i.scheme = r.scheme AND i.index = r.index
    LEFT JOIN students_student s ON s.id = i.student_id
    LEFT JOIN students_enrolment e ON e.student_id = i.student_id AND e.ended_on IS NULL
    WHERE r.batch_id = %(batch)s AND r.state = 'accepted' AND (
        c.batch_id IS DISTINCT FROM r.batch_id
        OR i.student_id IS NOT NULL AND (i.student_id <> r.student_id OR e.student_id IS NOT NULL)
        OR r.scheme = 'U' AND EXISTS (
            SELECT 1 FROM students_student p WHERE p.birth_on = r.birth_on AND p.name = r.name
                AND p.sex = r.sex AND p.created_at >= %(uploaded)s))
), marked AS (
    UPDATE changes_rosterrow r SET state = 'elsewhere', reason = lost.code
    FROM lost WHERE r.batch_id = %(batch)s AND r.row = lost.row
), told AS (
    INSERT INTO changes_rosterfinding (batch_id, place, row, "column", code, severity, params)
    SELECT %(batch)s, %(place)s, row, CASE scheme WHEN 'U' THEN 'name' ELSE 'document_number' END, code,
        CASE code WHEN 'already-enrolled' THEN 'error' ELSE 'held' END,
        CASE WHEN here AND code = 'already-enrolled' THEN '{"here": true}'::jsonb ELSE '{}' END
    FROM lost ON CONFLICT DO NOTHING
)
SELECT count(*) FROM lost
"""

UNCLAIM = """
DELETE FROM changes_rosterclaim c USING changes_rosterrow r
WHERE c.batch_id = %(batch)s AND r.batch_id = %(batch)s AND r.row = c.row AND r.state <> 'accepted'
"""


def claim(batch: RosterBatch, using: str) -> int:
    """Claim the children of a batch nationwide; return how many another roster or registration has."""
    known: dict[str, Any] = {"batch": batch.id, "place": batch.place, "uploaded": batch.uploaded_at}
    with connections[using].cursor() as cursor:
        cursor.execute(CLAIM, known)
        cursor.execute(LOST, known)
        (lost,) = cursor.fetchone()
        if lost:
            cursor.execute(UNCLAIM, known)
    return int(lost)


def release(batch: RosterBatch, using: str) -> None:
    """Give up the claims of a batch."""
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM changes_rosterclaim WHERE batch_id = %s", [batch.id])
