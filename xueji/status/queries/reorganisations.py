"""Reads of reorganisations: what a plan is judged by, what waits, what was done, and where a school's pupils went."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.changes.queries.admissions import awaited_at
from xueji.status.models import Reorganisation, ReorganisedClass
from xueji.status.rules.graduation import OPEN as OPEN_GRADUATIONS
from xueji.status.rules.graduation import State
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.reorganisation import (
    BY_KIND,
    Awaited,
    Business,
    ClassFacts,
    Entry,
    Facts,
    Kind,
    Line,
    SchoolFacts,
    TargetClass,
)

PAGE = 50
MOST_CASES = 100

SCHOOLS = """
SELECT s.organisation_id, s.place, o.name, s.identifier, s.kind, s.system, s.state = 'open', o.opened_on,
    (SELECT coalesce(jsonb_agg(p.name ORDER BY p.place), '[]') FROM organisations_school u
        JOIN organisations_organisation p ON p.id = u.organisation_id
        WHERE u.under_id = s.organisation_id AND u.state <> 'closed')
FROM organisations_school s JOIN organisations_organisation o ON o.id = s.organisation_id
WHERE {where} ORDER BY s.place
"""

CLASSES = """
SELECT c.id, c.school_id, c.number, c.name, g.stage, g.number, g.entry_year,
    (SELECT coalesce(jsonb_object_agg(h.state, h.count), '{}') FROM students_headcount h
        WHERE h.class_of_id = c.id AND h.count <> 0),
    (SELECT max(e.started_on) FROM students_enrolment e WHERE e.class_of_id = c.id AND e.ended_on IS NULL)
FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
WHERE c.school_id = ANY(%s) AND c.closed_on IS NULL ORDER BY c.place, g.number, g.entry_year DESC, c.number
"""

TAKEN = """
SELECT c.school_id, c.number, c.name, g.stage, g.entry_year, g.number, c.closed_on IS NULL,
    (SELECT coalesce(sum(h.count), 0)::int FROM students_headcount h WHERE h.class_of_id = c.id AND h.state <> '11')
FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
WHERE c.school_id = ANY(%s) ORDER BY c.id
"""


def schools_of(
    *, ids: Collection[int] = (), places: Collection[int] = (), using: str
) -> dict[int, SchoolFacts]:
    """Return schools by id, those with the ids or at the places; in order of place."""
    where, wanted = ("s.organisation_id = ANY(%s)", ids) if ids else ("s.place = ANY(%s)", places)
    with connections[using].cursor() as cursor:
        cursor.execute(SCHOOLS.format(where=where), [list(wanted)])
        return {row[0]: SchoolFacts(*(*row[:8], tuple(_json(row[8])))) for row in cursor.fetchall()}


def lines_of(request_id: UUID, *, using: str) -> dict[int, Line]:
    """Return the lines of a plan by class."""
    rows = ReorganisedClass.everywhere.using(using).filter(reorganisation_id=request_id)
    return {row.class_id: Line(row.class_id, row.target_id, row.number, row.name) for row in rows}


def awaited_said(request: Reorganisation) -> dict[Entry, int | None]:
    """Return what a plan says of awaited pupils: the school by entry, empty for the old one."""
    return {(one[0], one[1], one[2]): one[3] for one in request.awaited}


def awaited_moved(request: Reorganisation) -> tuple[tuple[Awaited, int], ...]:
    """Return whom the effect sent to another school before they had come, each with the school they are to come to."""
    return tuple(
        (Awaited(one["source"], one["stage"], one["year"], len(one["ids"])), one["target"])
        for one in request.made.get("awaited", [])
    )


def facts_of(
    request: Reorganisation, *, today: date, using: str, lines: Mapping[int, Line] | None = None
) -> Facts:
    """Return everything the plan of a request is judged by, as it stands now."""
    sources = schools_of(ids=request.sources, using=using) if request.sources else {}
    targets = schools_of(ids=request.targets, using=using) if request.targets else {}
    row = BY_KIND[Kind(request.kind)]
    planned = lines_of(request.id, using=using) if lines is None else dict(lines)
    with connections[using].cursor() as cursor:
        cursor.execute(CLASSES, [list(sources)])
        classes = [
            ClassFacts(*(*one[:7], {state: int(count) for state, count in _json(one[7]).items()}, one[8]))
            for one in cursor.fetchall()
        ]
        cursor.execute(TAKEN, [list(targets)])
        taken = [TargetClass(*one) for one in cursor.fetchall()]
        cursor.execute(
            "SELECT school_id, stage, entry_year, number FROM organisations_grade WHERE school_id = ANY(%s)",
            [list(targets)],
        )
        grades = {(one[0], one[1], one[2]): one[3] for one in cursor.fetchall()}
        going = [
            one.id
            for one in classes
            if row.closes or (planned.get(one.id) is not None and planned[one.id].target_id in targets)
        ]
        places = [one.place for one in sources.values()]
        business = _business(cursor, going, places if row.closes else [])
        cursor.execute(
            """SELECT count(*) FROM status_campaignschool s JOIN status_campaign c ON c.id = s.campaign_id
               WHERE c.state IN ('planned', 'running') AND s.state IN ('open', 'signed') AND s.place = ANY(%s)""",
            [places + [one.place for one in targets.values()]],
        )
        (promotions,) = cursor.fetchone()
    return Facts(
        kind=row.kind,
        effective_on=request.effective_on,
        today=today,
        sources=sources,
        targets=targets,
        classes=classes,
        lines=planned,
        taken=taken,
        business=business,
        grades=grades,
        document=request.document,
        archives_place=request.archives_place,
        office=request.place,
        promotions=int(promotions),
        awaited=[
            Awaited(one.school_id, one.stage, one.school_year, one.pupils, one.disputed)
            for one in awaited_at([school.place for school in sources.values()], using=using)
        ],
        awaited_said=awaited_said(request),
    )


# What is under way -----------------------------------------------------------------------------

# Of the pupils of the classes; of a school that closes also what it filed, has on its desk, or waits to receive.
# What is discreet is no one's business here: it goes on at the school its pupil goes to.
OPEN_CASES = """
WITH found AS (
    SELECT c.student_id, c.id FROM students_enrolment e
    JOIN status_case c ON c.student_id = e.student_id AND c.closed_on IS NULL
    WHERE e.class_of_id = ANY(%(classes)s) AND e.ended_on IS NULL
    UNION SELECT student_id, id FROM status_case WHERE other_place = ANY(%(places)s) AND closed_on IS NULL
    UNION SELECT student_id, id FROM status_case WHERE starter_place = ANY(%(places)s) AND closed_on IS NULL
    UNION SELECT student_id, case_id FROM status_turn WHERE place = ANY(%(places)s) AND ended_on IS NULL
)
SELECT {wanted} FROM found JOIN status_case c ON c.student_id = found.student_id AND c.id = found.id
WHERE c.closed_on IS NULL AND NOT c.is_discreet
"""

OTHERS = """
SELECT
    (SELECT count(DISTINCT q.id) FROM changes_case q WHERE q.closed_on IS NULL AND (
        q.student_id IN (SELECT e.student_id FROM students_enrolment e
            WHERE e.class_of_id = ANY(%(classes)s) AND e.ended_on IS NULL)
        OR q.place = ANY(%(places)s)
        OR EXISTS (SELECT 1 FROM changes_caseparty p WHERE p.case_id = q.id AND p.place = ANY(%(places)s)))),
    (SELECT count(*) FROM changes_rosterbatch b WHERE b.closed_on IS NULL AND (b.place = ANY(%(places)s)
        OR b.id IN (SELECT r.batch_id FROM changes_rosterrow r JOIN changes_rosterbatch o ON o.id = r.batch_id
            WHERE o.closed_on IS NULL AND r.class_id = ANY(%(classes)s)
                AND o.place IN (SELECT k.place FROM organisations_class k WHERE k.id = ANY(%(classes)s))))),
    (SELECT count(*) FROM status_graduation r WHERE r.state = ANY(%(graduating)s)
        AND r.grade_id IN (SELECT grade_id FROM organisations_class WHERE id = ANY(%(classes)s))),
    (SELECT count(*) FROM status_classrequest r WHERE r.state = 'with_leader'
        AND r.grade_id IN (SELECT grade_id FROM organisations_class WHERE id = ANY(%(classes)s)))
