"""Finding pupils: by the beginning of a name, by number, state, grade and class.

Lists are paged by key: a page reads what it shows and the row after it, however many
pupils there are. Every condition is a range that an index and the row policies answer
together; LIKE, OFFSET and a count of everything would read the table.

A pupil who has died, or whose death was reported, is found only where all pupils are asked
for (`ANY`): no ordinary list, search or count shows the name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules.places import division_of, level_of, serial_of
from xueji.access.scope import Scope
from xueji.lib.id_numbers import has_shape
from xueji.students.encryption import associated
from xueji.students.rules.code_lists import ATTENDING
from xueji.students.rules.nationalities import NATIONALITIES
from xueji.students.rules.schemes import DOCUMENT_SCHEMES, NUMBER_SCHEME, SCHEMES_BY_COUNTRY
from xueji.students.rules.search_terms import Field, Kind, Term, after_prefix

PAGE = 50
MOST_COUNTED = 1000

# What `Question.state` may be besides a code of an open state.
OPEN, ENDED, ANY = "open", "ended", "any"


@dataclass(frozen=True)
class Key:
    """Where a page begins or ends: the rank of the column that was searched, its text, the pupil."""

    rank: int
    text: str
    id: UUID

    def encoded(self) -> str:
        """Return the key as text for an address."""
        plain = json.dumps([self.rank, self.text, self.id.hex], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> Key:
        """Return the key that `encoded` wrote. Raises ValueError for anything else."""
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            rank, key, id_ = json.loads(plain)
            if not isinstance(rank, int) or not isinstance(key, str) or "\0" in key or not 0 <= rank < 8:
                raise ValueError("not a key")
            return cls(rank, key, UUID(hex=id_))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not a key") from error


@dataclass(frozen=True)
class Question:
    """What is looked for: within `scope`, a term, a state of enrolment, a grade (1 to 12), a class.

    At most one of `after` and `before` is given.
    """

    scope: Scope
    term: Term | None = None
    state: str = OPEN
    grade: int | None = None
    class_id: int | None = None
    after: Key | None = None
    before: Key | None = None


@dataclass(frozen=True)
class Listed:
    """A pupil in a list. `number` is the student number in the clear: mask it before it is shown."""

    id: UUID
    name: str
    sex: str
    birth_on: date
    overseas: str
    document_type: str
    details: dict[str, Any]
    state: str
    ended_on: date | None
    class_id: int | None
    class_name: str
    class_number: str
    stage: str
    entry_year: int | None
    grade: int | None
    place: int
    school: str
    number: str


@dataclass(frozen=True)
class Found:
    """A page of pupils, and the keys of the pages beside it where there are any."""

    pupils: tuple[Listed, ...]
    before: Key | None
    after: Key | None


# The divisions of a range in which there are schools, by jumping through the index.
DIVISIONS = """
divisions (division) AS MATERIALIZED (
    WITH RECURSIVE d (division) AS (
        (SELECT place / 1000000 FROM organisations_school
         WHERE place >= %(lo)s AND place < %(hi)s ORDER BY place LIMIT 1)
        UNION ALL
        SELECT (SELECT place / 1000000 FROM organisations_school
                WHERE place >= (d.division + 1) * 1000000 AND place < %(hi)s ORDER BY place LIMIT 1)
        FROM d WHERE d.division IS NOT NULL
    ) SELECT division::integer FROM d WHERE division IS NOT NULL
)
"""

# Few enough to be read and sorted whole: a class, or those in another state than attending.
CHOSEN_BY_CLASS = """
chosen AS MATERIALIZED (
    SELECT student_id FROM students_enrolment WHERE class_of_id = %(class)s AND ended_on IS NULL
)
"""
CHOSEN_BY_STATE = """
chosen AS MATERIALIZED (
    SELECT student_id FROM students_enrolment
    WHERE place >= %(lo)s AND place < %(hi)s AND ended_on IS NULL AND state <> '01' AND state = %(state)s
)
"""
CHOSEN_BY_NUMBER = """
chosen AS MATERIALIZED (
    SELECT DISTINCT i.student_id FROM unnest(%(schemes)s::text[], %(indexes)s::bytea[]) AS w (scheme, index)
    JOIN students_identifier i ON i.scheme = w.scheme AND i.index = w.index
)
"""

OPEN_ENROLMENT = """
SELECT FROM students_enrolment e WHERE e.student_id = s.id AND e.ended_on IS NULL AND e.state <> '11'
"""
# As the last that is known: an enrolment that was restored later says that it was a mistake.
DECEASED = """
SELECT FROM students_enrolment d WHERE d.student_id = s.id AND d.state = '11' AND NOT EXISTS (
    SELECT FROM students_enrolment n WHERE n.student_id = s.id AND n.id <> d.id AND n.started_on >= d.ended_on)
