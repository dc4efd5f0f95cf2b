"""What was looked up in vain in an area, and the alarms of it. Read in the scope of who asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connections

from xueji.access.rules.misses import BY_WAY, Counted, Standing, Way
from xueji.access.scope import current_scope

MOST_SHOWN: Final = 100
PAGE: Final = 50

USED: Final = """
WITH found AS (
    SELECT way, account_id, place FROM access_miss
    WHERE day = %(day)s AND place >= %(lo)s AND place < %(hi)s
), counted AS (
    SELECT way, 'account' AS counted, account_id AS who, min(place) AS place, count(*) AS used
        FROM found GROUP BY way, account_id
    UNION ALL SELECT way, 'office', place, place, count(*) FROM found GROUP BY way, place
    UNION ALL SELECT way, 'county', place - place %% 1000000, place - place %% 1000000, count(*)
        FROM found GROUP BY way, place - place %% 1000000
)
SELECT c.way, c.counted, c.who, c.place, c.used, coalesce(a.extra, 0), coalesce(w.name, ''), coalesce(w.username, '')
FROM counted c
LEFT JOIN access_allowance a ON a.day = %(day)s AND a.way = c.way AND a.counted = c.counted AND a.who = c.who
LEFT JOIN access_account w ON c.counted = 'account' AND w.id = c.who
ORDER BY c.used DESC, c.way, c.counted, c.who LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Used:
    """How much of a budget an account, office or county has used on a day. `place` is where it is counted."""

    way: Way
    standing: Standing
    who: int
    place: int
    name: str
    username: str


def used_on(day: date) -> tuple[Used, ...]:
    """Return the budgets of the area that are used at all on a day, the most used first, at most MOST_SHOWN."""
    scope = current_scope()
    known: dict[str, Any] = {"day": day, "lo": scope.lo, "hi": scope.hi, "limit": MOST_SHOWN}
    with connections["default"].cursor() as cursor:
        cursor.execute(USED, known)
        rows = cursor.fetchall()
    found = []
    for way, counted, who, place, used, extra, name, username in rows:
        budget = next(one for one in BY_WAY[Way(way)] if one.counted is Counted(counted))
        found.append(Used(Way(way), Standing(budget, used, extra), who, place, name, username))
    return tuple(found)


@dataclass(frozen=True)
class AlarmLine:
    """An alarm: what, where, by whom, when, and what was found out."""

    id: int
    kind: str
    place: int
    name: str
    username: str
    content: dict[str, Any]
    at: datetime
    settled_at: datetime | None
    note: str


ALARMS: Final = """
SELECT l.id, l.kind, l.place, coalesce(a.name, ''), coalesce(a.username, ''), l.content::text, l.at, l.settled_at, l.note
FROM access_alarm l LEFT JOIN access_account a ON a.id = l.account_id
WHERE l.place >= %(lo)s AND l.place < %(hi)s AND l.id < %(before)s
    AND (NOT %(open)s OR l.settled_at IS NULL)
ORDER BY l.id DESC LIMIT %(limit)s
"""


def alarms(*, is_open: bool, before: int | None = None) -> tuple[AlarmLine, ...]:
    """Return the alarms of the area, the newest first, one more than a page; only those not settled where asked."""

    scope = current_scope()
    known: dict[str, Any] = {
        "lo": scope.lo,
        "hi": scope.hi,
        "before": before if before is not None else 2**63 - 1,
        "open": is_open,
        "limit": PAGE + 1,
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(ALARMS, known)
        rows = cursor.fetchall()
    return tuple(
        AlarmLine(id_, kind, place, name, username, json.loads(content), at, settled_at, note)
        for id_, kind, place, name, username, content, at, settled_at, note in rows
    )


def open_alarms() -> int:
    """Return how many alarms of the area nobody has settled, at most PAGE + 1."""
    scope = current_scope()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM (SELECT FROM access_alarm
               WHERE place >= %s AND place < %s AND settled_at IS NULL LIMIT %s) AS found""",
            [scope.lo, scope.hi, PAGE + 1],
        )
        return int(cursor.fetchone()[0])
