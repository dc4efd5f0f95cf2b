"""Writing history. Every action of every room records here, in its own transaction."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from xueji.audit.rules.transactions import base_after, functions

INSERT = """
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after,
    other_place)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
            event(
                act,
                by=by,
                office=office,
                subject_kind=subject_kind,
                subject_id=subject_id,
                place=place,
                before=before,
                after=after,
                batch_id=batch_id,
            ),
        )


def event(
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
    other_place: int | None = None,
) -> list[Any]:
    """Return the values of INSERT for one event, for who sends it with other statements; see `record`.

    `other_place` is where the event is of interest as well: the school that a pupil goes to.
    """
    return [
        as_uuid(subject_id),
        act,
        subject_kind,
        by,
        office,
        place,
        batch_id,
        None if before is None else json.dumps(before, ensure_ascii=False, default=str),
        None if after is None else json.dumps(after, ensure_ascii=False, default=str),
        other_place,
    ]


def count_on(*, using: str) -> int:
    """Number transactions on from where history was, on a server that a dump was restored into; return by how much.

    0: nothing had to be done. To be called with nobody at work, as the owner of the tables.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("LOCK TABLE audit_event IN SHARE MODE")
        cursor.execute(
            """SELECT coalesce(max(xid), 0), audit_horizon(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint
               FROM audit_event"""
        )
        newest, horizon, counted = cursor.fetchone()
        if newest < horizon:
            return 0
        base = base_after(newest, counted)
        cursor.execute(functions(base))
    return int(base)