"""

OTHER_NAMES = (
    ("problem", "问题学籍", "problem records"),
    ("roster", "新生名册", "rosters"),
    ("graduation", "毕业申请", "requests for graduation"),
    ("class-request", "调班申请", "requests for a change of class"),
)
# What passes by itself until the decision stops the effect, not the proposal.
SETTLES: frozenset[str] = frozenset(
    {"open-case", "awaited-disputed", *(code for code, _zh, _en in OTHER_NAMES)}
)


def _business(cursor: Any, classes: list[int], places: list[int]) -> list[Business]:
    known = {"classes": classes, "places": places, "graduating": sorted(OPEN_GRADUATIONS)}
    cursor.execute(OPEN_CASES.format(wanted="c.kind"), known)
    found = [
        Business("open-case", f"在办的{BY_CODE[kind].zh}", BY_CODE[kind].en.lower(), count)
        for kind, count in sorted(Counter(row[0] for row in cursor.fetchall()).items())
    ]
    cursor.execute(OTHERS, known)
    found += [
        Business(code, zh, en, int(count))
        for (code, zh, en), count in zip(OTHER_NAMES, cursor.fetchone(), strict=True)
        if count
    ]
    return found


@dataclass(frozen=True)
class OpenCase:
    """A case that has to be settled first."""

    id: UUID
    kind: str
    name: str
    desk: str
    filed_on: date


def open_cases_of(facts: Facts) -> tuple[OpenCase, ...]:
    """Return the cases that have to be settled before a plan can take effect, oldest first; the first hundred."""
    closes = facts.row.closes
    classes = [one.id for one in facts.classes] if closes else [one.id for one, _line, _target in facts.going]
    known: dict[str, Any] = {
        "classes": classes,
        "places": [one.place for one in facts.sources.values()] if closes else [],
        "most": MOST_CASES,
    }
    wanted = """c.id, c.kind, c.name,
        coalesce((SELECT o.name FROM organisations_organisation o WHERE o.place = c.desk_place), ''), c.filed_on"""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(OPEN_CASES.format(wanted=wanted) + " ORDER BY c.filed_on, c.id LIMIT %(most)s", known)
        return tuple(OpenCase(*row) for row in cursor.fetchall())


# Requests --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """A request in a list: which schools, where to, and what came of it."""

    id: UUID
    kind: Kind
    state: State
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    effective_on: date
    received_on: date
    office: str


LISTED = """
SELECT r.id, r.kind, r.state,
    (SELECT coalesce(jsonb_agg(o.name ORDER BY o.place), '[]') FROM organisations_organisation o
        WHERE o.id IN (SELECT value::bigint FROM jsonb_array_elements_text(r.sources))),
    (SELECT coalesce(jsonb_agg(o.name ORDER BY o.place), '[]') FROM organisations_organisation o
        WHERE o.id IN (SELECT value::bigint FROM jsonb_array_elements_text(r.targets))),
    r.effective_on, r.received_on, a.name
FROM status_reorganisation r JOIN organisations_organisation a ON a.place = r.place
"""


def listed(by: Actor, *, before: UUID | None = None, size: int = PAGE) -> tuple[Listed, ...]:
    """Return the requests of the actor's area, and those that concern the actor's school; the newest first.

    `before` is the id of the last one shown. Raises NotAllowed.
    """
    by.require("reorganisation.view")
    known = {"lo": by.scope.lo, "hi": by.scope.hi, "before": before, "size": size, "drafts": by.place}
    # Of another office's drafts nothing is shown: they are its own until its leader has them.
    where = """
