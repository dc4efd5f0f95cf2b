"""An authority opens a problem record on an enrolled pupil, as the population register answered."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.changes.actions.problems.opening import KIND, note
from xueji.changes.encryption import seal
from xueji.changes.models import Case, CaseParty
from xueji.changes.rules.problem_records import BY_HAND, DAYS_TO_STATE, CaseState, Side
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.students.models import Enrolment, Student


class NoSuchPupil(Refused):
    code = "not-found"


class NotByHand(Refused):
    code = "not-by-hand"


class AlreadyOpen(Refused):
    code = "already-open"


class OpeningUnfounded(Refused):
    code = "statement-missing"


def open_on_student(student_id: UUID, *, problem: str, statement: str, by: Actor, today: date) -> Case:
    """Open a case about an enrolled pupil; the pupil's school states, and the desk of `by` decides.

    Raises NoSuchPupil, NotByHand, AlreadyOpen, OpeningUnfounded.
    """
    with national("problems") as using:
        student = Student.everywhere.using(using).select_for_update().filter(pk=student_id).first()
        enrolment = Enrolment.everywhere.using(using).filter(student_id=student_id, ended_on=None).first()
        if student is None or enrolment is None or enrolment.place not in by.scope:
            raise NoSuchPupil(
                "没有这名在籍学生，请从学生列表重新进入。",
                "There is no such enrolled pupil; open the list of pupils again.",
            )
        by.require("problems.open", enrolment.place)
        if problem not in BY_HAND:
            raise NotByHand(
                "请选择人口库反馈的问题种类。",
                "Choose the kind of problem that the population register told.",
            )
        if not statement.strip():
            raise OpeningUnfounded(
                "请填写依据：核验的日期、来源和反馈内容。",
                "Say on what grounds: the day of the check, who answered, and what.",
            )
        same = Case.everywhere.using(using).filter(student_id=student_id, kind=KIND, closed_on=None)
        if same.filter(problem=problem, batch_id=None).exists():
            raise AlreadyOpen(
                "该生的同类问题正在处理中，请在问题学籍列表中查看。",
                "The same problem of this pupil is open already; see the list of problem records.",
            )
        case_id = uuid7.new()
        case = Case(
            id=case_id,
            place=enrolment.place,
            kind=KIND,
            problem=problem,
            state=CaseState.WITH_SCHOOLS,
            desk_place=by.place,
            student_id=student_id,
            payload=seal({"opening": statement.strip()[:500], "opened_by": by.account_id}, case_id),
            name=student.name,
            opened_on=today,
            received_on=today,
            due_on=today + timedelta(days=DAYS_TO_STATE),
        )
        case.save(using=using, force_insert=True)
        CaseParty.everywhere.using(using).create(
            case=case,
            place=case.place,
            desk_place=case.desk_place,
            problem=problem,
            name=student.name,
            about=Side.STANDING,
            student_id=student_id,
            received_on=today,
            due_on=case.due_on,
        )
        note(case, "problem.open", by=by, using=using, after={"problem": problem, "by_hand": True})
        return case
