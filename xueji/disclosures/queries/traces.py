"""Which files that left hold the rows of a leaked one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.students.encryption import associated

_AT_A_TIME: Final = 20_000

FOUND: Final = """
SELECT tag, disclosure_id, ordinal, is_canary FROM disclosures_clue WHERE tag = ANY(%s)
"""


def found_by(tags: Sequence[bytes], *, using: str) -> list[tuple[bytes, UUID, int, bool]]:
    """Return (tag, file, number of row, whether an invented pupil) of every row with one of these tags."""
    found = []
    with connections[using].cursor() as cursor:
        for start in range(0, len(tags), _AT_A_TIME):
            cursor.execute(FOUND, [list(tags[start : start + _AT_A_TIME])])
            found += [(bytes(tag), *rest) for tag, *rest in cursor.fetchall()]
    return found


@dataclass(frozen=True)
class Left:
    """A file that left, as a trace names it."""

    id: UUID
    place: int
    office: str
    recipient: str
    subject: str
    basis: str
    by: str
    at: datetime
    rows: int
    canaries: int
    export_id: UUID | None
    has_own_order: bool
    seed: bytes


LEFT: Final = """
SELECT d.id, d.place, coalesce(o.name, ''), d.recipient, d.subject, coalesce(nullif(a.document_number, ''), a.statute),
    coalesce(p.name || ' (' || p.username || ')', ''), d.at, d.rows, d.canaries, d.export_id, d.has_own_order, d.seed
FROM disclosures_disclosure d
JOIN disclosures_approval a ON a.id = d.approval_id
LEFT JOIN organisations_organisation o ON o.place = d.place
LEFT JOIN access_account p ON p.id = d.by
WHERE d.id = ANY(%s)
"""


def files_that_left(ids: Collection[UUID], *, using: str) -> dict[UUID, Left]:
    """Return files that left by id, each with the secret of its marks."""
    with connections[using].cursor() as cursor:
        cursor.execute(LEFT, [list(ids)])
        rows = cursor.fetchall()
    ring = settings.XUEJI_KEY_RING
    return {
        row[0]: Left(*(*row[:12], ring.decrypt_bytes(bytes(row[12]), associated("disclosure seed", row[0]))))
        for row in rows
    }
