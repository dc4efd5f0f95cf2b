"""What a school does with its pupils from day to day, and what needs to know that there are none left."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from django.db import connections, transaction

from xueji.access.actions_misses import spend
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.audit.readings import read_list, read_one
from xueji.lib.errors import Refused
from xueji.organisations.actions import note_class, shut
from xueji.organisations.models import Class, School
from xueji.students.models import Student
from xueji.students.rules.unmask_reasons import reason_text


class SchoolHasPupils(Refused):
    code = "school-has-pupils"


class ClassHasPupils(Refused):
    code = "class-has-pupils"


class WrongMerger(Refused):
    code = "wrong-merger"


class ReasonMissing(Refused):
    code = "reason-missing"


def close_class(class_: Class, *, by: Actor, today: date) -> Class:
    """Close an empty class. Raises ClassHasPupils."""
    by.require("classes.manage", class_.place)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM organisations_class WHERE id = %s FOR UPDATE", [class_.pk])
        cursor.execute(
            "SELECT coalesce(sum(count), 0) FROM students_headcount WHERE class_of_id = %s", [class_.pk]
        )
        (pupils,) = cursor.fetchone()
        if pupils:
            raise ClassHasPupils(
                f"该班还有 {pupils} 名学生，请先把他们调入其他班。",
                f"The class still has {pupils} pupils; move them to other classes first.",
            )
        class_.closed_on = today
        class_.save(update_fields=["closed_on"])
        note_class(class_, "class.close", by=by, after={"closed_on": str(today)})
    return class_


def close_school(
    school: School, *, by: Actor, today: date, into: School | None = None, document: str = ""
) -> School:
    """Close a school without pupils, or merge it into another. Its identifier and names resolve for ever.

    Appointments at it end. Raises SchoolHasPupils: those with pupils are reorganised, class by
    class (room status). Raises WrongMerger.
    """
    by.require("organisations.manage", school.place)
    if into is not None:
        by.require("organisations.manage", into.place)
        if into.pk == school.pk or into.state != School.OPEN:
            raise WrongMerger(
                "只能并入另一所正常办学的学校。",
                "A school can be merged only into another one that is in operation.",
            )
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM organisations_school WHERE organisation_id = %s FOR UPDATE", [school.pk]
        )
        cursor.execute(
            "SELECT coalesce(sum(count), 0) FROM students_headcount WHERE place = %s", [school.place]
        )
        (pupils,) = cursor.fetchone()
        if pupils:
            raise SchoolHasPupils(
                f"该校还有 {pupils} 名在籍学生，请按“学校撤并”办理：学生随班划转到接收学校。",
                f"The school still has {pupils} enrolled pupils; file a reorganisation, by which they go to other"
                " schools class by class.",
            )
        shut(school, on=today, by=by, today=today, document=document, into=into)
    return school


def unmask(student: Student, *, field: str, code: str, words: str = "", by: Actor, today: date) -> None:
    """Record that a field of a pupil is shown in full to the registrar of the pupil's own school, and why.

    `code` is a reason of `unmask_reasons`. So many a day for an account, its school and county. Raises
    NotAllowed for anybody else, ReasonMissing, TooManyMisses.
    """
    by.require("students.unmask", student.place)
    reason = reason_text(code, words)
    if not reason:
        raise ReasonMissing(
            "请选择查看理由；选“其他”的，请写明。理由会记入该学生的记录。",
            "Choose the reason; with “Other”, say what. It is kept with the pupil's record.",
        )
    key = hashlib.sha256(student.pk.bytes + field.encode()).digest()[:16]
    spend(Way.UNMASK, key, by=by, today=today)
    record(
        "student.unmask",
        by=by.account_id,
        office=by.place,
        subject_kind="student",
        subject_id=student.pk,
        place=student.place,
        after={"field": field, "reason": reason[:200]},
    )


# What a page or an answer shows of pupils, as the record of who read them names it.
RECORD_FIELDS: Final = ("identity", "schooling", "contact", "family", "history")
LIST_FIELDS: Final = ("name", "sex", "school", "class", "state", "number")


def note_read(student_id: UUID, *, place: int, by: Actor, fields: Collection[str], duty: str) -> None:
    """Record that somebody read one pupil's record, whose holder is at `place`, by the permission `duty`."""
    read_one(student_id, place=place, fields=fields, duty=duty, by=by.account_id, office=by.place)


def note_listed(students: Collection[UUID], *, by: Actor, fields: Collection[str], duty: str) -> None:
    """Record that somebody was shown a list of pupils; of an empty list nothing is recorded."""
    read_list(students, fields=fields, duty=duty, by=by.account_id, office=by.place)
