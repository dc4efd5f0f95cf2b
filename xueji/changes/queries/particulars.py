"""What is known already of a child who enters a school, as the typed values of a roster.

From the record that is continued (the school before), else from the kindergarten's record;
the list that admits the child has the last word on name and number. Runs in the national
scope: the record lies where the child was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from xueji.access.scope import national
from xueji.changes.models import Admission, PreschoolRecord
from xueji.changes.rules.preschool import NUMBER
from xueji.changes.rules.roster_columns import FIELDS
from xueji.students.encryption import associated
from xueji.students.models import FamilyMember, Student

# What a pupil keeps from school to school: everything but what the enrolment says.
DETAILS: Final = frozenset(f.column.key for f in FIELDS if f.where == "details")
PRIVATE: Final = frozenset(f.column.key for f in FIELDS if f.where == "private")
MEMBER: Final = {n: frozenset(f.column.key for f in FIELDS if f.where == f"member{n}") for n in (1, 2)}


def particulars_of(admissions: Sequence[Admission], *, using: str) -> list[dict[str, str]]:
    """Return the values of each admitted pupil, in their order. A fixed number of queries."""
    ring = settings.XUEJI_KEY_RING
    known = of_students([a.student_id for a in admissions if a.student_id], using=using)
    new = [a for a in admissions if a.student_id is None]
    records = {
        (record.scheme, bytes(record.index)): record
        for record in PreschoolRecord.everywhere.using(using).filter(index__in=[bytes(a.index) for a in new])
    }
    found = []
    for admission in admissions:
        values: dict[str, str] = {}
        record = records.get((admission.scheme, bytes(admission.index)))
        if admission.student_id is not None:
            values = dict(known.get(admission.student_id, {}))
        elif record is not None and record.name == admission.name:
            values = {key: value for key, value in of_record(record).items() if key != NUMBER.key}
        number = ring.decrypt(bytes(admission.document), associated("identifier", bytes(admission.index)))
        values |= {
            "name": admission.name,
            "document_type": admission.document_type,
            "document_number": number,
        }
        if admission.entry_mode:
            values["entry_mode"] = admission.entry_mode
        found.append(values)
    return found


def of_record(record: PreschoolRecord) -> dict[str, str]:
    """Return what a kindergarten's record says, by columns of a roster."""
    text = settings.XUEJI_KEY_RING.decrypt(
        bytes(record.content), associated("preschool", bytes(record.index))
    )
    content: dict[str, str] = json.loads(text)
    return content


def kindergarten_of(record_id: UUID) -> str:
    """Return the kindergarten of the record that a pupil continues; empty when it is gone.

    The record lies with the authority that imported it, so that this looks at the nation: for
    a pupil whom the reader may see.
    """
    with national("preschool") as using:
        found = PreschoolRecord.everywhere.using(using).filter(id=record_id)
        return found.values_list("kindergarten", flat=True).first() or ""


def of_students(ids: Iterable[UUID], *, using: str) -> dict[UUID, dict[str, str]]:
    """Return what the records of these students say, by columns of a roster. Two queries."""
    wanted = list(ids)
    found = {s.id: of_student(s) for s in Student.everywhere.using(using).filter(pk__in=wanted)}
    for member in FamilyMember.everywhere.using(using).filter(student_id__in=wanted):
        found[member.student_id] |= of_member(member)
    return found


def of_student(student: Student) -> dict[str, str]:
    """Return what the record of a student says, family apart."""
    values = {
        "sex": student.sex,
        "birth_on": str(student.birth_on),
        "ethnicity": student.ethnicity,
        "nationality": student.nationality,
        "overseas": student.overseas,
        **_chosen(student.details, DETAILS),
        **_chosen(_opened(student.private, "student", student.id), PRIVATE),
    }
    return {key: value for key, value in values.items() if value}


def of_member(member: FamilyMember) -> dict[str, str]:
    """Return what is known of a member of the family."""
    prefix = f"member{member.ordinal}_"
    private = _opened(member.private, f"family{member.ordinal}", member.student_id)
    values = {f"{prefix}{key}": value for key, value in private.items()} | {
        f"{prefix}name": member.name,
        f"{prefix}relation": member.relation,
        f"{prefix}is_guardian": "1" if member.is_guardian else "0",
    }
    return _chosen(values, MEMBER.get(member.ordinal, frozenset()))


def _opened(blob: Any, column: str, student_id: UUID) -> dict[str, Any]:
    if blob is None:
        return {}
    content: dict[str, Any] = json.loads(
        settings.XUEJI_KEY_RING.decrypt(bytes(blob), associated(column, student_id.bytes))
    )
    return content


def _chosen(values: Mapping[str, Any], keys: frozenset[str]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if key in keys and value not in (None, "")}
