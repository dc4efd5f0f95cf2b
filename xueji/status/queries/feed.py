"""The change feed: what became otherwise of pupils, for systems that follow it, without a gap and without doubling.

Numbers of events are drawn when they are written, so one with a lower number can be committed later. A
reader that remembered the highest number would lose it. The feed therefore goes by the transaction that
wrote an event, and stops below the oldest transaction that still runs: what is below that can no longer
become more. A long transaction holds the feed up; it never makes it lose anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, Scope, national
from xueji.lib.errors import Refused
from xueji.status.rules.feed_facts import BY_ACT, Fact, fact_of, kind_of

# So many events a request looks at, its own or not: a page comes soon, and `next` goes on behind them.
MOST_LOOKED_AT: Final = 10_000
# Of the events of a province or of a few divisions, so many: most of them are the reader's own.
MOST_IN_AREAS: Final = 2_000
# Up to so many divisions, those of a prefecture, are read one by one; a province has an order of its own. Who sees more
# than a province sees the nation, all of whose events are its own.
MOST_DIVISIONS: Final = 100
PLACES_OF_A_DIVISION: Final = 10**6
PLACES_OF_A_PROVINCE: Final = 10**10

OF_THE_NATION = """
    SELECT e.xid, e.id, e.at, e.act, e.place, e.subject_id, e.batch_id, e.after, e.other_place
    FROM audit_event e
    WHERE e.subject_kind = 'student' AND (e.xid, e.id) > (%(xid)s, %(id)s)
        AND e.xid < audit_horizon()
    ORDER BY e.xid, e.id LIMIT %(most)s
"""

# What happened in some areas (divisions, or a province), and to pupils of others who come there. Each part is read in
# order and ends at the same number as the whole: the first of all are among the first of each, so that nothing is left
# behind. Both orders are indexes, so that a page costs what it looks at; that the area stands in the order, where it is
# always the same, lets the planner see that the index has it.
OF_AREAS = """
    SELECT e.* FROM generate_series(%(first)s::bigint, %(last)s::bigint) d, LATERAL (
        (SELECT e.xid, e.id, e.at, e.act, e.place, e.subject_id, e.batch_id, e.after, e.other_place
        FROM audit_event e
        WHERE e.subject_kind = 'student' AND e.place / {size} = d AND (e.xid, e.id) > (%(xid)s, %(id)s)
            AND e.xid < audit_horizon()
        ORDER BY e.place / {size}, e.xid, e.id LIMIT %(most)s)
        UNION ALL
        (SELECT e.xid, e.id, e.at, e.act, e.place, e.subject_id, e.batch_id, e.after, e.other_place
        FROM audit_event e
        WHERE e.subject_kind = 'student' AND e.other_place IS NOT NULL AND e.other_place / {size} = d
            AND (e.xid, e.id) > (%(xid)s, %(id)s)
            AND e.xid < audit_horizon() AND e.place / {size} NOT BETWEEN %(first)s AND %(last)s
        ORDER BY e.other_place / {size}, e.xid, e.id LIMIT %(most)s)
    ) e
    ORDER BY e.xid, e.id LIMIT %(most)s
"""

# A pupil who changes schools is of interest to both: the event stands at the one, its case names the
# other, or where there is none the event itself.
PAGE = """
WITH looked_at AS ({looked_at}), last AS (
    SELECT xid, id, (SELECT count(*) FROM looked_at) AS number FROM looked_at ORDER BY xid DESC, id DESC LIMIT 1
), facts AS (
    SELECT l.xid, l.id, l.at, l.act, l.place, o.other_place, l.subject_id, l.batch_id, l.after
    FROM looked_at l LEFT JOIN status_case c
        ON l.act LIKE 'status.%%' AND c.student_id = l.subject_id AND c.id = (l.after->>'case')::uuid
    CROSS JOIN LATERAL (SELECT CASE WHEN c.id IS NULL THEN l.other_place ELSE c.other_place END AS other_place) o
    WHERE (l.act = ANY(%(acts)s) OR l.act LIKE 'status.%%' AND (l.after ? 'effect' OR l.act LIKE '%%.undo'))
        AND (l.place >= %(lo)s AND l.place < %(hi)s OR o.other_place >= %(lo)s AND o.other_place < %(hi)s)
    ORDER BY l.xid, l.id LIMIT %(limit)s
)
SELECT last.xid, last.id, last.number, f.xid, f.id, f.at, f.act, f.subject_id, f.batch_id, f.after,
    s.identifier, o.identifier
