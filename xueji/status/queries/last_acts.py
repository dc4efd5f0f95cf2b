"""What was done last to a promotion or a graduation: how a repeated request is told from a new one."""

from __future__ import annotations

from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national


def was_last(subject_id: UUID, act: str, *, by: Actor) -> bool:
    """Return whether the last event of a promotion or graduation is this act of the actor's."""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT act, account_id FROM audit_event
               WHERE subject_id = %s AND subject_kind IN ('campaign', 'graduation') ORDER BY id DESC LIMIT 1""",
            [subject_id],
        )
        row = cursor.fetchone()
    return row == (act, by.account_id)
