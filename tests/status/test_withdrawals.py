"""退学: the school confirms, the authority takes note and can take it back. 开除: the authority decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import TODAY, actor
from tests.status.cases import approved, enrolled, filed, headcounts, recounted, truth_of
from tests.status.seniors import SENIOR, seated, senior_school
from xueji.status.actions import cases
from xueji.status.models import Case
from xueji.status.rules.steps import State
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

ASKED = {"reason": "21", "guardian": "合成家长"}
REGISTRAR, LEADER, COUNTY = f"r{SENIOR}", f"l{SENIOR}", "o330902"


def test_r08_a_pupil_of_grade_1_cannot_be_withdrawn() -> None:
    student = enrolled()
    with pytest.raises(cases.Stopped) as refused:
        filed("withdrawal", student, ASKED, by="r2133000001")
    assert "义务教育法" in str(refused.value)


def test_r09_the_schools_confirmation_ends_the_enrolment_and_the_authority_takes_note() -> None:
    student = seated("测退学", senior_school())
    case = filed("withdrawal", student, ASKED, by=REGISTRAR)
    acted = approved(case.id, LEADER)
    assert acted.state is State.WITH_DESK
    assert Enrolment.everywhere.using("owner").get(student_id=student).end_reason == "03"
    assert headcounts() == recounted()
    for act in (cases.send_back, cases.refuse):
        with pytest.raises(cases.NotNow):
            act(case.id, reason="再想想", by=actor(COUNTY), today=TODAY, **reason_of(act))
    assert approved(case.id, COUNTY).state is State.COMPLETED
    kept = Case.everywhere.using("owner").get(id=case.id)
    assert kept.undo_until == TODAY + timedelta(days=30)


def reason_of(act: object) -> dict[str, str]:
    return {"reason_code": "condition"} if act is cases.refuse else {}


@pytest.mark.parametrize("is_noted", [True, False], ids=["after-it-was-noted", "before"])
def test_the_authority_it_is_filed_with_can_take_it_back_in_its_time(is_noted: bool) -> None:
    student = seated("测退学", senior_school())
    before, counts = truth_of(student), headcounts()
    case = filed("withdrawal", student, ASKED, by=REGISTRAR)
    approved(case.id, LEADER, *([COUNTY] if is_noted else []))
    with pytest.raises(cases.NotYourTurn):
        cases.undo(case.id, reason="误办", by=actor("o330903"), today=TODAY)
    with pytest.raises(cases.CannotUndo):
        cases.undo(case.id, reason="误办", by=actor(COUNTY), today=TODAY + timedelta(days=31))
    acted = cases.undo(case.id, reason="监护人撤回申请", by=actor(COUNTY), today=TODAY + timedelta(days=30))
    assert acted.state is State.UNDONE
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


def test_a_case_that_has_had_its_effect_cannot_be_withdrawn_by_the_school() -> None:
    student = seated("测退学", senior_school())
    case = filed("withdrawal", student, ASKED, by=REGISTRAR)
    approved(case.id, LEADER)
    with pytest.raises(cases.NotNow):
        cases.withdraw(case.id, by=actor(REGISTRAR), today=TODAY)


def test_an_expulsion_takes_effect_at_the_authority_and_is_undone_above_it() -> None:
    student = seated("测开除", senior_school())
    before, counts = truth_of(student), headcounts()
    case = filed("expulsion", student, {"reason": "23", "decided_on": "2026-09-01"}, by=REGISTRAR)
    approved(case.id, LEADER)
    assert truth_of(student) == before
    approved(case.id, COUNTY)
    assert Enrolment.everywhere.using("owner").get(student_id=student).end_reason == "14"
    cases.undo(case.id, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


def test_an_extension_moves_the_end_of_a_suspension_and_back() -> None:
    student = enrolled()
    approved(
        filed(
            "suspension",
            student,
            {"reason": "10", "since": "2026-09-10", "until": "2027-07-01"},
            by="r2133000001",
        ).id,
        "l2133000001",
        COUNTY,
    )
    before = truth_of(student)
    case = filed("extension", student, {"until": "2028-02-01"}, by="r2133000001")
    approved(case.id, "l2133000001", COUNTY)
    assert "2028-02-01" in truth_of(student)["status_mark"][0]
    with pytest.raises(cases.Stopped):
        filed("extension", student, {"until": "2028-03-01"}, by="r2133000001")
    cases.undo(case.id, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
