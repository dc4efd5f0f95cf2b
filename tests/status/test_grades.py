"""留级, 跳级, 降级就读 over their desks: the class changes, the counts follow, the undo is exact."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from tests.factories import TODAY, account, actor
from tests.races import at_once
from tests.status.cases import (
    HERE,
    approved,
    class_id,
    enrolled,
    filed,
    headcounts,
    recounted,
    truth_of,
)
from tests.status.seniors import SENIOR_HUNAN, SENIOR_SICHUAN, seated, senior_school
from xueji.organisations.models import Class, School
from xueji.status.actions import cases
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, LEADER = f"r{SENIOR_SICHUAN}", f"l{SENIOR_SICHUAN}"


def typed(class_: int) -> dict[str, Any]:
    return {"class_id": class_, "reason": "家长申请"}


def class_in(school: School, grade: int) -> int:
    return int(Class.everywhere.using("owner").get(school=school, grade__number=grade).pk)


def class_of(student: UUID) -> int:
    return int(Enrolment.everywhere.using("owner").get(student_id=student).class_of_id)


def test_a_repetition_passes_the_provinces_chain_and_is_undone_exactly() -> None:
    account("o510100", 510100_000000, "officer")
    school = senior_school(SENIOR_SICHUAN)
    student = seated("测留级", school, grade=12)
    before, counts = truth_of(student), headcounts()
    case = filed("repetition", student, typed(class_in(school, 11)), by=REGISTRAR)
    approved(case.id, LEADER, "o510104")
    assert truth_of(student) == before
    approved(case.id, "o510100")
    assert class_of(student) == class_in(school, 11)
    assert headcounts() == recounted()
    cases.undo(case.id, reason="误办", by=actor("o510000"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


def hunan() -> School:
    """Open a senior school of Hunan, whose desks are leader, county and prefecture."""
    account("o430102", 430102_000000, "officer")
    account("o430100", 430100_000000, "officer")
    return senior_school(SENIOR_HUNAN)


HUNAN_DESKS = (f"l{SENIOR_HUNAN}", "o430102", "o430100")


def test_the_share_of_a_grade_counts_who_repeated_and_who_is_about_to() -> None:
    """Hunan lets 2 % of a grade repeat: one of 50. The second is refused while the first is under way, and after."""
    school = hunan()
    first, second, *_ = [seated(f"测{n}", school, grade=12) for n in range(50)]
    case = filed("repetition", first, typed(class_in(school, 11)), by=f"r{SENIOR_HUNAN}")
    for _ in ("while it is under way", "after its effect"):
        with pytest.raises(cases.Stopped) as refused:
            filed("repetition", second, typed(class_in(school, 11)), by=f"r{SENIOR_HUNAN}")
        assert "该年级 50 人，本年已有 1 人" in str(refused.value)
        if case is not None:
            approved(case.id, *HUNAN_DESKS)
            case = None


def test_two_who_take_effect_at_once_do_not_both_take_the_last_place_of_a_share() -> None:
    """Both were filed when the grade had 100 pupils; 50 have left since, and one place is left."""
    school = hunan()
    pupils = [seated(f"测{n}", school, grade=12) for n in range(100)]
    open_ = [
        filed("repetition", one, typed(class_in(school, 11)), by=f"r{SENIOR_HUNAN}").id for one in pupils[:2]
    ]
    for case in open_:
        approved(case, *HUNAN_DESKS[:2])
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE students_headcount SET count = 50 WHERE class_of_id = %s", [class_in(school, 12)]
        )
    officer = actor("o430100")
    answers = at_once(*(partial(cases.approve, case, by=officer, today=TODAY) for case in open_))
    assert sorted(type(one).__name__ for one in answers) == ["Acted", "Stopped"]


def test_a_skipped_grade_is_undone_exactly() -> None:
    school = hunan()
    student = seated("测跳级", school, grade=10)
    before, counts = truth_of(student), headcounts()
    case = filed("skipping", student, typed(class_in(school, 11)), by=f"r{SENIOR_HUNAN}")
    approved(case.id, *HUNAN_DESKS)
    assert class_of(student) == class_in(school, 11)
    assert headcounts() == recounted()
    account("o430000", 430000_000000, "officer")
    cases.undo(case.id, reason="误办", by=actor("o430000"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()


def test_r11_a_demotion_is_counted_and_an_undone_one_is_not() -> None:
    student = enrolled(class_number="2025101", entered_on="202509", regular_class="3")
    before, counts = truth_of(student), headcounts()
    case = demoted(student)
    assert class_of(student) == class_id(HERE, "2026101")
    assert headcounts() == recounted()
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()
    demoted(student)
    with pytest.raises(cases.Stopped) as refused:
        demoted(student)
    assert "已降级 1 次" in str(refused.value)


def demoted(student: UUID) -> UUID:
    case = filed("demotion", student, typed(class_id(HERE, "2026101")), by=f"r{HERE}")
    approved(case.id, f"l{HERE}", "o330902")
    return case.id


def test_a_grade_is_not_skipped_where_the_province_knows_no_skipping() -> None:
    student = enrolled()
    with pytest.raises(cases.Stopped) as refused:
        filed("skipping", student, typed(class_id(HERE, "2025101")), by=f"r{HERE}")
    assert {one.code for one in refused.value.obstacles} == {"not-allowed"}
