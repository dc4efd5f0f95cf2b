"""A provisional student number (L, J) becomes the formal one when there is a resident number to stand behind it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from xueji.access.rules.places import division_of
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions.registration import reserve
from xueji.lib import id_numbers, masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import known_division_codes
from xueji.students.encryption import associated
from xueji.students.models import Identifier, Student
from xueji.students.rules.numbers import Applicant
from xueji.students.rules.schemes import NUMBER_SCHEME

RESIDENT_SCHEME = "R"
IDENTITY_CARD = "1"
FORMAL = "G"


class NoSuchPupil(Refused):
    code = "not-found"


class AlreadyFormal(Refused):
    code = "already-formal"


class DocumentMissing(Refused):
    code = "document-missing"


class DocumentUnfit(Refused):
    code = "document-unfit"


class NumberHeld(Refused):
    code = "number-held"


UNFIT = {
    "id-length": ("应为 18 位", "it has eighteen characters"),
    "id-check-digit": ("校验位不对", "its check digit does not fit"),
    "id-division": ("前六位不是任何行政区划", "its first six digits are no division"),
    "birth-impossible": ("其中的出生日期不存在", "the date inside it does not exist"),
}


def upgrade_number(
    student_id: UUID, *, document_number: str = "", evidence: str = "", by: Actor, today: date
) -> str:
    """Give a pupil with an L or J number the G number, and return it; the old number stays as an alias.

    Without `document_number` the resident number on record counts, which a dispute kept
    from being used. `evidence` names the paper that was seen. One transaction in the
    national role, as the number must be nobody else's anywhere; repeating it is AlreadyFormal.
    Raises NoSuchPupil, AlreadyFormal, DocumentMissing, DocumentUnfit, NumberHeld.
    """
    ring = settings.XUEJI_KEY_RING
    with national("numbers.upgrade") as using:
        student = Student.everywhere.using(using).select_for_update().filter(pk=student_id).first()
        if student is None or student.place not in by.scope:
            raise NoSuchPupil(
                "没有这名学生，请从学生列表重新进入。", "There is no such pupil; open the list again."
            )
        by.require("numbers.upgrade", student.place)
        held = {
            kept: ring.decrypt(kept.value, associated("identifier", bytes(kept.index)))
            for kept in Identifier.everywhere.using(using).filter(student_id=student_id, until__isnull=True)
        }
        provisional = next((kept for kept in held if kept.scheme == NUMBER_SCHEME), None)
        if provisional is not None and held[provisional].startswith(FORMAL):
            raise AlreadyFormal(
                "该学生已是正式学籍号，无需再转。",
                "This pupil has the formal number already; nothing is to be done.",
            )
        number = id_numbers.normalised(document_number) or next(
            (value for kept, value in held.items() if kept.scheme == RESIDENT_SCHEME), ""
        )
        require_fit(number, student)
        applicant = Applicant(number, False, division_of(student.place), student.birth_on)
        with connections[using].cursor() as cursor:
            generate = import_string(settings.XUEJI_NUMBER_GENERATOR)
            (formal,) = generate([applicant], lambda wanted: reserve(cursor, wanted))
            for scheme, value in ((RESIDENT_SCHEME, number), (NUMBER_SCHEME, formal)):
                take(cursor, scheme, value, student=student, today=today)
            cursor.execute(
                """UPDATE students_identifier SET until = %s WHERE student_id = %s AND until IS NULL
                   AND NOT (scheme = %s AND index = %s) AND NOT (scheme = %s AND index = %s)""",
                [
                    today,
                    student_id,
                    RESIDENT_SCHEME,
                    ring.blind_index(RESIDENT_SCHEME, number),
                    NUMBER_SCHEME,
                    ring.blind_index(NUMBER_SCHEME, formal),
                ],
            )
            cursor.execute(
                "UPDATE students_student SET document_type = %s, version = version + 1 WHERE id = %s",
                [IDENTITY_CARD, student_id],
            )
        before = masks.student_number(held[provisional]) if provisional else None
        record(
            "number.upgrade",
            by=by.account_id,
            office=by.place,
            subject_kind="student",
            subject_id=student_id,
            place=student.place,
            before={"number": before},
            after={"number": masks.student_number(str(formal)), "evidence": evidence.strip()[:100]},
            using=using,
        )
    return str(formal)


def require_fit(number: str, student: Student) -> None:
    """Raise unless the number is a resident number by its own digits and this pupil's birth date and sex."""
    if not number:
        raise DocumentMissing(
            "该学生没有登记居民身份证号，请填写后再转。",
            "No resident number is on record for this pupil; fill it in first.",
        )
    problems = id_numbers.problems(number, divisions=known_division_codes())
    if problems:
        zh, en = UNFIT[problems[0]]
        raise DocumentUnfit(
            f"身份证件号{zh}，请对照户口簿或身份证核对。",
            f"This is no resident number: {en}. Compare it with the household register or the card.",
        )
    if id_numbers.kind(number) is not id_numbers.Kind.RESIDENT:
        raise DocumentUnfit(
            "只有居民身份证号可以转为正式学籍号；居住证和永久居留身份证的号码不可以。",
            "Only a resident number leads to the formal number; numbers of permits and residence cards do not.",
        )
    if id_numbers.birth_on(number) != student.birth_on or id_numbers.sex(number) != student.sex:
        raise DocumentUnfit(
            "身份证件号中的出生日期或性别与该学生的记录不一致，请核对号码；记录有误的，先办理信息更正。",
            "Birth date or sex in this number differ from the pupil's record; check the number, or have the record corrected first.",
        )


def take(cursor: Any, scheme: str, value: str, *, student: Student, today: date) -> None:
    """Write a number for the pupil. Raises NumberHeld when it is somebody else's, never saying whose."""
    ring = settings.XUEJI_KEY_RING
    index = ring.blind_index(scheme, value)
    cursor.execute(
        """INSERT INTO students_identifier AS i (scheme, index, student_id, place, value, since)
           VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (scheme, index) DO UPDATE SET until = NULL WHERE i.student_id = EXCLUDED.student_id
           RETURNING student_id""",
        [
            scheme,
            index,
            student.pk,
            student.place,
            ring.encrypt(value, associated("identifier", index)),
            today,
        ],
    )
    if cursor.fetchone() is None:
        raise NumberHeld(
            "该号码已登记在另一份学籍中，暂不能使用。请核对证件；无误的，请主管部门按问题学籍处理。",
            "This number is on another record and cannot be used now. Check the document; if it is right,"
            " ask your authority to settle it as a problem record.",
        )
