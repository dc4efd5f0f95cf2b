"""恢复学籍 and 接收离校学生 over their desks: number and history stay, the undo is exact."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import PLACES, TODAY, actor
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_PROVINCE,
    approved,
    class_id,
    enrolled,
    filed,
    headcounts,
    recounted,
    truth_of,
)
from tests.status.seniors import SENIOR, seated, senior_school
from tests.status.test_absences import done
from xueji.organisations.models import Class
from xueji.status.actions import cases
from xueji.status.models import SealedCopy
from xueji.students.models import Enrolment, Identifier, Student

pytestmark = pytest.mark.usefixtures("db")

COUNTY = "o330902"


def stays(student: UUID) -> list[tuple[str, bool, int]]:
    """Return (state, is open, place) of every period, the earliest first."""
    rows = Enrolment.everywhere.using("owner").filter(student_id=student)
    return [
        (one.state, one.ended_on is None, one.place) for one in sorted(rows, key=lambda e: e.ended_on is None)
    ]


def test_a_pupil_who_withdrew_comes_back_on_the_same_student() -> None:
    school = senior_school()
    student = seated("测恢复", school)
    place = school.place
    gone = filed("withdrawal", student, {"reason": "21", "guardian": "合成家长"}, by=f"r{SENIOR}")
    approved(gone.id, f"l{SENIOR}", COUNTY)
    before, counts = truth_of(student), headcounts()
    class_ = Class.everywhere.using("owner").get(school=school, grade__number=11).pk
    typed = {"reason": "back", "class_id": class_, "note": "家长申请回校"}
    case = filed("restoration", student, typed, by=f"r{SENIOR}")
    approved(case.id, f"l{SENIOR}", COUNTY)
    assert stays(student) == [("03", False, place), ("01", True, place)]
    assert headcounts() == recounted()
    with pytest.raises(cases.CannotUndo):
        cases.undo(gone.id, reason="误办", by=actor(COUNTY), today=TODAY)
    cases.undo(case.id, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


@pytest.mark.parametrize("kind", ["missing", "dropout"])
def test_the_next_school_claims_a_lost_pupil_and_the_last_authority_confirms(kind: str) -> None:
    student = enrolled()
    done(kind, student)
    before, counts = truth_of(student), headcounts()
    numbers = Identifier.everywhere.using("owner").filter(student_id=student)
    had = sorted(numbers.values_list("scheme", "until"))
    case = filed(
        "claim",
        student,
        {"class_id": class_id(OTHER_PROVINCE), "since": "2026-09-09"},
        by=f"r{OTHER_PROVINCE}",
    )
    approved(case.id, f"l{OTHER_PROVINCE}")
    assert truth_of(student) == before
    approved(case.id, COUNTY)
    assert stays(student) == [("10", False, PLACES[HERE]), ("01", True, PLACES[OTHER_PROVINCE])]
    assert Student.everywhere.using("owner").get(pk=student).place == PLACES[OTHER_PROVINCE]
    assert sorted(numbers.values_list("scheme", "until")) == had
    assert {one.place for one in numbers} == {PLACES[OTHER_PROVINCE]}
    assert headcounts() == recounted()
    assert SealedCopy.everywhere.using("owner").get(student_id=student).place == PLACES[HERE]
    cases.undo(case.id, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


def test_a_pupil_who_attends_is_not_claimed() -> None:
    student = enrolled()
    with pytest.raises(cases.Stopped) as refused:
        filed("claim", student, {"class_id": class_id(NEXT_DOOR), "since": "2026-09-09"}, by=f"r{NEXT_DOOR}")
    assert {one.code for one in refused.value.obstacles} == {"enrolled"}
