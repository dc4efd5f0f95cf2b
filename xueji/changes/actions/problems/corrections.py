"""What a settled problem record changes: a pupil's name or number, an enrolment that ends.

All of it runs inside the transaction of the verb that settles, in the national role.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from xueji.access.rules.places import division_of
from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.changes.actions import staging
from xueji.changes.actions.registration import is_resident_number, reserve
from xueji.changes.encryption import unseal
from xueji.changes.models import Case
from xueji.changes.queries.findings import Told, of_checked
from xueji.changes.queries.problems import Record
from xueji.changes.rules import roster_checks
from xueji.changes.rules.problem_records import (
    CANCELLED_REASON,
    CANCELLED_STATE,
    CORRECTABLE,
    NUMBER_WAS_OWN,
)
from xueji.changes.rules.roster_files import from_values
from xueji.changes.rules.roster_findings import BY_CODE, PROBLEM_OF, REJECTING
from xueji.lib import masks, names
from xueji.lib.errors import Refused
from xueji.organisations.models import School
from xueji.organisations.queries import known_division_codes
from xueji.students.encryption import associated
from xueji.students.models import Identifier, Student
from xueji.students.rules.numbers import Applicant
from xueji.students.rules.schemes import DISPUTED_SCHEME, NUMBER_SCHEME


class CorrectionFails(Refused):
    """What is proposed does not pass the checks; `findings` says cell by cell why."""

    code = "correction-fails"

    def __init__(self, findings: Collection[Told]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            "按此信息重新检查仍未通过：" + "".join(f.message_zh for f in self.findings),
            "Checked again, this still does not pass: " + " ".join(f.message_en for f in self.findings),
        )


class NumberHeld(Refused):
    code = "number-held"


class PupilMoved(Refused):
    code = "pupil-moved"


@dataclass(frozen=True)
class Identity:
    """A pupil's identity after a correction, checked.

    `collides`: the kind of problem where another record has this number, or is equal
    without one; empty where none is.
    """

    name: str
    sex: str
    birth_on: date
    document_type: str
    document_number: str
    nationality: str
    scheme: str
    index: bytes
    collides: str = ""


# Who else has this number, waits for it, or is equal without one.
OTHERWISE = """
SELECT 'to-be-checked' FROM students_identifier
WHERE scheme = %(scheme)s AND index = %(index)s AND student_id <> %(student)s
UNION ALL
SELECT 'to-be-checked' FROM changes_rosterclaim
WHERE scheme = %(scheme)s AND index = %(index)s AND %(scheme)s <> 'U'
UNION ALL
SELECT 'same-person-suspected' FROM students_student
WHERE birth_on = %(birth_on)s AND name = %(name)s AND sex = %(sex)s AND id <> %(student)s
    AND (%(scheme)s = 'U' OR document_type = 'Z')
