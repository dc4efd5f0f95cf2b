"""Makes ready what a change needs: numbers indexed and encrypted, particulars encrypted anew, a look at the nation.

Runs in the national role. Asks nothing where a change needs nothing.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from xueji.access.rules.places import division_of
from xueji.changes.actions.registration import reserve
from xueji.lib import id_numbers
from xueji.status.rules.facts import (
    Facts,
    IdentifierFacts,
    MemberFacts,
    PlacementFacts,
    Ready,
    ReadyNumber,
    SealedRecord,
)
from xueji.status.rules.needs import Needs, Number, Particular, Person
from xueji.students.encryption import associated
from xueji.students.rules.numbers import Applicant
from xueji.students.rules.schemes import NUMBER_SCHEME

NOTHING = Needs()

# Another record has the number, or a roster on its way to registration waits for it.
TAKEN = """
SELECT EXISTS (SELECT 1 FROM students_identifier WHERE scheme = %(scheme)s AND index = %(index)s
        AND student_id <> %(student)s)
    OR EXISTS (SELECT 1 FROM changes_rosterclaim WHERE scheme = %(scheme)s AND index = %(index)s)
"""

# Equal in name, sex and birth date, and one of the two has no number that tells them apart.
DOUBLE = """
SELECT EXISTS (SELECT 1 FROM students_student WHERE birth_on = %(birth_on)s AND name = %(name)s AND sex = %(sex)s
    AND id <> %(student)s AND (NOT %(has_number)s OR document_type = 'Z'))
"""


def ready_for(needs: Needs, facts: Facts, *, using: str) -> Ready:
    """Return what a change needs, made ready."""
    if needs == NOTHING:
        return Ready()
    identifiers = identifiers_of(facts.student_id, using) if needs.identifiers or needs.numbers else ()
    numbers = tuple(_number(one, facts, identifiers, using) for one in needs.numbers)
    formal = _formal(needs.formal_for, facts, identifiers, using) if needs.formal_for else None
    return Ready(
        identifiers=identifiers,
        numbers=numbers,
        formal=formal,
        has_double=_has_double(needs.person, facts.student_id, using) if needs.person else False,
        members=_members(facts.student_id, using) if needs.family else {},
        sealed=_sealed(needs.particulars, facts.student_id, using) if needs.particulars else {},
        placement=_placement(facts.student_id, using) if needs.placement else None,
    )


def identifiers_of(student_id: UUID, using: str) -> tuple[IdentifierFacts, ...]:
    """Return every number a pupil is or was known by, the oldest first, without the values."""
    ring = settings.XUEJI_KEY_RING
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT scheme, index, value, since, until FROM students_identifier WHERE student_id = %s
               ORDER BY since, scheme, index""",
            [student_id],
        )
        rows = cursor.fetchall()
    found = []
    for scheme, index, value, since, until in rows:
        text = ring.decrypt(value, associated("identifier", bytes(index)))
        letter = text[:1] if scheme == NUMBER_SCHEME else ""
        speaks = not letter and id_numbers.has_shape(text)
        found.append(
            IdentifierFacts(
                scheme,
                bytes(index),
                since,
                until,
                letter,
                id_numbers.birth_on(text) if speaks else None,
                id_numbers.sex(text) if speaks else "",
            )
        )
    return tuple(found)


def _number(
    wanted: Number, facts: Facts, identifiers: tuple[IdentifierFacts, ...], using: str
) -> ReadyNumber:
    ring = settings.XUEJI_KEY_RING
    index: bytes = ring.blind_index(wanted.scheme, wanted.text)
    with connections[using].cursor() as cursor:
        cursor.execute(TAKEN, {"scheme": wanted.scheme, "index": index, "student": facts.student_id})
        (is_taken,) = cursor.fetchone()
    return ReadyNumber(
        wanted.scheme,
        index,
        ring.encrypt(wanted.value, associated("identifier", index)),
        is_taken,
        next((one for one in identifiers if (one.scheme, one.index) == (wanted.scheme, index)), None),
    )


def _formal(resident: str, facts: Facts, identifiers: tuple[IdentifierFacts, ...], using: str) -> ReadyNumber:
    """Return the formal student number of a resident number, by the national service."""
    applicant = Applicant(resident, False, division_of(facts.school.place), facts.birth_on)
    with connections[using].cursor() as cursor:
        (number,) = import_string(settings.XUEJI_NUMBER_GENERATOR)(
            [applicant], lambda wanted: reserve(cursor, wanted)
        )
    return _number(Number(NUMBER_SCHEME, str(number), str(number)), facts, identifiers, using)


def _has_double(person: Person, student_id: UUID, using: str) -> bool:
    with connections[using].cursor() as cursor:
        cursor.execute(
            DOUBLE,
            {
                "birth_on": person.birth_on,
                "name": person.name,
                "sex": person.sex,
                "has_number": person.has_number,
                "student": student_id,
            },
        )
        return bool(cursor.fetchone()[0])


def _sealed(particulars: tuple[Particular, ...], student_id: UUID, using: str) -> dict[str, SealedRecord]:
    """Return each record that particulars belong to, by name, with those values laid over it, be it there or not."""
    ring = settings.XUEJI_KEY_RING
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT 'student', private FROM students_student WHERE id = %s
               UNION ALL SELECT 'family' || ordinal, private FROM students_familymember WHERE student_id = %s""",
            [student_id, student_id],
        )
        kept = {record: bytes(blob) if blob is not None else None for record, blob in cursor.fetchall()}
    found = {}
    for record in dict.fromkeys(one.record for one in particulars):
        before, key = kept.get(record), associated(record, student_id)
        content: dict[str, Any] = json.loads(ring.decrypt(before, key)) if before is not None else {}
        said = {one.key: one.value for one in particulars if one.record == record}
        laid = {name: value for name, value in {**content, **said}.items() if said.get(name, value) != ""}
        text = json.dumps(laid, ensure_ascii=False)
        same = before is not None and laid == content
        found[record] = SealedRecord(
            record, before, before if same and before is not None else ring.encrypt(text, key)
        )
    return found


def _members(student_id: UUID, using: str) -> dict[int, MemberFacts]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT ordinal, name, relation, is_guardian FROM students_familymember WHERE student_id = %s",
            [student_id],
        )
        return {row[0]: MemberFacts(*row[1:]) for row in cursor.fetchall()}


def _placement(student_id: UUID, using: str) -> PlacementFacts | None:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT id, place, school_place, since FROM status_placement WHERE student_id = %s AND until IS NULL",
            [student_id],
        )
        row = cursor.fetchone()
    return PlacementFacts(*row) if row else None
