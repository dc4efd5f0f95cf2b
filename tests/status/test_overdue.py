"""Suspensions that ran out, dropouts and the pool: lists per school and authority, and what follows. Silence never decides."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.factories import PLACES, account, actor
from tests.status.cases import HERE, all_papers, approved, class_id, enrolled, filed, truth_of
from tests.status.seniors import PLACE_OF, SENIOR, SENIOR_SICHUAN, seated, senior_school
from tests.status.test_absences import done
from xueji.access.scope import acting
from xueji.organisations.models import Class
from xueji.status.actions import cases, overdue
from xueji.status.models import Case, Notice
from xueji.status.queries import absent
from xueji.status.rules.steps import State
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

LATER = date(2027, 3, 10)
TERMS = {"reason": "10", "since": "2026-09-10", "until": "2027-03-01"}
COUNTY = {SENIOR: "o330902", SENIOR_SICHUAN: "o510104"}


def resting(name: str, identifier: str) -> UUID:
    """Suspend a pupil of grade 11 until 1 March 2027."""
    school = senior_school(identifier)
    student = seated(name, school)
    desks = [f"l{identifier}", COUNTY[identifier]]
    if identifier == SENIOR_SICHUAN:
        account("o510100", 510100_000000, "officer")
        desks.append("o510100")
    approved(filed("suspension", student, TERMS, by=f"r{identifier}").id, *desks)
    return student


def overdue_of(username: str, today: date = LATER) -> list[absent.OverdueSuspension]:
    with acting(actor(username).scope):
        return absent.overdue_suspensions(today=today).items


def test_a_suspension_is_on_the_list_of_its_school_and_authorities_the_day_after_its_end() -> None:
    student = resting("测休学", SENIOR)
    assert overdue_of(f"r{SENIOR}", date(2027, 3, 1)) == []
    for who in (f"r{SENIOR}", "o330902", "o330900", "o330000"):
        (one,) = overdue_of(who, date(2027, 3, 2))
        assert (one.pupil.student_id, one.until, one.consequence) == (student, date(2027, 3, 1), "report")
    assert overdue_of("o510104") == []


def test_where_the_province_only_lists_them_the_school_is_told_once_and_nothing_is_opened() -> None:
    student = resting("测休学", SENIOR)
    assert overdue.follow_up(today=LATER) == overdue.FollowedUp(overdue=1, told=1, opened=0)
    assert overdue.follow_up(today=LATER) == overdue.FollowedUp(overdue=1, told=0, opened=0)
    notice = Notice.everywhere.using("owner").get(student_id=student, kind="suspension_over")
    assert notice.place == PLACE_OF[SENIOR]
    assert Case.everywhere.using("owner").filter(student_id=student, kind="suspension", id=notice.case_id)


def test_where_the_province_takes_it_as_a_withdrawal_the_case_is_opened_and_decides_nothing() -> None:
    student = resting("测休学", SENIOR_SICHUAN)
    before = truth_of(student)
    assert overdue.follow_up(today=date(2027, 3, 1)).overdue == 0
    assert overdue.follow_up(today=LATER).opened == 1
    assert overdue.follow_up(today=date(2028, 1, 10)).opened == 0
    assert truth_of(student) == before
    case = Case.everywhere.using("owner").get(student_id=student, kind="withdrawal")
    assert (case.state, case.starter_place) == (State.RETURNED, PLACE_OF[SENIOR_SICHUAN])
    with pytest.raises(cases.NotNow):
        cases.approve(case.id, by=actor(f"l{SENIOR_SICHUAN}"), today=LATER)


def test_the_registrar_completes_the_opened_case_and_the_leader_decides() -> None:
    student = resting("测休学", SENIOR_SICHUAN)
    overdue.follow_up(today=LATER)
    case = Case.everywhere.using("owner").get(student_id=student, kind="withdrawal")
    registrar, leader = f"r{SENIOR_SICHUAN}", f"l{SENIOR_SICHUAN}"
    with pytest.raises(cases.Stopped) as refused:
        cases.answer(case.id, by=actor(registrar), today=LATER)
    assert {one.code for one in refused.value.obstacles} == {"paper-missing"}
    papers = all_papers(student, by=registrar, today=LATER)
    cases.answer(case.id, by=actor(registrar), today=LATER, paper_ids=papers)
    approved(case.id, leader, today=LATER)
    assert Enrolment.everywhere.using("owner").get(student_id=student).end_reason == "03"


def test_a_pupil_who_comes_back_resumes_beside_the_opened_case_which_then_has_no_ground() -> None:
    student = resting("测休学", SENIOR_SICHUAN)
    overdue.follow_up(today=LATER)
    case = Case.everywhere.using("owner").get(student_id=student, kind="withdrawal")
    class_ = Class.everywhere.using("owner").get(place=PLACE_OF[SENIOR_SICHUAN], grade__number=11).pk
    back = filed("resumption", student, {"class_id": class_}, by=f"r{SENIOR_SICHUAN}", today=LATER)
    approved(back.id, f"l{SENIOR_SICHUAN}", "o510104", "o510100", today=LATER)
    with pytest.raises(cases.Stopped):
        cases.answer(case.id, by=actor(f"r{SENIOR_SICHUAN}"), today=LATER)
    cases.withdraw(case.id, by=actor(f"r{SENIOR_SICHUAN}"), today=LATER)
    assert overdue.follow_up(today=LATER) == overdue.FollowedUp(overdue=0, told=0, opened=0)


# Dropouts and the pool ---------------------------------------------------------------------


def names(username: str, page_of: Any, **asked: Any) -> list[tuple[str, date, str]]:
    """Return (name, since, school) of every row, read one by one."""
    found = []
    with acting(actor(username).scope):
        after = None
        while True:
            page = page_of(after=after, size=1, **asked)
            found += [(one.pupil.name, one.pupil.since, one.pupil.school) for one in page.items]
            after = page.after
            if after is None:
                return found


def test_the_ledger_of_dropouts_says_who_since_when_and_at_which_school() -> None:
    for serial, day in enumerate(("2026-09-03", "2026-09-01")):
        student = enrolled(f"测辍学{'甲乙'[serial]}", serial)
        done("dropout", student, {"reason": "B", "since": day, "whereabouts": "known", "note": "家访"})
    expected = [
        ("测辍学乙", date(2026, 9, 1), "定海区第一小学"),
        ("测辍学甲", date(2026, 9, 3), "定海区第一小学"),
    ]
    for who in (f"r{HERE}", "o330902", "o330000", "o000000"):
        assert names(who, absent.dropouts) == expected
    assert names("o330000", absent.dropouts, below=PLACES[HERE]) == expected
    assert names("o510104", absent.dropouts) == names("o330000", absent.dropouts, below=330903_000000) == []
    done("return", student, {"class_id": class_id(HERE, "2026101")})
    assert names(f"r{HERE}", absent.dropouts) == expected[1:]


def test_the_pool_holds_who_left_or_was_lost_until_a_school_has_the_pupil() -> None:
    known, unknown, missing = (enrolled(f"测去向{one}", at) for at, one in enumerate("甲乙丙"))
    done("dropout", known, {"reason": "B", "since": "2026-09-01", "whereabouts": "known", "note": "家访"})
    done("dropout", unknown, {"reason": "B", "since": "2026-09-02", "whereabouts": "unknown", "note": "家访"})
    done("missing", missing, {"since": "2026-09-03", "note": "报警"})
    left = seated("测离校", senior_school())
    case = filed("withdrawal", left, {"reason": "21", "guardian": "合成家长"}, by=f"r{SENIOR}")
    approved(case.id, f"l{SENIOR}", "o330902")
    assert [name for name, *_ in names("o330902", absent.pool)] == ["测去向乙", "测去向丙", "测离校"]
    assert [name for name, *_ in names(f"r{HERE}", absent.pool)] == ["测去向乙", "测去向丙"]
    claim = filed(
        "claim", missing, {"class_id": class_id("2133000002"), "since": "2026-09-09"}, by="r2133000002"
    )
    approved(claim.id, "l2133000002", "o330902")
    assert [name for name, *_ in names("o330902", absent.pool)] == ["测去向乙", "测离校"]
