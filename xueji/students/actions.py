"""What a school does with its pupils from day to day, and what needs to know that there are none left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import connections, transaction

from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.organisations.actions import CLOSED, MERGED, change, note_class
from xueji.organisations.models import Class, Organisation, School
from xueji.students.models import Student


class SchoolHasPupils(Refused):
    code = "school-has-pupils"


class ClassHasPupils(Refused):
    code = "class-has-pupils"


class WrongMerger(Refused):
    code = "wrong-merger"


class NotInThisGrade(Refused):
    code = "not-in-this-grade"


class PupilsGone(Refused):
    code = "pupils-gone"


class ReasonMissing(Refused):
    code = "reason-missing"


MOVE = """
WITH moving AS (
    SELECT e.student_id, e.id, e.class_of_id AS source, e.state
    FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
    WHERE e.student_id = ANY(%(students)s) AND e.ended_on IS NULL AND e.school_id = %(school)s
        AND c.grade_id = %(grade)s AND e.class_of_id <> %(class)s AND e.state <> '11'
    ORDER BY e.student_id FOR UPDATE OF e
), moved AS (
    UPDATE students_enrolment e SET class_of_id = %(class)s, seat_number = '', version = e.version + 1
    FROM moving m WHERE e.student_id = m.student_id AND e.id = m.id
    RETURNING e.student_id
), counted AS (
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT class_of_id, state, %(place)s, sum(change) FROM (
        SELECT source AS class_of_id, state, -1 AS change FROM moving
        UNION ALL SELECT %(class)s, state, 1 FROM moving) AS changes
    GROUP BY class_of_id, state ORDER BY class_of_id, state
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, before, after)
    SELECT student_id, 'class.move', 'student', %(account)s, %(office)s, %(place)s,
        jsonb_build_object('class', source), jsonb_build_object('class', %(class)s::bigint)
    FROM moving
)
SELECT (SELECT count(*) FROM moved),
    (SELECT count(*) FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
     WHERE e.student_id = ANY(%(students)s) AND e.ended_on IS NULL AND e.school_id = %(school)s
        AND c.grade_id = %(grade)s AND e.state <> '11')
"""


def move_to_class(students: Collection[UUID], target: Class, *, by: Actor) -> int:
    """Move pupils into another class of their own grade; return how many moved.

    Pupils who sit there already stay. One statement moves, counts and records, so a
    double click moves once. Raises NotInThisGrade when one is not in the grade of the
    class (that is demotion or skipping, another business), and then moves nobody.
    """
    by.require("classes.move", target.place)
    wanted = list(set(students))
    if target.closed_on is not None:
        raise PupilsGone("目标班级已关闭，请选择其他班级。", "The class is closed; choose another one.")
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "students": wanted,
                "school": target.school_id,
                "grade": target.grade_id,
                "class": target.pk,
                "place": target.place,
                "account": by.account_id,
                "office": by.place,
            },
        )
        moved, in_grade = cursor.fetchone()
        if in_grade != len(wanted):
            raise NotInThisGrade(
                "所选学生中有的不在该班所在年级，或已不在本校；只能在同年级内调班。",
                "Some of the chosen pupils are not in the grade of this class, or have left; a move stays within the grade.",
            )
    return int(moved)


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
    """Close a school, or merge it into another. Its identifier and names resolve for ever.

    Raises SchoolHasPupils: pupils leave by their own business first. Raises WrongMerger.
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
                f"该校还有 {pupils} 名在籍学生，请先为他们办理转学或毕业。",
                f"The school still has {pupils} enrolled pupils; transfer or graduate them first.",
            )
        Class.everywhere.filter(school=school, closed_on__isnull=True).update(closed_on=today)
        school.state = School.CLOSED
        school.save(update_fields=["state"])
        Organisation.objects.filter(pk=school.pk).update(closed_on=today)
        change(
            school,
            MERGED if into else CLOSED,
            on=today,
            by=by,
            document=document,
            into=into,
            before=school.organisation.name,
            after=into.organisation.name if into else "",
        )
    return school


def unmask(student: Student, *, field: str, reason: str, by: Actor) -> None:
    """Record that a field of a pupil is shown in full to the registrar of the pupil's own school, and why.

    Raises NotAllowed for anybody else, ReasonMissing.
    """
    by.require("students.unmask", student.place)
    reason = " ".join(reason.split())
    if len(reason) < 2:
        raise ReasonMissing(
            "请填写查看理由，例如“核对户口簿”；理由会记入该学生的记录。",
            "Give the reason, such as “checking the household register”; it is kept with the pupil's record.",
        )
    record(
        "student.unmask",
        by=by.account_id,
        office=by.place,
        subject_kind="student",
        subject_id=student.pk,
        place=student.place,
        after={"field": field, "reason": reason[:200]},
    )