LIMIT 1
"""


def corrected_identity(
    found: Record, proposal: Mapping[str, str], *, student_id: UUID, case: Case, today: date, using: str
) -> Identity:
    """Return a pupil's identity with the proposal laid over it, checked from the start. Raises CorrectionFails.

    Where it collides with another record the correction stands, and the next problem record
    has to be opened; unless it is the number that `case` is about already.
    """
    present = {key: found.values[key] for key in CORRECTABLE if key in found.values}
    checked = roster_checks.check(
        from_values([present | dict(proposal)]).frame,
        school=roster_checks.School("", {}),
        today=today,
        divisions=known_division_codes(),
        layout="short",
    )
    faults = [
        told
        for told in of_checked(checked)
        if told.key in CORRECTABLE and BY_CODE[told.code].severity in REJECTING
    ]
    if faults:
        raise CorrectionFails(faults)
    rows = checked.rows.with_columns(staging.blind_indexes(checked.rows))
    row = rows.row(0, named=True)
    identity = Identity(
        name=row["name"],
        sex=row["sex_final"],
        birth_on=row["birth"],
        document_type=row["code_document_type"],
        document_number=row["document_number"] or "",
        nationality=row["code_nationality"],
        scheme=row["scheme"],
        index=row["index"],
    )
    with connections[using].cursor() as cursor:
        cursor.execute(
            OTHERWISE,
            {
                "scheme": identity.scheme,
                "index": identity.index,
                "student": student_id,
                "birth_on": identity.birth_on,
                "name": identity.name,
                "sex": identity.sex,
            },
        )
        other = cursor.fetchone()
    if other is None:
        return identity
    payload = unseal(case.payload, case.id)
    if (identity.scheme, identity.index.hex()) == (payload.get("scheme"), payload.get("index")):
        raise CorrectionFails(of_checked(_only(checked, other[0], has_number=bool(identity.document_number))))
    return replace(identity, collides=PROBLEM_OF[other[0]])


def _only(checked: roster_checks.Checked, code: str, *, has_number: bool) -> roster_checks.Checked:
    """Return a checked roster whose only finding is what the nation said."""
    finding = {
        "row": checked.rows["row"],
        "column": ["document_number" if has_number else "name"],
        "code": [code],
        "params": ["{}"],
    }
    return roster_checks.Checked(
        rows=checked.rows, findings=pl.DataFrame(finding, schema=roster_checks.FINDING_SCHEMA)
    )


def correct_student(
    student_id: UUID, identity: Identity, *, case: Case, by: Actor, today: date, using: str
) -> None:
    """Give a pupil the corrected identity. A number that never was this person's is taken from the record.

    A number that the police replaced stays as an alias; a mistyped one has to be free for
    the person it belongs to, so it goes, and with it a student number made of it. The event
    keeps its blind index. A new number that another record has is kept as a disputed one,
    with a provisional student number. Raises NumberHeld.
    """
    identity = without_claim(identity, student_id)
    student = locked_student(student_id, using)
    before = {key: str(getattr(student, key)) for key in CORRECTABLE if key != "document_number"}
    student.name, student.sex, student.birth_on = identity.name, identity.sex, identity.birth_on
    student.document_type, student.nationality = identity.document_type, identity.nationality
    (student.pinyin,), (student.initials,) = (
        names.pinyin_many([identity.name]),
        names.initials_many([identity.name]),
    )
    student.version += 1
    student.save(
        using=using,
        update_fields=[
            *(key for key in CORRECTABLE if key != "document_number"),
            "pinyin",
            "initials",
            "version",
        ],
    )
    kept = _documents(student_id, using)
    unchanged = [one for one in kept if (one.scheme, bytes(one.index)) == (identity.scheme, identity.index)]
    old_masked, _ = _shown(kept)
    if not unchanged:
        for old in kept:
            if case.problem in NUMBER_WAS_OWN:
                old.until = today
                old.save(using=using, update_fields=["until"])
            else:
                release(old, student=student, by=by, using=using)
        if identity.document_number:
            hold(identity.scheme, identity.index, identity.document_number, student, today, using)
        is_resident = is_resident_number(identity.scheme, identity.document_number)
        number = identity.document_number if is_resident else None
        renumber(student, number, today, using, is_disputed=bool(identity.collides))
    after = {key: str(getattr(student, key)) for key in CORRECTABLE if key != "document_number"}
    before["document_number"] = old_masked
    after["document_number"] = masks.document(identity.document_number)
    changed = [
        key
        for key in CORRECTABLE
        if before[key] != after[key] or (key == "document_number" and not unchanged)
    ]
    record(
        "problem.correct",
        by=by.account_id,
        office=by.place,
        subject_kind="student",
        subject_id=student_id,
        place=student.place,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed} | {"problem": case.problem},
        using=using,
    )


def without_claim(identity: Identity, student_id: UUID) -> Identity:
    """Return an identity whose number another record has, so that it claims the number no longer."""
    if not identity.collides or not identity.document_number:
        return identity
    text = f"{identity.document_number}|{student_id}"
    index = settings.XUEJI_KEY_RING.blind_index(DISPUTED_SCHEME, text)
    return replace(identity, scheme=DISPUTED_SCHEME, index=index)


def locked_student(student_id: UUID, using: str) -> Student:
    """Return the student, locked until commit."""
    student: Student = Student.everywhere.using(using).select_for_update().get(pk=student_id)
    return student


def _documents(student_id: UUID, using: str) -> list[Identifier]:
    """Return the documents in force of a student: every number but the student number."""
    return list(
        Identifier.everywhere.using(using)
        .filter(student_id=student_id, until__isnull=True)
        .exclude(scheme=NUMBER_SCHEME)
    )


def value_of(identifier: Identifier) -> str:
    """Return the number of an identifier."""
    text: str = settings.XUEJI_KEY_RING.decrypt(
        identifier.value, associated("identifier", bytes(identifier.index))
    )
    return text


def _shown(identifiers: list[Identifier]) -> tuple[str, list[str]]:
    """Return the numbers masked, as one text and one by one."""
    each = [masks.document(value_of(one)) for one in identifiers]
    return "、".join(each), each


def release(identifier: Identifier, *, student: Student, by: Actor, using: str) -> None:
    """Take a number that never was this person's from the record, with the student number made of it."""
    ring = settings.XUEJI_KEY_RING
    value = value_of(identifier)
    derived = ring.blind_index(NUMBER_SCHEME, f"G{value}")
    gone = [
        identifier,
        *Identifier.everywhere.using(using).filter(
            scheme=NUMBER_SCHEME, index=derived, student_id=student.pk
        ),
    ]
    record(
        "problem.release",
        by=by.account_id,
        office=by.place,
        subject_kind="student",
        subject_id=student.pk,
        place=student.place,
        before={
            "numbers": [
                {
                    "scheme": one.scheme,
                    "index": bytes(one.index).hex(),
                    "number": masks.student_number(value_of(one))
                    if one.scheme == NUMBER_SCHEME
                    else masks.document(value),
                    "since": str(one.since),
                }
                for one in gone
            ]
        },
        using=using,
    )
    for one in gone:
        Identifier.everywhere.using(using).filter(
            scheme=one.scheme, index=bytes(one.index), student_id=student.pk
        ).delete()


