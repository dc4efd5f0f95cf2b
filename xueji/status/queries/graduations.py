"""Reads of graduation: last grades of a school, the pupils of one with what stands in their way, what waits at a desk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.organisations.rules.school_kinds import KINDS, YEARS, Stage, System
from xueji.status.rules import graduation as rules
from xueji.status.rules.graduation import STAYS, Choice, Finding, GradeFacts, PupilFacts, State

PAGE = 50


@dataclass(frozen=True)
class LastGrade:
    """A grade of a school as graduation sees it, with its open request or its last one."""

    id: int
    school_id: int
    place: int
    facts: GradeFacts
    pupils: int
    request_id: UUID | None = None
    request_state: State | None = None


@dataclass(frozen=True)
class Line:
    """A pupil of a grade that leaves: who, in which class, what the school says, what stands in the way."""

    student_id: UUID
    enrolment_id: UUID
    class_id: int
    class_name: str
    name: str
    choice: Choice
    findings: tuple[Finding, ...]
    is_listed: bool

    @property
    def is_blocked(self) -> bool:
        return rules.is_blocked(self.findings)

    @property
    def goes(self) -> bool:
        """Whether the effect ends the pupil's enrolment."""
        return self.is_listed and not self.is_blocked and self.choice.outcome != STAYS


@dataclass(frozen=True)
class Standing:
    """All pupils of a grade as they stand: the dry run of its graduation."""

    lines: tuple[Line, ...]

    @cached_property
    def going(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.goes)

    @cached_property
    def blocked(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.is_blocked)

    @cached_property
    def staying(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.is_blocked and not line.goes)

    @property
    def by_outcome(self) -> Counter[str]:
        return Counter(line.choice.outcome for line in self.going)

    @property
    def without_destination(self) -> int:
        return sum(not line.choice.destination for line in self.going)

    @property
    def classes_left_empty(self) -> tuple[str, ...]:
        """Names of the classes in which nobody stays."""
        kept = {line.class_id for line in self.lines if not line.goes}
        return tuple(dict.fromkeys(line.class_name for line in self.going if line.class_id not in kept))


GRADES = """
SELECT g.id, g.school_id, g.place, g.stage, g.number, g.entry_year, s.system,
    (SELECT coalesce(sum(h.count), 0) FROM organisations_class c JOIN students_headcount h ON h.class_of_id = c.id
        WHERE c.grade_id = g.id AND h.state <> '11'),
    r.id, r.state
FROM organisations_grade g JOIN organisations_school s ON s.organisation_id = g.school_id
LEFT JOIN LATERAL (SELECT r.id, r.state FROM status_graduation r
    WHERE r.grade_id = g.id AND r.state NOT IN ('withdrawn', 'undone') ORDER BY r.id DESC LIMIT 1) r ON true
WHERE {where}
ORDER BY g.number, g.entry_year
"""

COUNTY = """
SELECT kind, system FROM organisations_school
WHERE place >= %s AND place < %s AND organisation_id <> %s AND state = 'open'
"""


def grade_called(grade_id: int, *, using: str) -> LastGrade | None:
    """Return a grade; None where there is no such grade for the reader."""
    found = _grades("g.id = %s", [grade_id], using)
    return found[0] if found else None


def last_grades(place: int, *, today: date, using: str) -> list[LastGrade]:
    """Return the last grades of a school that leave this summer or should have left, and those that left since 1 May."""
    return [
        one
        for one in _grades("g.place = %s AND (g.is_open OR r.state = 'done')", [place], using)
        if rules.is_last(one.facts) and rules.shown_from(one.facts) <= today
    ]


def _grades(where: str, values: list[Any], using: str) -> list[LastGrade]:
    with connections[using].cursor() as cursor:
        cursor.execute(GRADES.format(where=where), values)
        rows = cursor.fetchall()
        near: list[tuple[str, str]] = []
        if rows:
            county = rows[0][2] // 1_000_000 * 1_000_000
            cursor.execute(COUNTY, [county, county + 1_000_000, rows[0][1]])
            near = cursor.fetchall()
    return [_last_grade(row, near) for row in rows]


def _last_grade(row: tuple[Any, ...], near: Sequence[tuple[str, str]]) -> LastGrade:
    id_, school_id, place, stage_code, number, entry_year, system, pupils, request_id, state = row
    stage = Stage(stage_code)
    own = YEARS[System(system)].years_of(stage)
    years = [YEARS[System(other)].years_of(stage) for kind, other in near if stage in KINDS[kind].stages]
    facts = GradeFacts(
        stage=stage,
        number=number,
        entry_year=entry_year,
        system=System(system),
        others=len(years),
        alike=sum(one == own for one in years),
    )
    return LastGrade(id_, school_id, place, facts, int(pupils), request_id, State(state) if state else None)