FROM last LEFT JOIN facts f ON true
LEFT JOIN organisations_school s ON s.place = f.place
LEFT JOIN organisations_school o ON o.place = f.other_place
ORDER BY f.xid, f.id
"""

# All that others can see was written by transactions that have ended, below the one that comes next.
IS_BEHIND = """
SELECT coalesce((SELECT xid FROM audit_event WHERE subject_kind = 'student' ORDER BY xid DESC, id DESC LIMIT 1), 0)
    - audit_horizon() >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""


class FeedBehind(Refused):
    """The database counts transactions from an earlier point than its history: it was restored from a dump."""

    code = "feed-behind"


@dataclass(frozen=True)
class FeedFact:
    """One fact. `kind`, `case_id` of a change of status; `roster_id` of a registration; schools by identifier."""

    fact: Fact
    kind: str
    student_id: UUID
    at: datetime
    case_id: UUID | None
    roster_id: UUID | None
    school: str
    to_school: str


@dataclass(frozen=True)
class FeedPage:
    """Facts in order, the key to go on from, and whether more can be read at once."""

    facts: tuple[FeedFact, ...]
    key: tuple[int, int]
    has_more: bool


def page(by: Actor, *, after: tuple[int, int] | None, limit: int) -> FeedPage:
    """Return the facts behind a key that concern the actor's area, oldest first.

    A page can be empty and still lead on, where only others' facts were looked at. Raises
    NotAllowed, FeedBehind.
    """
    by.require("feed.read")
    xid, id_ = after or (0, 0)
    looked_at, most, size = where_to_look(by.scope)
    known: dict[str, Any] = {
        "xid": xid,
        "id": id_,
        "most": most,
        "first": by.scope.lo // size,
        "last": (by.scope.hi - 1) // size,
        "acts": list(BY_ACT),
        "lo": by.scope.lo,
        "hi": by.scope.hi,
        "limit": limit,
    }
    with national("feed") as using, connections[using].cursor() as cursor:
        cursor.execute(IS_BEHIND)
        (is_behind,) = cursor.fetchone()
        if is_behind:
            raise FeedBehind(
                "数据库由转储恢复，事务编号落后于历史记录，变动订阅暂停；请运维人员执行 xueji feed_resume。",
                "The database was restored from a dump and counts transactions anew, so the feed stands still;"
                " its operator runs `xueji feed_resume`.",
            )
        cursor.execute(PAGE.format(looked_at=looked_at), known)
        rows = cursor.fetchall()
    if not rows:
        return FeedPage((), (xid, id_), has_more=False)
    last_xid, last_id, number = rows[0][:3]
    found = [row[3:] for row in rows if row[3] is not None]
    is_full = len(found) == limit
    return FeedPage(
        facts=tuple(_fact(row) for row in found),
        key=(found[-1][0], found[-1][1]) if is_full else (last_xid, last_id),
        has_more=is_full or number == most,
    )


def where_to_look(scope: Scope) -> tuple[str, int, int]:
    """Return the statement that reads the events of an area, how many it looks at, and the size of its parts in places."""
    if scope.hi - scope.lo <= MOST_DIVISIONS * PLACES_OF_A_DIVISION:
        size = PLACES_OF_A_DIVISION
    elif scope.hi - scope.lo <= PLACES_OF_A_PROVINCE:
        size = PLACES_OF_A_PROVINCE
    else:
        return OF_THE_NATION, MOST_LOOKED_AT, PLACES_OF_A_DIVISION
    return OF_AREAS.format(size=size), MOST_IN_AREAS, size


def _fact(row: tuple[Any, ...]) -> FeedFact:
    _xid, _id, at, act, student_id, batch_id, after, school, to_school = row
    said = json.loads(after) if isinstance(after, str) else after
    fact = fact_of(act, said)
    if fact is None:
        raise LookupError(act)
    is_change = kind_of(act) != ""
    return FeedFact(
        fact=fact,
        kind=kind_of(act),
        student_id=student_id,
        at=at,
        case_id=UUID(said["case"]) if is_change and "case" in said else None,
        roster_id=batch_id if fact is Fact.REGISTERED else None,
        school=school or "",
        to_school=to_school or "",
    )
