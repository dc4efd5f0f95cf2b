"""Reads of what identifies a pupil are events too: who, for which office, when, which pupils, which fields, by which duty.

A list is kept once, under an id that is a hash of its pupils: the sealed event names the list, and a list whose
pupils were changed afterwards no longer has its id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from django.db import connections

from xueji.audit.actions import record

READING: Final = "reading"
LISTING: Final = "listing"

# Pupils of a list that is there already are not written again.
LIST: Final = """
WITH kept AS (
    INSERT INTO audit_listing (student_id, list_id) SELECT unnest(%s::uuid[]), %s ON CONFLICT DO NOTHING
)
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, after)
VALUES (%s, 'pupils.list', 'listing', %s, %s, %s, %s)
"""


def list_id(students: Iterable[UUID]) -> UUID:
    """Return the id of a list of pupils, in whatever order they stand."""
    content = b"".join(sorted(student.bytes for student in set(students)))
    number = int.from_bytes(hashlib.sha256(content).digest()[:16], "big")
    # Version 8 of RFC 9562: bits of our own.
    return UUID(int=number & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62)


def read_one(
    student_id: UUID, *, place: int, fields: Collection[str], duty: str, by: int, office: int
) -> None:
    """Append that an account read these fields of one pupil's record, by the permission `duty`."""
    record(
        "pupil.read",
        by=by,
        office=office,
        subject_kind=READING,
        subject_id=student_id,
        place=place,
        after={"fields": list(fields), "duty": duty},
    )


def read_list(
    students: Collection[UUID], *, fields: Collection[str], duty: str, by: int, office: int
) -> None:
    """Append that an account was shown these fields of these pupils; nothing where nobody was shown. One statement."""
    if not students:
        return
    listed = list_id(students)
    after = {"fields": list(fields), "duty": duty, "pupils": len(set(students))}
    with connections["default"].cursor() as cursor:
        cursor.execute(LIST, [sorted(set(students)), listed, listed, by, office, office, json.dumps(after)])
