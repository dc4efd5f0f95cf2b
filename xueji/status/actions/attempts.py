"""Counts tries within a limit, in whole windows of time. Outlives the request that is refused."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connections

from xueji.status.rules.limits import Limit

COUNT = """
INSERT INTO status_attempt AS a (what, who, since, times) VALUES (%s, %s, %s, 1)
ON CONFLICT (what, who, since) DO UPDATE SET times = a.times + 1
"""


def is_over(limit: Limit, who: str, *, now: datetime, using: str) -> bool:
    """Return whether somebody has used up a limit."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT times FROM status_attempt WHERE what = %s AND who = %s AND since = %s",
            [limit.what, _index(limit, who), limit.since(now)],
        )
        row = cursor.fetchone()
    return row is not None and row[0] >= limit.most


def count(limit: Limit, who: str, *, now: datetime, using: str) -> None:
    """Count one try."""
    with connections[using].cursor() as cursor:
        cursor.execute(COUNT, [limit.what, _index(limit, who), limit.since(now)])


def forget(*, now: datetime, using: str) -> int:
    """Forget windows that are over for two days; return how many."""
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM status_attempt WHERE since < %s::timestamptz - interval '2 days'", [now])
        return int(cursor.rowcount)


def _index(limit: Limit, who: str) -> bytes:
    found: bytes = settings.XUEJI_KEY_RING.blind_index(limit.what, who)
    return found
