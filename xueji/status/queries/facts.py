"""Reads the facts that the rules of a change look at. One statement for the pupil, one for a target class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.statements import asked
from xueji.organisations.queries import authority_of
from xueji.organisations.queries_packs import pack_for, pack_of
from xueji.status.queries.ready import ready_for
from xueji.status.rules.facts import (
    ClassFacts,
    EnrolmentFacts,
    Facts,
    MarkFacts,
    OpenCase,
    SchoolFacts,
)
from xueji.status.rules.kind import Kind, Starter
from xueji.status.rules.routes import in_chain

# With its status authority: its county's, else the next above that there is.
SCHOOL = """l.organisation_id, l.place, l.identifier, o.name, l.kind, l.system, l.founder, l.state = 'open',
    (SELECT a.place FROM organisations_organisation a WHERE a.place = ANY(ARRAY[l.place / 1000000 * 1000000,
        l.place / 100000000 * 100000000, l.place / 10000000000 * 10000000000, 0])
        AND a.closed_on IS NULL AND a.level <> 'school' ORDER BY a.place DESC LIMIT 1)"""
CLASS = """c.id, c.place, c.school_id, c.number, c.name, c.grade_id, g.number, g.stage, g.entry_year,
    c.closed_on IS NULL,
    (SELECT coalesce(sum(h.count), 0) FROM students_headcount h WHERE h.class_of_id = c.id AND h.state <> '11')"""

# The open enrolment, else the last one that ended, with its school and class, and all that is open of the pupil.
PUPIL = f"""
SELECT s.id, s.place, s.name, s.sex, s.birth_on, s.document_type, s.nationality, s.details, s.version,
    e.id, e.place, e.school_id, e.class_of_id, e.stage, e.entry_year, e.state, e.entered_on, e.started_on,
    e.ended_on, e.end_reason, e.entry_mode, e.study_mode, e.source, e.seat_number,
    {SCHOOL}, {CLASS},
    (SELECT coalesce(jsonb_agg(jsonb_build_array(m.id, m.kind, m.since, m.until, m.details) ORDER BY m.since, m.id),
        '[]') FROM status_mark m WHERE m.student_id = s.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_array(c.id, c.kind, c.starter_place, c.state) ORDER BY c.id), '[]')
        FROM status_case c WHERE c.student_id = s.id AND c.closed_on IS NULL
            AND (NOT c.is_discreet OR %s)),
    EXISTS (SELECT 1 FROM changes_case p WHERE p.student_id = s.id AND p.closed_on IS NULL),
    (SELECT coalesce(jsonb_object_agg(kind, times), '{{}}') FROM (
        SELECT c.kind, count(*) AS times FROM status_case c
        WHERE c.student_id = s.id AND c.state = 'completed' GROUP BY c.kind) done),
    s.pinyin, s.initials, s.ethnicity, s.overseas
FROM students_student s
JOIN LATERAL (
    SELECT * FROM students_enrolment e WHERE e.student_id = s.id
    ORDER BY e.ended_on DESC NULLS FIRST, e.started_on DESC LIMIT 1) e ON true
JOIN organisations_school l ON l.organisation_id = e.school_id
JOIN organisations_organisation o ON o.id = e.school_id
JOIN organisations_class c ON c.id = e.class_of_id
JOIN organisations_grade g ON g.id = c.grade_id
WHERE s.id = %s
"""

TARGET = f"""
SELECT {SCHOOL}, {CLASS}
FROM organisations_class c
JOIN organisations_grade g ON g.id = c.grade_id
JOIN organisations_school l ON l.organisation_id = c.school_id
JOIN organisations_organisation o ON o.id = c.school_id
WHERE c.id = %s
"""

# On the way to its effect: the class is held, so that none is closed while a pupil goes into it.
TARGET_HELD = f"{TARGET} FOR SHARE OF c"

# How many of a grade did the same, in the year in which a grade is repeated: from 1 February on. Where the
# case itself is on its way to its effect, those that took effect alone.
ALIKE = """
SELECT (SELECT coalesce(sum(h.count), 0) FROM organisations_class k JOIN students_headcount h ON h.class_of_id = k.id
        WHERE k.grade_id = %(grade)s AND h.state <> '11'),
    (SELECT count(*) FROM status_case c WHERE c.place = %(place)s AND c.kind = %(kind)s AND c.filed_on >= %(since)s
        AND c.state = 'completed' AND EXISTS (
            SELECT 1 FROM status_effect f JOIN organisations_class k ON k.id = (f.before->>'class_of_id')::bigint
            WHERE f.student_id = c.student_id AND f.case_id = c.id AND f."table" = 'students_enrolment'
                AND k.grade_id = %(grade)s)),
    (SELECT count(*) FROM status_case c
        JOIN students_enrolment e ON e.student_id = c.student_id AND e.ended_on IS NULL
        JOIN organisations_class k ON k.id = e.class_of_id AND k.grade_id = %(grade)s
        WHERE c.place = %(place)s AND c.kind = %(kind)s AND c.closed_on IS NULL AND c.student_id <> %(student)s)
