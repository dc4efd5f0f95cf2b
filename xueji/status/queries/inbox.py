"""Reads of the inbox: what waits on the desk of the reader's office, by the day on which it is due.

Rosters and problem records come from the room below, cases of status business from here. Everything runs in the
scope of the reader; what is discreet is not among it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.changes.queries.inbox import WAITING as REGISTRATION
from xueji.changes.queries.inbox import desk_of
from xueji.changes.queries.pages import Page, page_of
from xueji.status.rules.business import GRADUATION as REQUEST
from xueji.status.rules.class_requests import RequestState
from xueji.status.rules.graduation import WAITING as WAITING_GRADUATIONS
from xueji.status.rules.graduation import State as Graduating
from xueji.status.rules.steps import State

# Beyond this many an exact number helps nobody and costs: the pages say 1,000+.
MOST_COUNTED = 1_000
# What has no due day comes last.
NEVER = date(9999, 12, 31)
# Kinds of line beside roster and problem: a case on the own desk or given back to it, one that is late below, and a
# school's requests for a grade.
CHANGE, LATE_BELOW, GRADUATION, CLASSES = "change", "late", "graduation", "classes"
# A draft of a province's rules, for its leader until the day before it shall begin; a filing, for the ministry.
PACK = "pack"

Place = tuple[date, UUID]


@dataclass(frozen=True)
class Waiting:
    """A line of the inbox.

    `kind` is roster, problem, change, late, graduation, classes or pack. `name` is the file for a roster, the number of
    the grade for a request, the version of a pack, the pupil for the others; `what` the kind of problem, of change or of request;
    `returned` the reason with which a desk gave a roster back.
    """

    kind: str
    id: UUID
    since: date
    due_on: date | None
    state: str
    what: str
    place: int
    office: str
    name: str
    door: str
    pupils: int
    warnings: int
    version: int
    returned: str

    @property
    def key(self) -> Place:
        return self.due_on or NEVER, self.id


@dataclass(frozen=True)
class Numbers:
    """How much waits, is due today and is late; `is_capped` when there is more than is counted."""

    waiting: int
    due_today: int
    late: int
    is_capped: bool


IN_WAITING = ", ".join(f"'{state}'" for state in sorted(WAITING_GRADUATIONS))
LEAVING = (
    "(SELECT count(*) FROM status_graduationpupil p WHERE p.graduation_id = r.id AND p.outcome <> '00')::int"
)
# Beside what registration has: turns of the own desk, cases given back to the own office, and turns of offices below
# that are late. A paused turn waits for others.
WAITING = f"""
{REGISTRATION}
UNION ALL
SELECT '{CHANGE}', t.case_id, t.received_on, t.due_on, '{State.WITH_DESK}', t.kind, t.from_place, t.name, '', 1, 0,
    t.case_version
FROM status_turn t
WHERE %(decides_changes)s AND t.place = %(desk)s AND t.ended_on IS NULL AND t.paused_on IS NULL
UNION ALL
SELECT '{CHANGE}', c.id, c.filed_on, NULL, c.state, c.kind, c.starter_place, c.name, '', 1, 0, c.version
FROM status_case c
WHERE %(files_changes)s AND c.starter_place = %(desk)s AND c.state = '{State.RETURNED}'
UNION ALL
SELECT '{LATE_BELOW}', t.case_id, t.received_on, t.due_on, '{State.WITH_DESK}', t.kind, t.place, t.name, '', 1, 0,
    t.case_version
FROM status_turn t
WHERE %(watches_changes)s AND t.above = %(desk)s AND t.due_on < %(today)s AND t.ended_on IS NULL
    AND t.paused_on IS NULL AND t.place <> %(desk)s
UNION ALL
SELECT '{GRADUATION}', r.id, r.received_on, r.due_on, r.state, '{REQUEST.code}', r.place, r.number::text, '', {LEAVING}, 0,
    r.version
FROM status_graduation r
WHERE %(decides_changes)s AND r.desk_place = %(desk)s AND r.state IN ({IN_WAITING})
    OR %(files_changes)s AND r.desk_place = %(desk)s AND r.state = '{Graduating.DRAFT}' AND r.reason <> ''
UNION ALL
SELECT '{LATE_BELOW}', r.id, r.received_on, r.due_on, r.state, '{REQUEST.code}', r.desk_place, r.number::text, '',
    {LEAVING}, 0, r.version
FROM status_graduation r
WHERE %(watches_changes)s AND r.above = %(desk)s AND r.due_on < %(today)s AND r.state IN ({IN_WAITING})
    AND r.desk_place <> %(desk)s
UNION ALL
SELECT '{CLASSES}', r.id, r.filed_on, NULL, r.state, '', r.place, g.number::text, '',
    (SELECT count(*) FROM status_classmove m WHERE m.request_id = r.id)::int, 0, 1
FROM status_classrequest r JOIN organisations_grade g ON g.id = r.grade_id
WHERE %(decides_classes)s AND r.place = %(desk)s AND r.state = '{RequestState.WITH_LEADER}'
UNION ALL
SELECT '{PACK}', lpad(to_hex(v.id), 32, '0')::uuid, coalesce(v.filed_on, %(today)s),
    CASE WHEN v.filed_on IS NULL THEN v.valid_from - 1 END, CASE WHEN v.filed_on IS NULL THEN 'draft' ELSE 'filed' END,
    v.province, v.place, v.version, '', 0, 0, 1
