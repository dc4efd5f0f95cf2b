"""Reads of class requests: where the pupils of a grade sit, the requests of a school or an area, one of them in full.

In the reader's scope. A pupil whose death is reported is in none of the lists and counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.status.rules.class_requests import ClassCount, RequestState, Seat, counts
from xueji.status.rules.facts import DECEASED

SIZE = 50


@dataclass(frozen=True)
class Sits:
    """Where a pupil of a grade sits: the enrolment, the class, the seat number in it."""

    student_id: UUID
    class_number: str
    enrolment_id: UUID
    class_id: int
    seat_number: str
    is_hidden: bool

    @property
    def seat(self) -> Seat:
        return Seat(self.student_id, self.class_number)


SEATS = f"""
SELECT e.student_id, c.number, e.id, c.id, e.seat_number, e.state = '{DECEASED}'
FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
WHERE c.grade_id = %s AND e.ended_on IS NULL AND c.place = %s ORDER BY e.student_id
"""


def seats_of_grade(grade_id: int, place: int) -> list[Sits]:
    """Return where every pupil of a grade of a school sits, those whose death is reported among them."""
    with connections["default"].cursor() as cursor:
        cursor.execute(SEATS, [grade_id, place])
        return [Sits(*row) for row in cursor.fetchall()]


def open_classes(grade_id: int, place: int) -> dict[str, int]:
    """Return the open classes of a grade of a school, number → id."""
    return {number: one.id for number, one in classes_of_grade(grade_id, place).items() if one.is_open}


def numbers_taken(place: int, numbers: Collection[str]) -> set[str]:
    """Return those of some numbers that a class of the school has or had, in whatever grade."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT number FROM organisations_class WHERE place = %s AND number = ANY(%s)",
            [place, list(numbers)],
        )
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True)
class ClassOfGrade:
    """A class of a grade that is open, or was."""

    id: int
    number: str
    name: str
    is_open: bool


def classes_of_grade(grade_id: int, place: int) -> dict[str, ClassOfGrade]:
    """Return the classes of a grade of a school, closed ones included, by number."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT id, number, name, closed_on IS NULL FROM organisations_class
               WHERE grade_id = %s AND place = %s ORDER BY number""",
            [grade_id, place],
        )
        return {row[1]: ClassOfGrade(*row) for row in cursor.fetchall()}


# Requests ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RequestLine:
    """A request in a list. `pupils` is how many change class by it."""

    id: UUID
    place: int
    school: str
    grade: int
    entry_year: int
    state: RequestState
    pupils: int
    filed_on: date
    decided_on: date | None
    undo_until: date | None


COLUMNS = f"""
r.id, r.place, o.name, g.number, g.entry_year, r.state,
(SELECT count(*) FROM status_classmove m JOIN students_enrolment e ON e.student_id = m.student_id AND e.id = m.enrolment_id
    WHERE m.request_id = r.id AND e.state <> '{DECEASED}'),
r.filed_on, r.decided_on, r.undo_until
"""
FROM = """
FROM status_classrequest r
JOIN organisations_organisation o ON o.id = r.school_id
JOIN organisations_grade g ON g.id = r.grade_id
"""
LISTED = f"""
SELECT {COLUMNS} {FROM}
WHERE r.place >= %(lo)s AND r.place < %(hi)s AND (%(state)s = '' OR r.state = %(state)s) {{window}}
ORDER BY r.id {{order}} LIMIT %(limit)s
"""