PUPILS = """
SELECT e.student_id, e.id, e.class_of_id, c.name, s.name, e.state, e.started_on,
    coalesce(p.outcome, '07'), coalesce(p.destination, ''), coalesce(p.reason, ''), p.student_id IS NOT NULL,
    (SELECT coalesce(jsonb_agg(DISTINCT k.kind), '[]') FROM status_case k
        WHERE k.student_id = e.student_id AND k.closed_on IS NULL AND k.state <> 'waiting' AND NOT k.is_discreet),
    EXISTS (SELECT 1 FROM changes_case q WHERE q.student_id = e.student_id AND q.closed_on IS NULL),
    EXISTS (SELECT 1 FROM students_identifier i
        WHERE i.student_id = e.student_id AND i.scheme = 'S' AND i.until IS NULL),
    EXISTS (SELECT 1 FROM students_identifier i
        WHERE i.student_id = e.student_id AND i.scheme <> 'S' AND i.until IS NULL)
FROM students_enrolment e
JOIN organisations_class c ON c.id = e.class_of_id
JOIN students_student s ON s.id = e.student_id
LEFT JOIN status_graduationpupil p ON p.student_id = e.student_id AND p.graduation_id = %(request)s
WHERE c.grade_id = %(grade)s AND e.ended_on IS NULL
ORDER BY c.number, s.pinyin, s.name, e.student_id
"""


def standing(grade_id: int, *, request_id: UUID | None, on: date, using: str) -> Standing:
    """Return all pupils of a grade with what stands in the way of their leaving on a day.

    With a request also what the school says of each. Read in the national role: a case
    of a pupil may be another office's.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(PUPILS, {"grade": grade_id, "request": request_id})
        return Standing(tuple(_line(row, on) for row in cursor.fetchall()))


def _line(row: tuple[Any, ...], on: date) -> Line:
    student, enrolment, class_id, class_name, name, state, started_on = row[:7]
    outcome, destination, reason, is_listed, kinds, has_problem, has_number, has_document = row[7:]
    pupil = PupilFacts(
        student_id=student,
        state=state,
        started_on=started_on,
        open_kinds=tuple(json.loads(kinds) if isinstance(kinds, str) else kinds),
        has_problem=has_problem,
        has_number=has_number,
        has_document=has_document,
    )
    return Line(
        student_id=student,
        enrolment_id=enrolment,
        class_id=class_id,
        class_name=class_name,
        name=name,
        choice=Choice(outcome, destination, reason),
        findings=rules.findings_of(pupil, on),
        is_listed=is_listed,
    )


# Requests ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """A request at a desk, as a list shows it."""

    id: UUID
    place: int
    school: str
    number: int
    stage: Stage
    entry_year: int
    state: State
    pupils: int
    received_on: date
    due_on: date | None


WAITING = """
SELECT r.id, r.place, o.name, r.number, r.stage, r.entry_year, r.state,
    (SELECT count(*) FROM status_graduationpupil p WHERE p.graduation_id = r.id AND p.outcome <> '00'),
    r.received_on, r.due_on
FROM status_graduation r JOIN organisations_organisation o ON o.id = r.school_id
WHERE {where}
ORDER BY r.received_on, r.id LIMIT %(limit)s
"""


def waiting_at(place: int, *, using: str = "default", limit: int = PAGE) -> list[Waiting]:
    """Return the requests whose turn it is at an office's desk, oldest first."""
    return _requests(
        "r.desk_place = %(place)s AND r.state IN ('with_leader', 'with_authority')", place, using, limit
    )


def decided_below(lo: int, hi: int, *, using: str = "default", limit: int = PAGE) -> list[Waiting]:
    """Return the requests of an area that took effect, the latest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            WAITING.format(where="r.place >= %(lo)s AND r.place < %(hi)s AND r.state = 'done'").replace(
                "ORDER BY r.received_on, r.id", "ORDER BY r.effect_on DESC, r.id DESC"
            ),
            {"lo": lo, "hi": hi, "limit": limit},
        )
        return [_waiting(row) for row in cursor.fetchall()]


OF_AREA = """
SELECT r.id, r.place, o.name, r.number, r.stage, r.entry_year, r.state,
    (SELECT count(*) FROM status_graduationpupil p WHERE p.graduation_id = r.id AND p.outcome <> '00'),
    r.received_on, r.due_on