FROM organisations_rulepackversion v
WHERE %(puts_packs)s AND v.place = %(desk)s AND v.state = 'draft'
        AND %(account)s NOT IN (coalesce(v.created_by_id, 0), coalesce(v.changed_by_id, 0))
    OR %(receives_packs)s AND v.filed_on IS NOT NULL AND v.received_on IS NULL
"""
# One page first, then the names of its offices: they are not looked up for everything that waits.
LISTED = f"""
SELECT w.kind, w.id, w.since, w.due_on, w.state, w.problem, w.place, coalesce(o.name, ''), w.name, w.door,
    w.pupils, w.warnings, w.version, coalesce(d.reason, '')
FROM (
    SELECT *, coalesce(due_on, DATE '{NEVER}') AS by_day FROM ({WAITING}) w
    WHERE (%(kind)s = '' OR w.kind = %(kind)s)
        AND (%(due)s = '' OR %(due)s = 'late' AND w.due_on < %(today)s
            OR %(due)s = 'today' AND w.due_on = %(today)s)
        AND (%(office)s = '' OR EXISTS (SELECT 1 FROM organisations_organisation o
            WHERE o.place = w.place AND o.name ILIKE '%%' || %(office)s || '%%'))
        AND {{window}}
    ORDER BY by_day {{order}}, w.id {{order}} LIMIT %(limit)s) w
LEFT JOIN organisations_organisation o ON o.place = w.place
LEFT JOIN LATERAL (
    SELECT reason FROM changes_decision d
    WHERE w.state = 'checked' AND w.version > 1 AND d.subject_id = w.id AND d.act = 'return'
    ORDER BY d.at DESC LIMIT 1) d ON true
ORDER BY w.by_day {{order}}, w.id {{order}}
"""
COUNTED = f"""
SELECT count(*), count(*) FILTER (WHERE due_on = %(today)s), count(*) FILTER (WHERE due_on < %(today)s)
FROM (SELECT due_on FROM ({WAITING}) w LIMIT {MOST_COUNTED + 1}) counted
"""


def _desk(by: Actor, today: date) -> dict[str, Any]:
    return desk_of(by, today) | {
        "decides_changes": decides_changes(by),
        "files_changes": by.may("status.file") or by.may("status.file_at_authority"),
        "decides_classes": by.may("classes.decide"),
        "puts_packs": by.may("packs.put_in_force"),
        "receives_packs": by.may("packs.receive"),
        "account": by.account_id,
        "watches_changes": by.level is not Level.SCHOOL and by.may("status.view"),
    }


def decides_changes(by: Actor) -> bool:
    """Return whether the reader's role decides changes at the own desk."""
    return by.may("status.decide_at_school" if by.level is Level.SCHOOL else "status.decide_at_authority")


def waiting(
    by: Actor,
    *,
    today: date,
    kind: str = "",
    due: str = "",
    office: str = "",
    after: Place | None = None,
    before: Place | None = None,
    size: int = 50,
) -> Page[Waiting, Place]:
    """Return what waits on the desk of the reader's office, what is due first first. One query.

    `kind` is one of those of Waiting, `due` late or today, `office` a part of an office's name.
    """
    is_back = before is not None and after is None
    window = "true"
    known = _desk(by, today) | {"kind": kind, "due": due, "office": _for_like(office), "limit": size + 1}
    if after or before:
        window = (
            f"(coalesce(w.due_on, DATE '{NEVER}'), w.id) {'<' if is_back else '>'} (%(key_day)s, %(key_id)s)"
        )
        known["key_day"], known["key_id"] = after or before  # type: ignore[misc]
    with connections["default"].cursor() as cursor:
        cursor.execute(LISTED.format(window=window, order="DESC" if is_back else "ASC"), known)
        found = [Waiting(*row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.key, is_after=after is not None, is_before=is_back)


def _for_like(text: str) -> str:
    """Return a text whose own signs mean nothing to LIKE."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def numbers_waiting(by: Actor, *, today: date) -> Numbers:
    """Return how much waits on the desk of the reader's office. One query, counting no further than needed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(COUNTED, _desk(by, today))
        count, due_today, late = cursor.fetchone()
    return Numbers(min(count, MOST_COUNTED), due_today, late, is_capped=count > MOST_COUNTED)


@dataclass(frozen=True)
class Picked:
    """A case that was ticked: what it is, of whom, and whether it takes effect at this desk."""

    id: UUID
    kind: str
    name: str
    version: int
    has_effect: bool


def picked(by: Actor, case_ids: list[UUID]) -> list[Picked]:
    """Return those of some cases that are on the reader's own desk now, in order of their due day. One query."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT t.case_id, t.kind, t.name, t.case_version,
                   coalesce((c.route->(c.at::int)->>'effect')::boolean, false)
               FROM status_turn t JOIN status_case c ON c.student_id = t.student_id AND c.id = t.case_id
               WHERE t.case_id = ANY(%s) AND t.place = %s AND t.ended_on IS NULL ORDER BY t.due_on, t.case_id""",
            [case_ids, by.place],
        )
        return [Picked(*row) for row in cursor.fetchall()]