"""
OPEN_ENROLMENT_IN_GRADE = """
SELECT FROM students_enrolment e
JOIN organisations_class c ON c.id = e.class_of_id
JOIN organisations_grade g ON g.id = c.grade_id
WHERE e.student_id = s.id AND e.ended_on IS NULL AND e.state <> '11' AND g.number = %(grade)s
"""

SHOWN = """
SELECT h.rank, h.key, s.id, s.name, s.sex, s.birth_on, s.overseas, s.document_type, s.details,
    e.state, e.ended_on, c.id, c.name, c.number, e.stage, e.entry_year, g.number, s.place, o.name,
    i.index, i.value
FROM hits h
JOIN students_student s ON s.id = h.id
LEFT JOIN LATERAL (
    SELECT e.state, e.ended_on, e.class_of_id, e.stage, e.entry_year FROM students_enrolment e
    WHERE e.student_id = s.id ORDER BY e.ended_on DESC NULLS FIRST LIMIT 1
) e ON true
LEFT JOIN organisations_class c ON c.id = e.class_of_id
LEFT JOIN organisations_grade g ON g.id = c.grade_id
LEFT JOIN organisations_organisation o ON o.place = s.place
LEFT JOIN LATERAL (
    SELECT i.index, i.value FROM students_identifier i
    WHERE i.student_id = s.id AND i.scheme = 'S' AND i.until IS NULL LIMIT 1
) i ON true
ORDER BY h.rank {order}, h.key {order}, h.id {order}
"""

# The planner takes the division and the range of places in the row policy, which say the same, for two
# conditions of which each leaves few: it expects a handful of pupils and would rather sort the whole county
# than walk its index of names to the end of the page.
WALKING = "SET LOCAL enable_sort = off; {statement}; SET LOCAL enable_sort = on"


def _walks_by_division(question: Question) -> bool:
    """Return whether a page is read off an index that begins with the division, in its order."""
    lo = question.scope.lo
    by_division = lo != 0 and not serial_of(lo)
    return by_division and question.state != ENDED and not _is_chosen(question)


def _is_chosen(question: Question) -> bool:
    """Return whether few are chosen first, by number, class or rare state, and sorted whole."""
    is_number = question.term is not None and question.term.kind is Kind.NUMBER
    return is_number or question.class_id is not None or question.state not in (OPEN, ENDED, ANY, ATTENDING)


def find(question: Question, *, page: int = PAGE) -> Found:
    """Return one page of the pupils that are looked for, in order of name (of pinyin where letters were typed).

    One statement. A number is looked for in every scheme and whatever the state of the
    enrolment; a former number finds its pupil, too.
    """
    backwards = question.before is not None
    hits, known = _hits(question, limit=page + 1)
    order = "DESC" if backwards else "ASC"
    statement = hits + SHOWN.format(order=order)
    with connections["default"].cursor() as cursor:
        if _walks_by_division(question):
            cursor.execute(WALKING.format(statement=statement), known)
            cursor.nextset()
        else:
            cursor.execute(statement, known)
        rows = cursor.fetchall()
    more = len(rows) > page
    rows = rows[:page]
    if backwards:
        rows.reverse()
    if not rows:
        return Found((), None, None)
    first, last = (Key(row[0], row[1], row[2]) for row in (rows[0], rows[-1]))
    return Found(
        pupils=tuple(_listed(row) for row in rows),
        before=first if (more if backwards else question.after is not None) else None,
        after=last if (backwards or more) else None,
    )


def count(question: Question) -> int:
    """Return how many pupils are looked for, exactly up to MOST_COUNTED and MOST_COUNTED + 1 beyond.

    Without a term the head counts answer, exactly and at once.
    """
    if question.term is None and question.state not in (ENDED, ANY):
        return _headcount(question)
    hits, known = _hits(question, limit=MOST_COUNTED + 1, ordered=False)
    with connections["default"].cursor() as cursor:
        cursor.execute(hits + "SELECT count(*) FROM hits", known)
        (number,) = cursor.fetchone()
    return int(number)


def _headcount(question: Question) -> int:
    known: dict[str, Any] = {
        "lo": question.scope.lo,
        "hi": question.scope.hi,
        "state": question.state,
        "class": question.class_id,
        "grade": question.grade,
    }
    where = ["h.place >= %(lo)s AND h.place < %(hi)s AND h.state <> '11'"]
    if question.state != OPEN:
        where.append("h.state = %(state)s")
    if question.class_id is not None:
        where.append("h.class_of_id = %(class)s")
    join = ""
    if question.grade is not None:
        join = "JOIN organisations_class c ON c.id = h.class_of_id JOIN organisations_grade g ON g.id = c.grade_id"
        where.append("g.number = %(grade)s")
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(h.count), 0) FROM students_headcount h {join} WHERE {' AND '.join(where)}",
            known,
        )
        (number,) = cursor.fetchone()
    return int(number)


def _hits(question: Question, *, limit: int, ordered: bool = True) -> tuple[str, dict[str, Any]]:
    """Return the beginning of a statement that defines `hits` (rank, key, id), and its values."""
    scope, term = question.scope, question.term
    known: dict[str, Any] = {
        "lo": scope.lo,
        "hi": scope.hi,
        "limit": limit,
        "state": question.state,
        "grade": question.grade,
        "class": question.class_id,
    }
    ctes = []
    state = question.state
    if term is not None and term.kind is Kind.NUMBER:
        pairs = indexes_of(term.text)
        known["schemes"], known["indexes"] = [s for s, _ in pairs], [i for _, i in pairs]
        ctes.append(CHOSEN_BY_NUMBER)
        state = ANY
    elif question.class_id is not None:
        ctes.append(CHOSEN_BY_CLASS)
    elif state not in (OPEN, ENDED, ANY, ATTENDING):
        ctes.append(CHOSEN_BY_STATE)
    is_chosen = _is_chosen(question)

    source = "students_student s"
    where = []
    if is_chosen:
        source = "chosen JOIN students_student s ON s.id = chosen.student_id"
    if state in (ENDED, ANY) and question.state != ANY:
        where.append(f"NOT EXISTS ({DECEASED})")
    if state == ENDED:
        where.append(f"NOT EXISTS ({OPEN_ENROLMENT})")
    elif state != ANY:
        # LIMIT 1 keeps the planner walking the index of names and asking for each pupil, as few
        # are turned away; a join it would rather do for all, and sort them.
        asked = OPEN_ENROLMENT
        if question.grade is not None:
            asked = OPEN_ENROLMENT_IN_GRADE
        if state != OPEN:
            asked += " AND e.state = %(state)s"
        source += f" CROSS JOIN LATERAL ({asked} LIMIT 1) AS enrolled"

    lateral = ""
    if is_chosen or scope.lo == 0:
        where.append("s.place >= %(lo)s AND s.place < %(hi)s")
    elif serial_of(scope.lo):
        where.append("s.place = %(lo)s")
    elif level_of(scope.lo) == "county":
        known["division"] = int(division_of(scope.lo))
        where.append("s.division = %(division)s")
    else:
        ctes.append(DIVISIONS)
        lateral = "divisions d CROSS JOIN LATERAL"
        where.append("s.division = d.division")

    fields: Sequence[Field] = (Field.NAME,)
    if term is not None and term.kind is not Kind.NUMBER:
        fields = term.fields
        known["from"], known["to"] = term.text, after_prefix(term.text)
    else:
        term = None
    branches = [
        _branch(question, rank, column, fields, term, source, where, known, lateral, ordered)
        for rank, column in enumerate(fields)
    ]
    order = "DESC" if question.before is not None else "ASC"
    union = " UNION ALL ".join(f"({branch})" for branch in branches if branch) or (
        "SELECT 0 AS rank, '' AS key, id FROM students_student WHERE false"
    )
    by = f" ORDER BY rank {order}, key {order}, id {order}" if ordered else ""
    ctes.append(f"hits AS MATERIALIZED (SELECT rank, key, id FROM ({union}) AS found{by} LIMIT %(limit)s)")
    return "WITH " + ", ".join(ctes), known


def _branch(
    question: Question,
    rank: int,
    column: Field,
    fields: Sequence[Field],
    term: Term | None,
    source: str,
    where: list[str],
    known: dict[str, Any],
    lateral: str,
    ordered: bool,
) -> str:
    """Return the statement that looks in one column, or nothing when the page is past that column."""
    conditions = list(where)
    if term is not None:
        conditions.append(f"s.{column} >= %(from)s AND s.{column} < %(to)s")
        # Who was found in an earlier column is not found again.
        conditions += [f"NOT (s.{f} >= %(from)s AND s.{f} < %(to)s)" for f in fields[:rank]]
    key, order = question.before or question.after, "DESC" if question.before else "ASC"
    if key is not None:
        passed = rank > key.rank if question.before else rank < key.rank
        if passed:
            return ""
        if rank == key.rank:
            known["key"], known["id"] = key.text, key.id
            sign = "<" if question.before else ">"
            # The comparison of the column alone is what an index range can use of a comparison of rows.
            conditions.append(f"s.{column} {sign}= %(key)s AND (s.{column}, s.id) {sign} (%(key)s, %(id)s)")
    by = f" ORDER BY s.{column} {order}, s.id {order}" if ordered else ""
    branch = (
        f"SELECT {rank} AS rank, s.{column} AS key, s.id FROM {source}"
        f" WHERE {' AND '.join(conditions)}{by} LIMIT %(limit)s"
    )
    if not lateral:
        return branch
    return f"SELECT one.rank, one.key, one.id FROM {lateral} ({branch}) AS one"


MATCH: Final = f"""
SELECT s.id FROM unnest(%s::text[], %s::bytea[]) AS w (scheme, index)
JOIN students_identifier i ON i.scheme = w.scheme AND i.index = w.index
JOIN students_student s ON s.id = i.student_id
WHERE s.name = %s AND NOT EXISTS ({DECEASED})
LIMIT 1
"""


def matched(pairs: Sequence[tuple[str, bytes]], name: str, using: str) -> UUID | None:
    """Return the living pupil who has one of these numbers and exactly this name; None of anybody else.

    To be called in the national role. Nobody, and somebody of another name, take the same way.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(MATCH, [[scheme for scheme, _ in pairs], [index for _, index in pairs], name])
        row = cursor.fetchone()
    return row[0] if row else None