WHERE (r.place >= %(lo)s AND r.place < %(hi)s OR r.state IN ('done', 'undone') AND r.id IN (
        SELECT l.reorganisation_id FROM status_reorganisedclass l
        JOIN organisations_school s ON s.organisation_id IN (l.source_id, l.target_id)
        WHERE s.place >= %(lo)s AND s.place < %(hi)s))
    AND (r.state <> 'draft' OR r.place = %(drafts)s) AND (%(before)s::uuid IS NULL OR r.id < %(before)s)
ORDER BY r.id DESC LIMIT %(size)s"""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(LISTED + where, known)
        return tuple(
            Listed(row[0], Kind(row[1]), State(row[2]), tuple(_json(row[3])), tuple(_json(row[4])), *row[5:])
            for row in cursor.fetchall()
        )


def number_waiting_at(place: int, *, using: str = "default") -> int:
    """Return how many requests wait for the leader of an authority."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM status_reorganisation WHERE place = %s AND state = 'with_leader'", [place]
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Move:
    """Classes that went from one school to another by one request."""

    request_id: UUID
    kind: Kind
    on: date
    document: str
    source: str
    source_place: int
    target: str
    target_place: int
    classes: int
    pupils: int
    archives: str


MOVES = """
SELECT r.id, r.kind, r.effective_on, r.document, s.name, s.place, t.name, t.place, count(*), sum(l.pupils),
    coalesce(a.name, ''), s.id = %(school)s
FROM status_reorganisedclass l
JOIN status_reorganisation r ON r.id = l.reorganisation_id AND r.state = 'done'
JOIN organisations_organisation s ON s.id = l.source_id
JOIN organisations_organisation t ON t.id = l.target_id
LEFT JOIN organisations_organisation a ON a.place = r.archives_place
WHERE %(school)s IN (l.source_id, l.target_id)
GROUP BY r.id, r.kind, r.effective_on, r.document, s.id, s.name, s.place, t.name, t.place, a.name
ORDER BY r.effective_on, r.id, t.place
"""


def moves_of(school_id: int) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
    """Return where classes of a school went, and from where classes came to it; oldest first.

    Schools and their history are public; no pupil is named.
    """
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(MOVES, {"school": school_id})
        found = [(row[-1], Move(row[0], Kind(row[1]), *row[2:-1])) for row in cursor.fetchall()]
    gone = tuple(one for is_gone, one in found if is_gone)
    return gone, tuple(one for is_gone, one in found if not is_gone)


@dataclass(frozen=True)
class Step:
    """One act on a request, from its history."""

    act: str
    office: int
    on: date
    reason: str


def history(request_id: UUID) -> tuple[Step, ...]:
    """Return what was done with a request, oldest first."""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT act, office, (after->>'on')::date, coalesce(after->>'reason', '') FROM audit_event
               WHERE subject_id = %s AND subject_kind = 'reorganisation' ORDER BY id""",
            [request_id],
        )
        return tuple(Step(row[0].rpartition(".")[2], *row[1:]) for row in cursor.fetchall())


@dataclass(frozen=True)
class Went:
    """A class of a request with where it goes or went; `pupils` and `new_class_id` from the effect on."""

    class_id: int
    source: str
    number: str
    name: str
    grade: int
    target: str
    target_place: int
    new_number: str
    new_name: str
    pupils: int
    new_class_id: int | None


WENT = """
SELECT l.class_id, s.name, c.number, c.name, coalesce(ng.number, g.number), coalesce(t.name, ''), coalesce(t.place, 0),
    l.number, l.name, l.pupils, l.new_class_id
FROM status_reorganisedclass l
JOIN organisations_class c ON c.id = l.class_id JOIN organisations_grade g ON g.id = c.grade_id
JOIN organisations_organisation s ON s.id = l.source_id
LEFT JOIN organisations_organisation t ON t.id = l.target_id
LEFT JOIN organisations_class n ON n.id = l.new_class_id LEFT JOIN organisations_grade ng ON ng.id = n.grade_id
WHERE l.reorganisation_id = %s ORDER BY s.place, g.number, g.entry_year DESC, c.number
"""


def went(request_id: UUID) -> tuple[Went, ...]:
    """Return the classes of a request, in order of school, grade and number."""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(WENT, [request_id])
        return tuple(Went(*row) for row in cursor.fetchall())


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
