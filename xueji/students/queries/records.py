"""One pupil's record: who it is, its numbers, enrolments and family, and what happened."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.scope import national
from xueji.students.encryption import associated
from xueji.students.models import Student
from xueji.students.rules.schemes import (
    DISPUTED_SCHEME,
    DOCUMENT_SCHEMES,
    NUMBER_SCHEME,
    SCHEMES_BY_COUNTRY,
)


@dataclass(frozen=True)
class Number:
    """A number of a pupil in the clear; mask it before it is shown. `until` is set on former ones."""

    scheme: str
    value: str
    since: date
    until: date | None


@dataclass(frozen=True)
class Stay:
    """An enrolment as the history shows it: at which school and in which class, from when to when."""

    id: UUID
    place: int
    school: str
    stage: str
    entry_year: int
    grade: int | None
    class_id: int
    class_name: str
    class_number: str
    state: str
    entered_on: date
    started_on: date
    ended_on: date | None
    end_reason: str
    entry_mode: str
    study_mode: str
    source: str
    seat_number: str


@dataclass(frozen=True)
class Relative:
    """A member of the family; `private` holds phone, document number and the like in the clear."""

    ordinal: int
    name: str
    relation: str
    is_guardian: bool
    private: dict[str, Any]


@dataclass(frozen=True)
class Happening:
    """An event of a pupil: what was done, by which office, and when. Never by whom."""

    act: str
    office: str
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Record:
    """Everything about one pupil, numbers and addresses in the clear: mask them before they are shown."""

    student: Student
    private: dict[str, Any]
    numbers: tuple[Number, ...]
    stays: tuple[Stay, ...]
    family: tuple[Relative, ...]
    happenings: tuple[Happening, ...]
    class_names: dict[int, str] = field(default_factory=dict)

    @property
    def stay(self) -> Stay | None:
        """The open enrolment, else the last one that ended."""
        return self.stays[-1] if self.stays else None

    def current(self, *schemes: str) -> Number | None:
        """Return the number in force of the first of these schemes that the pupil has."""
        in_force = [number for number in self.numbers if number.until is None]
        return next((n for scheme in schemes for n in in_force if n.scheme == scheme), None)

    @property
    def number(self) -> Number | None:
        """The student number."""
        return self.current(NUMBER_SCHEME)

    @property
    def document(self) -> Number | None:
        """The number of the identity document, if there is one."""
        return self.current(*DOCUMENT_SCHEMES, *SCHEMES_BY_COUNTRY, DISPUTED_SCHEME)


STAYS = """
SELECT e.id, e.place, o.name, e.stage, e.entry_year, g.number, e.class_of_id, coalesce(c.name, ''),
    coalesce(c.number, ''), e.state, e.entered_on, e.started_on, e.ended_on, e.end_reason, e.entry_mode,
    e.study_mode, e.source, e.seat_number
FROM students_enrolment e
JOIN organisations_organisation o ON o.id = e.school_id
LEFT JOIN organisations_class c ON c.id = e.class_of_id
LEFT JOIN organisations_grade g ON g.id = c.grade_id
WHERE e.student_id = %s ORDER BY e.ended_on NULLS LAST, e.started_on
"""

HAPPENINGS = """
SELECT v.act, coalesce(o.name, ''), v.at, v.before, v.after
FROM audit_event v LEFT JOIN organisations_organisation o ON o.place = v.office
WHERE v.subject_id = %s AND v.subject_kind <> 'reading' ORDER BY v.id
"""


def record_of(student_id: UUID) -> Record | None:
    """Return the record of a pupil in the current scope; None when there is no such pupil in it.

    Seven statements, whatever the length of the history. The enrolments include those at
    earlier schools outside the scope: who holds a pupil keeps the whole history.
    """
    student = Student.objects.filter(pk=student_id).first()
    if student is None:
        return None
    ring = settings.XUEJI_KEY_RING
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT scheme, index, value, since, until FROM students_identifier WHERE student_id = %s"
            " ORDER BY since, scheme",
            [student_id],
        )
        numbers = tuple(
            Number(scheme, _number(ring.decrypt(value, associated("identifier", bytes(index)))), since, until)
            for scheme, index, value, since, until in cursor.fetchall()
        )
        cursor.execute(
            "SELECT ordinal, name, relation, is_guardian, private FROM students_familymember"
            " WHERE student_id = %s ORDER BY ordinal",
            [student_id],
        )
        family = tuple(
            Relative(ordinal, name, relation, is_guardian, _opened(private, f"family{ordinal}", student_id))
            for ordinal, name, relation, is_guardian, private in cursor.fetchall()
        )
        cursor.execute(HAPPENINGS, [student_id])
        happenings = tuple(
            Happening(act, office, at, json_object(before), json_object(after))
            for act, office, at, before, after in cursor.fetchall()
        )
        classes = sorted(
            {value for h in happenings for value in (h.before.get("class"), h.after.get("class")) if value}
        )
        cursor.execute(
            "SELECT id, name FROM organisations_class WHERE id = ANY(%s)", [[int(c) for c in classes]]
        )
        class_names = dict(cursor.fetchall())
    return Record(
        student=student,
        private=_opened(student.private, "student", student_id),
        numbers=numbers,
        stays=_stays(student_id),
        family=family,
        happenings=happenings,
        class_names=class_names,
    )


def _stays(student_id: UUID) -> tuple[Stay, ...]:
    with national("students.history") as using, connections[using].cursor() as cursor:
        cursor.execute(STAYS, [student_id])
        return tuple(Stay(*row) for row in cursor.fetchall())


def _number(value: str) -> str:
    """Return a number without the country that stands before it for the index."""
    return value.rpartition("|")[2]


def json_object(value: Any) -> dict[str, Any]:
    """Return a JSON object as a raw cursor gives it, text or already read; an empty one for anything else."""
    if isinstance(value, str):
        value = json.loads(value)
    return value if isinstance(value, dict) else {}


def _opened(blob: Any, column: str, student_id: UUID) -> dict[str, Any]:
    """Return encrypted JSON in the clear; nothing where there is none."""
    if blob is None:
        return {}
    opened: dict[str, Any] = json.loads(
        settings.XUEJI_KEY_RING.decrypt(bytes(blob), associated(column, student_id))
    )
    return opened