def indexes_of(number: str) -> list[tuple[str, bytes]]:
    """Return (scheme, blind index) for everything that a number as typed can be."""
    ring = settings.XUEJI_KEY_RING
    found = [(scheme, ring.blind_index(scheme, number)) for scheme in (NUMBER_SCHEME, *DOCUMENT_SCHEMES)]
    if has_shape(number) or has_shape(number[1:]):
        return found
    with_country = [f"{row.code}|{number}" for row in NATIONALITIES.rows]
    for scheme in SCHEMES_BY_COUNTRY:
        found += [(scheme, index) for index in ring.blind_indexes(scheme, [*with_country, f"|{number}"])]
    return found


def _listed(row: tuple[Any, ...]) -> Listed:
    (
        _rank,
        _key,
        id_,
        name,
        sex,
        birth_on,
        overseas,
        document_type,
        details,
        state,
        ended_on,
        class_id,
        class_name,
        class_number,
        stage,
        entry_year,
        grade,
        place,
        school,
        index,
        value,
    ) = row
    number = ""
    if value is not None:
        number = settings.XUEJI_KEY_RING.decrypt(value, associated("identifier", bytes(index)))
    return Listed(
        id=id_,
        name=name,
        sex=sex,
        birth_on=birth_on,
        overseas=overseas,
        document_type=document_type,
        details=json.loads(details) if isinstance(details, str) else details,
        state=state or "",
        ended_on=ended_on,
        class_id=class_id,
        class_name=class_name or "",
        class_number=class_number or "",
        stage=stage or "",
        entry_year=entry_year,
        grade=grade,
        place=place,
        school=school or "",
        number=number,
    )
