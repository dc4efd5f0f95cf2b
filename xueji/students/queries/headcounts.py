"""Head counts of classes, schools and authorities, and who sits in a class.

A pupil whose death was reported (state 11) is in no list and no count from that moment on,
though the enrolment stays open until the authority has ended it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connections

from xueji.access.scope import Scope, current_scope
from xueji.students.queries.records import json_object

# One school ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassCount:
    """A class of a school with its head count by state."""

    id: int
    number: str
    name: str
    stage: str
    grade: int
    entry_year: int
    closed_on: date | None = None
    states: dict[str, int] = field(default_factory=dict)

    @property
    def pupils(self) -> int:
        return sum(self.states.values())


CLASSES = """
SELECT c.id, c.number, c.name, g.stage, g.number, g.entry_year, c.closed_on,
    (SELECT coalesce(jsonb_object_agg(h.state, h.count), '{}') FROM students_headcount h
     WHERE h.class_of_id = c.id AND h.count <> 0 AND h.state <> '11')
FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
WHERE c.school_id = %s AND (c.closed_on IS NULL OR %s)
ORDER BY g.number, g.entry_year DESC, c.number
"""


def classes_of(school_id: int, *, closed: bool = False) -> tuple[ClassCount, ...]:
    """Return the classes of a school in order of grade and number, with their head counts."""
    with connections["default"].cursor() as cursor:
        cursor.execute(CLASSES, [school_id, closed])
        return tuple(ClassCount(*(*row[:7], json_object(row[7]))) for row in cursor.fetchall())


@dataclass(frozen=True)
class Seat:
    """A pupil in a class list, in order of number in class and name."""

    id: UUID
    name: str
    sex: str
    birth_on: date
    state: str
    seat_number: str
    study_mode: str


SEATS = """
SELECT s.id, s.name, s.sex, s.birth_on, e.state, e.seat_number, e.study_mode
FROM students_enrolment e JOIN students_student s ON s.id = e.student_id
WHERE e.class_of_id = %s AND e.ended_on IS NULL AND e.state <> '11'
ORDER BY CASE WHEN e.seat_number ~ '^[0-9]{1,9}$' THEN e.seat_number::integer END, e.seat_number, s.pinyin, s.id
LIMIT %s
"""


def seats_of(class_id: int, *, most: int = 1000) -> tuple[Seat, ...]:
    """Return the pupils who sit in a class."""
    current_scope()  # a class list outside any scope is a bug, as any list is
    with connections["default"].cursor() as cursor:
        cursor.execute(SEATS, [class_id, most])
        return tuple(Seat(*row) for row in cursor.fetchall())


# Below an authority -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Schools, classes and pupils in a range of places."""

    schools: int
    classes: int
    pupils: int


TOTALS = """
WITH schools AS (
    SELECT width_bucket(place, %(places)s::bigint[]) AS at, count(*) AS schools FROM organisations_school
    WHERE place >= %(lo)s AND place < %(hi)s AND state <> 'closed' GROUP BY 1
), classes AS (
    SELECT width_bucket(place, %(places)s::bigint[]) AS at, count(*) AS classes FROM organisations_class
    WHERE place >= %(lo)s AND place < %(hi)s AND closed_on IS NULL GROUP BY 1
), pupils AS (
    SELECT width_bucket(place, %(places)s::bigint[]) AS at, sum(count) AS pupils FROM students_headcount
    WHERE place >= %(lo)s AND place < %(hi)s AND state <> '11' GROUP BY 1
)
SELECT at, coalesce(schools, 0), coalesce(classes, 0), coalesce(pupils, 0)
FROM schools FULL JOIN classes USING (at) FULL JOIN pupils USING (at)
"""


def totals_below(scope: Scope, places: Sequence[int]) -> dict[int, Totals]:
    """Return the totals of each of `places`, the authorities below an office, in one statement.

    Each place owns the range up to the next one. What lies before the first, the office's
    own schools, is under the office's own place. Places with nothing are left out.
    """
    ordered = sorted(places)
    with connections["default"].cursor() as cursor:
        cursor.execute(TOTALS, {"places": ordered, "lo": scope.lo, "hi": scope.hi})
        return {
            ordered[at - 1] if at else scope.lo: Totals(int(schools), int(classes), int(pupils))
            for at, schools, classes, pupils in cursor.fetchall()
        }


TOTALS_OF_SCHOOLS = """
SELECT s.place,
    (SELECT count(*) FROM organisations_class c WHERE c.school_id = s.organisation_id AND c.closed_on IS NULL),
    (SELECT coalesce(sum(h.count), 0) FROM students_headcount h WHERE h.place = s.place AND h.state <> '11')
FROM organisations_school s WHERE s.place = ANY(%s)
"""


def totals_of_schools(places: Sequence[int]) -> dict[int, Totals]:
    """Return the totals of some schools, in one statement."""
    with connections["default"].cursor() as cursor:
        cursor.execute(TOTALS_OF_SCHOOLS, [list(places)])
        return {place: Totals(1, int(classes), int(pupils)) for place, classes, pupils in cursor.fetchall()}


def classes_at(place: int) -> tuple[ClassCount, ...]:
    """Return the open classes of the school at a place, without head counts: what a filter offers."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.number, c.name, g.stage, g.number, g.entry_year
               FROM organisations_school s JOIN organisations_class c ON c.school_id = s.organisation_id
               JOIN organisations_grade g ON g.id = c.grade_id
               WHERE s.place = %s AND c.closed_on IS NULL ORDER BY g.number, g.entry_year DESC, c.number""",
            [place],
        )
        return tuple(ClassCount(*row) for row in cursor.fetchall())
