"""Writing history. Every action of every room records here, in its own transaction."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db import connections

INSERT = """
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def as_uuid(subject_id: UUID | int) -> UUID:
    """Return the id under which a subject is filed: rows with integer ids become UUIDs."""
    return subject_id if isinstance(subject_id, UUID) else UUID(int=subject_id)


def record(
    act: str,
    *,
    by: int | None,
    office: int,
    subject_kind: str,
    subject_id: UUID | int,
    place: int,
    before: Any = None,
    after: Any = None,
    batch_id: UUID | None = None,
    using: str = "default",
) -> None:
    """Append one event: `by` an account (None: the system itself) acting for `office`.

    `before` and `after` are JSON values that hold only what changed and never a
    number, phone or address in the clear.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                as_uuid(subject_id),
                act,
                subject_kind,
                by,
                office,
                place,
                batch_id,
                None if before is None else json.dumps(before, ensure_ascii=False, default=str),
                None if after is None else json.dumps(after, ensure_ascii=False, default=str),
            ],
        )