FROM status_graduation r JOIN organisations_organisation o ON o.id = r.school_id
WHERE r.place >= %(lo)s AND r.place < %(hi)s AND (%(state)s = '' OR r.state = %(state)s)
    AND (%(after)s::uuid IS NULL OR r.id < %(after)s)
ORDER BY r.id DESC LIMIT %(limit)s
"""


def requests_of(
    by: Actor, *, state: str = "", after: UUID | None = None, size: int = PAGE
) -> Page[Waiting, UUID]:
    """Return a page of the requests of the reader's school or area, the newest first; it goes on and not back."""
    known: dict[str, Any] = {
        "lo": by.scope.lo,
        "hi": by.scope.hi,
        "state": state,
        "after": after,
        "limit": size + 1,
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(OF_AREA, known)
        found = [_waiting(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.id, is_after=after is not None, is_before=False)


def _requests(where: str, place: int, using: str, limit: int) -> list[Waiting]:
    with connections[using].cursor() as cursor:
        cursor.execute(WAITING.format(where=where), {"place": place, "limit": limit})
        return [_waiting(row) for row in cursor.fetchall()]


def _waiting(row: tuple[Any, ...]) -> Waiting:
    id_, place, school, number, stage, entry_year, state, pupils, received_on, due_on = row
    return Waiting(
        id_, place, school, number, Stage(stage), entry_year, State(state), pupils, received_on, due_on
    )


@dataclass(frozen=True)
class Listed:
    """A pupil of a request, as it was said and what came of it."""

    student_id: UUID
    class_id: int
    name: str
    outcome: str
    destination: str
    reason: str
    state: str
    aside: tuple[str, ...]


def listed(request_id: UUID, *, using: str = "default") -> list[Listed]:
    """Return the pupils of a request by class and name."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT student_id, class_id, name, outcome, destination, reason, state, aside
               FROM status_graduationpupil WHERE graduation_id = %s ORDER BY class_id, name, student_id""",
            [request_id],
        )
        return [_listed(row) for row in cursor.fetchall()]


def _listed(row: tuple[Any, ...]) -> Listed:
    student, class_id, name, outcome, destination, reason, state, aside = row
    codes = json.loads(aside) if isinstance(aside, str) else aside
    return Listed(student, class_id, name, outcome, destination, reason, state, tuple(codes))


@dataclass(frozen=True)
class Gone:
    """A pupil who left by a request, and what stands on it since: another enrolment, a case filed later."""

    student_id: UUID
    name: str
    class_name: str
    outcome: str
    is_enrolled_again: bool
    has_case: bool

    @property
    def can_come_back(self) -> bool:
        return not self.is_enrolled_again and not self.has_case


GONE = """
SELECT p.student_id, p.name, c.name, p.outcome,
    EXISTS (SELECT 1 FROM students_enrolment e WHERE e.student_id = p.student_id AND e.ended_on IS NULL),
    EXISTS (SELECT 1 FROM status_case k WHERE k.student_id = p.student_id AND k.closed_on IS NULL
        AND k.state <> 'waiting' AND NOT k.is_discreet AND k.filed_on >= r.effect_on)
FROM status_graduationpupil p
JOIN status_graduation r ON r.id = p.graduation_id
JOIN organisations_class c ON c.id = p.class_id
WHERE p.graduation_id = %s AND p.state = 'done'
ORDER BY c.number, p.name, p.student_id
"""


def gone(request_id: UUID, *, using: str) -> list[Gone]:
    """Return who left by a request and has not come back, by class and name. Read in the national role."""
    with connections[using].cursor() as cursor:
        cursor.execute(GONE, [request_id])
        return [Gone(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Step:
    """One act on a request, from its history."""

    act: str
    office: int
    on: date
    reason: str


def history(request_id: UUID, *, using: str = "default") -> list[Step]:
    """Return what was done with a request, oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT act, office, coalesce((after->>'on')::date, at::date), coalesce(after->>'reason', '')
               FROM audit_event WHERE subject_id = %s AND subject_kind = 'graduation' ORDER BY id""",
            [request_id],
        )
        return [Step(row[0].rpartition(".")[2], row[1], row[2], row[3]) for row in cursor.fetchall()]


def class_names(class_ids: Collection[int], *, using: str = "default") -> dict[int, str]:
    """Return the names of classes by id."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT id, name FROM organisations_class WHERE id = ANY(%s)", [list(class_ids)])
        return dict(cursor.fetchall())