"""

SCHOOL_AT = f"""
SELECT {SCHOOL} FROM organisations_school l JOIN organisations_organisation o ON o.id = l.organisation_id
WHERE l.place = %s
"""

SCHOOL_CALLED = f"""
SELECT {SCHOOL} FROM organisations_school l JOIN organisations_organisation o ON o.id = l.organisation_id
WHERE l.identifier = %s
"""


def facts_of(
    student_id: UUID,
    *,
    kind: Kind,
    payload: Mapping[str, Any],
    starter: int,
    today: date,
    using: str,
    pack_id: int | None = None,
    without_case: UUID | None = None,
    new_ids: tuple[UUID, ...] = (),
) -> tuple[Facts, int] | None:
    """Return the facts of a change and the version of the pupil's row; None when there is no such pupil.

    `starter` is the place of the office that files. The pack is that of the receiving side,
    or with `pack_id` the version the case began under. `without_case` leaves the case itself out of what is open.
    """
    rows = asked(PUPIL, [kind.is_discreet, student_id], using=using)
    if not rows:
        return None
    (row,) = rows
    enrolment = EnrolmentFacts(*row[9:24])
    school, own_class = _school(row[24:33]), ClassFacts(*row[33:44])
    marks, cases, has_problem, times = row[44:48]
    target_school = target_class = None
    if kind.has_target and payload.get("class_id"):
        statement = TARGET if without_case is None else TARGET_HELD
        target_school, target_class = _target(int(payload["class_id"]), using, statement)
    elif kind.starter is Starter.RECEIVING_SCHOOL:
        target_school = school_at(starter, using=using)
    # Where a change only names a school, the pupil's own province keeps the say.
    at = (target_school or school).place
    if kind.school_field and payload.get(kind.school_field):
        target_school = school_called(str(payload[kind.school_field]), using=using)
    if pack_id is None:
        pack_id, pack = pack_for(at, today, using=using)
    else:
        pack = pack_of(pack_id, using=using)
    facts = Facts(
        student_id=row[0],
        place=row[1],
        name=row[2],
        sex=row[3],
        birth_on=row[4],
        document_type=row[5],
        nationality=row[6],
        details=_json(row[7]),
        enrolment=enrolment,
        school=school,
        own_class=own_class,
        pack=pack,
        pack_id=pack_id,
        today=today,
        marks=tuple(_mark(one) for one in _json(marks)),
        open_cases=tuple(
            OpenCase(UUID(one[0]), one[1], one[2], one[3])
            for one in _json(cases)
            if UUID(one[0]) != without_case
        ),
        has_problem=has_problem,
        times=_json(times),
        target_school=target_school,
        target_class=target_class,
        new_ids=new_ids,
        pinyin=row[48],
        initials=row[49],
        ethnicity=row[50],
        overseas=row[51],
    )
    facts = replace(facts, ready=ready_for(kind.needs(facts, payload), facts, using=using))
    if facts.is_senior:
        own = authority_of(at, using=using)
        facts = replace(facts, higher_authorities=in_chain(own, pack.senior_level))
    if kind.counts_in_grade:
        size, alike = _alike(kind, facts, is_filed=without_case is not None, using=using)
        facts = replace(facts, grade_size=size, alike=alike)
    return facts, row[8]


def _alike(kind: Kind, facts: Facts, *, is_filed: bool, using: str) -> tuple[int, int]:
    """Return how many pupils the grade has, and how many others of it did the same this year.

    Open cases count for one that is about to be filed. Those that are on their way to their
    effect stand in a row: each holds the school until its commit, and sees who was before.
    """
    day = facts.today
    known: dict[str, Any] = {
        "grade": facts.own_class.grade_id,
        "place": facts.school.place,
        "kind": kind.code,
        "since": date(day.year if day.month > 1 else day.year - 1, 2, 1),
        "student": facts.student_id,
    }
    with connections[using].cursor() as cursor:
        if is_filed:
            cursor.execute(
                "SELECT 1 FROM organisations_school WHERE place = %s FOR NO KEY UPDATE", [known["place"]]
            )
        cursor.execute(ALIKE, known)
        size, done, under_way = cursor.fetchone()
    # Who did it has left the grade, and still is one of its pupils of this year.
    return int(size + done), int(done) if is_filed else int(done + under_way)


def school_at(place: int, *, using: str) -> SchoolFacts | None:
    """Return the school at a place; None where none is."""
    rows = asked(SCHOOL_AT, [place], using=using)
    return _school(rows[0]) if rows else None


def school_called(identifier: str, *, using: str) -> SchoolFacts | None:
    """Return the school that has this identifier now; None where none has."""
    rows = asked(SCHOOL_CALLED, [identifier], using=using)
    return _school(rows[0]) if rows else None


def _target(
    class_id: int, using: str, statement: str = TARGET
) -> tuple[SchoolFacts | None, ClassFacts | None]:
    rows = asked(statement, [class_id], using=using)
    return (_school(rows[0][:9]), ClassFacts(*rows[0][9:])) if rows else (None, None)


def _school(row: tuple[Any, ...]) -> SchoolFacts:
    id_, place, identifier, name, kind, system, founder, is_open, authority = row
    return SchoolFacts(id_, place, identifier, name, kind, system, founder, is_open, authority)


def _mark(row: list[Any]) -> MarkFacts:
    until = date.fromisoformat(row[3]) if row[3] else None
    return MarkFacts(UUID(row[0]), row[1], date.fromisoformat(row[2]), until, row[4])


def _json(value: Any) -> Any:
    """Return a JSON column as a raw cursor gives it, text or already read."""
    return json.loads(value) if isinstance(value, str) else value
