"""Reminders of an office that nobody has read yet: the strongest of each turn that is still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.status.rules import marks
from xueji.status.rules.business import GRADUATION, Named, business
from xueji.status.rules.graduation import WAITING as WAITING_GRADUATIONS
from xueji.status.rules.reminders import Notice

MOST_COUNTED: Final = 1000
SIZE: Final = 50

Key = tuple[date, UUID, int, str]


@dataclass(frozen=True)
class NoticeLine:
    """One reminder: about which case or request, whose turn it is, until when.

    A request has no pupil, and the grade's number as its name.
    """

    case_id: UUID
    ordinal: int
    notice: Notice
    kind: Named
    student_id: UUID | None
    name: str
    due_on: date
    created_on: date
    office: str
    is_own: bool

    @property
    def key(self) -> Key:
        return self.created_on, self.case_id, self.ordinal, self.notice.value


# Each says more than those before it: of a turn that is late, that five days are used is no news.
STRONGER: Final = [Notice.USED_5.value, Notice.USED_8.value, Notice.LAST_DAY.value, Notice.LATE.value]

IN_WAITING = ", ".join(f"'{state}'" for state in sorted(WAITING_GRADUATIONS))

# What is not open any more needs no reminder: the turn ended, the request moved on, the pupil came back.
UNREAD = f"""
FROM status_notice n
LEFT JOIN status_turn t
    ON t.student_id = n.student_id AND t.case_id = n.case_id AND t.ordinal = n.ordinal AND t.ended_on IS NULL
LEFT JOIN status_graduation g
    ON n.case_kind = '{GRADUATION.code}' AND g.id = n.case_id AND g.version = n.ordinal AND g.state IN ({IN_WAITING})
WHERE n.place = %(own)s AND n.read_on IS NULL AND (t.case_id IS NOT NULL OR g.id IS NOT NULL
    OR n.kind = '{Notice.SUSPENSION_OVER}' AND EXISTS (SELECT 1 FROM status_mark k
        WHERE k.student_id = n.student_id AND k.kind = '{marks.SUSPENSION}' AND k.until IS NULL
            AND k.details->>'until' = n.due_on::text))
AND NOT EXISTS (
    SELECT 1 FROM status_notice m WHERE m.place = n.place AND m.case_id = n.case_id AND m.ordinal = n.ordinal
        AND array_position(%(stronger)s::text[], m.kind::text) > array_position(%(stronger)s::text[], n.kind::text))
"""

LISTED = f"""
SELECT n.case_id, n.ordinal, n.kind, n.case_kind, n.student_id, n.name, coalesce(t.due_on, g.due_on, n.due_on),
    n.created_on,
    (SELECT o.name FROM organisations_organisation o WHERE o.place = coalesce(t.place, g.desk_place, n.place)),
    coalesce(t.place, g.desk_place, n.place) = n.place
{UNREAD} {{window}}
ORDER BY n.created_on {{order}}, n.case_id {{order}}, n.ordinal {{order}}, n.kind {{order}} LIMIT %(limit)s
"""

COUNTED = f"SELECT count(*) FROM (SELECT 1 {UNREAD} LIMIT %(limit)s) AS few"


def unread(
    by: Actor, *, after: Key | None = None, before: Key | None = None, size: int = SIZE
) -> Page[NoticeLine, Key]:
    """Return a page of the unread reminders of the reader's office, the newest first. One statement."""
    is_back = before is not None and after is None
    key = after or before
    known: dict[str, Any] = {"own": by.place, "limit": size + 1, "stronger": STRONGER}
    window = ""
    if key is not None:
        window = (
            f"AND (n.created_on, n.case_id, n.ordinal, n.kind) {'>' if is_back else '<'}"
            " (%(on)s, %(case)s, %(ordinal)s, %(kind)s)"
        )
        known |= dict(zip(("on", "case", "ordinal", "kind"), key, strict=True))
    with connections["default"].cursor() as cursor:
        cursor.execute(LISTED.format(window=window, order="ASC" if is_back else "DESC"), known)
        found = [_line(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.key, is_after=after is not None, is_before=is_back)


def unread_count(by: Actor) -> int:
    """Return how many reminders of the reader's office are unread, MOST_COUNTED at most. One statement."""
    with connections["default"].cursor() as cursor:
        cursor.execute(COUNTED, {"own": by.place, "limit": MOST_COUNTED, "stronger": STRONGER})
        (number,) = cursor.fetchone()
    return int(number)


def _line(row: tuple[Any, ...]) -> NoticeLine:
    case_id, ordinal, notice, kind, student_id, name, due_on, created_on, office, is_own = row
    return NoticeLine(
        case_id,
        ordinal,
        Notice(notice),
        business(kind),
        student_id,
        name,
        due_on,
        created_on,
        office or "",
        is_own,
    )