def hold(scheme: str, index: bytes, value: str, student: Student, today: date, using: str) -> None:
    """Write a number for a student; a former one of the same student comes back. Raises NumberHeld."""
    blob = settings.XUEJI_KEY_RING.encrypt(value, associated("identifier", index))
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO students_identifier AS i (scheme, index, student_id, place, value, since)
               VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (scheme, index) DO UPDATE SET until = NULL
               WHERE i.student_id = EXCLUDED.student_id RETURNING student_id""",
            [scheme, index, student.pk, student.place, blob, today],
        )
        if cursor.fetchone() is None:
            raise NumberHeld(
                "该号码刚刚登记在另一份学籍中，请刷新后重新处理。",
                "This number has just been entered in another record; reload and look again.",
            )


def renumber(
    student: Student, resident_number: str | None, today: date, using: str, *, is_disputed: bool = False
) -> None:
    """Give a student number to a student who has none left; a provisional one for a disputed document."""
    numbers = Identifier.everywhere.using(using).filter(
        student_id=student.pk, scheme=NUMBER_SCHEME, until__isnull=True
    )
    if numbers.exists():
        return
    applicant = Applicant(resident_number, is_disputed, division_of(student.place), student.birth_on)
    generate = import_string(settings.XUEJI_NUMBER_GENERATOR)
    with connections[using].cursor() as cursor:
        (number,) = generate([applicant], lambda wanted: reserve(cursor, wanted))
    index = settings.XUEJI_KEY_RING.blind_index(NUMBER_SCHEME, number)
    hold(NUMBER_SCHEME, index, number, student, today, using)


CANCEL = """
WITH ended AS (
    SELECT student_id, id, class_of_id, state, place FROM students_enrolment
    WHERE student_id = %(student)s AND ended_on IS NULL FOR UPDATE
), changed AS (
    UPDATE students_enrolment e SET state = %(state)s, end_reason = %(reason)s, version = e.version + 1,
        ended_on = greatest(%(today)s, e.started_on)
    FROM ended WHERE e.student_id = ended.student_id AND e.id = ended.id
), counted AS (
    UPDATE students_headcount h SET count = h.count - 1
    FROM ended WHERE h.class_of_id = ended.class_of_id AND h.state = ended.state
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, before, after)
    SELECT student_id, 'problem.cancel', 'student', %(account)s, %(office)s, place,
        jsonb_build_object('enrolment', id, 'state', state),
        jsonb_build_object('state', %(state)s::text, 'end_reason', %(reason)s::text, 'problem', %(problem)s::text)
    FROM ended
)
SELECT count(*) FROM ended
"""


def cancel_enrolment(student_id: UUID, *, case: Case, by: Actor, today: date, using: str) -> None:
    """End the open enrolment of a pupil who is not there. Without an open one nothing is done."""
    locked_student(student_id, using)
    with connections[using].cursor() as cursor:
        cursor.execute(
            CANCEL,
            {
                "student": student_id,
                "state": CANCELLED_STATE,
                "reason": CANCELLED_REASON,
                "today": today,
                "account": by.account_id,
                "office": by.place,
                "problem": case.problem,
            },
        )


def require_still_at(found: Record, place: int) -> None:
    """Raise PupilMoved when the record has gone to another school since the case was opened."""
    if found.place != place:
        raise PupilMoved(
            "该生的学籍已不在说明情况的学校，请退回后重新核查。",
            "The pupil's record is no longer at the school that stated; return the case and look again.",
        )


def school_at(place: int, using: str) -> School:
    """Return the school at a place, with its organisation."""
    school: School = School.objects.using(using).select_related("organisation").get(place=place)
    return school