def listed(
    by: Actor, *, state: str = "", after: UUID | None = None, before: UUID | None = None, size: int = SIZE
) -> Page[RequestLine, UUID]:
    """Return a page of the requests of the reader's school or area, the newest first. One statement."""
    is_back = before is not None and after is None
    known: dict[str, Any] = {"lo": by.scope.lo, "hi": by.scope.hi, "state": state, "limit": size + 1}
    window = ""
    if after or before:
        window = f"AND r.id {'>' if is_back else '<'} %(key)s"
        known["key"] = after or before
    with connections["default"].cursor() as cursor:
        cursor.execute(LISTED.format(window=window, order="ASC" if is_back else "DESC"), known)
        found = [_line(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.id, is_after=after is not None, is_before=is_back)


def _line(row: tuple[Any, ...]) -> RequestLine:
    id_, place, school, grade, entry_year, state, *rest = row
    return RequestLine(id_, place, school, grade, entry_year, RequestState(state), *rest)


@dataclass(frozen=True)
class Move:
    """One pupil of a request, with the names of the classes."""

    student_id: UUID
    name: str
    source: str
    target: str
    target_number: str


@dataclass(frozen=True)
class RequestView:
    """A request in full. `opens` and `closes` are names of classes, `counts` the classes as an approval now would leave them.

    `counts` is empty for one that is decided; `names` names the classes of `counts` by number.
    """

    line: RequestLine
    note: str
    reason: str
    filed_by: int
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    moves: tuple[Move, ...]
    counts: tuple[ClassCount, ...]
    names: Mapping[str, str]

    @cached_property
    def ways(self) -> tuple[tuple[str, str, int], ...]:
        """How many go from which class into which: (from, to, pupils), in that order."""
        found = Counter((one.source, one.target) for one in self.moves)
        return tuple((source, target, number) for (source, target), number in sorted(found.items()))


MOVES = f"""
SELECT m.student_id, s.name, c.name, m.target_number
FROM status_classmove m
JOIN students_student s ON s.id = m.student_id
JOIN students_enrolment e ON e.student_id = m.student_id AND e.id = m.enrolment_id AND e.state <> '{DECEASED}'
JOIN organisations_class c ON c.id = m.source_id
WHERE m.request_id = %s
ORDER BY c.number, m.target_number, s.pinyin, s.name, m.student_id
"""


def request_of(request_id: UUID) -> RequestView | None:
    """Return a request in the reader's scope; None where there is none."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"""SELECT {COLUMNS}, r.grade_id, r.note, r.reason, r.filed_by, r.opens, r.closes {FROM} WHERE r.id = %s""",
            [request_id],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(MOVES, [request_id])
        moves = cursor.fetchall()
    line = _line(row[:10])
    grade_id, note, reason, filed_by, opens, closes = row[10:]
    opens, closes = _read(opens), _read(closes)
    classes = classes_of_grade(grade_id, line.place)
    names = {number: one.name for number, one in classes.items()} | opens
    closed = {number for number, one in classes.items() if one.id in closes}
    return RequestView(
        line=line,
        note=note,
        reason=reason,
        filed_by=filed_by,
        opens=tuple(opens.values()),
        closes=tuple(names[number] for number in sorted(closed)),
        moves=tuple(
            Move(student, name, source, names.get(target, target), target)
            for student, name, source, target in moves
        ),
        counts=_counts_now(grade_id, line, {one[0]: one[3] for one in moves}, opens, closed)
        if line.state is RequestState.WITH_LEADER
        else (),
        names=names,
    )


def _counts_now(
    grade_id: int,
    line: RequestLine,
    moves: Mapping[UUID, str],
    opens: Collection[str],
    closes: Collection[str],
) -> tuple[ClassCount, ...]:
    seats = [one.seat for one in seats_of_grade(grade_id, line.place) if not one.is_hidden]
    classes = open_classes(grade_id, line.place)
    return counts(seats, moves, classes=classes, opens=opens, closes=closes)


@dataclass(frozen=True)
class Step:
    """One act on a request, from its history."""

    act: str
    office: int
    on: date
    reason: str


def history(request_id: UUID) -> list[Step]:
    """Return what was done with a request, oldest first."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT act, office, coalesce((after->>'on')::date, at::date), coalesce(after->>'reason', '')
               FROM audit_event WHERE subject_id = %s AND subject_kind = 'class_request' ORDER BY id""",
            [request_id],
        )
        return [Step(act.rpartition(".")[2], *rest) for act, *rest in cursor.fetchall()]


def _read(value: Any) -> Any:
    """Return JSON as a raw cursor gives it, text or already read."""
    return json.loads(value) if isinstance(value, str) else value
