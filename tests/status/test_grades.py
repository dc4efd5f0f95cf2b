"""留级, 跳级, 降级就读 over their desks: the class changes, the counts follow, the undo is exact."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import TODAY, account, actor
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
from tests.status.seniors import SENIOR_SICHUAN, seated, senior_school
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


def test_the_share_of_a_grade_counts_who_repeated_and_who_is_about_to() -> None:
    """Hunan: 2 % of a grade. One of 50 may; the second is told so while the first is still under way, and after."""
    school = senior_school(SENIOR_SICHUAN)
    first, second, *_ = [seated(f"测{n}", school, grade=12) for n in range(50)]
    facts = alike(first)
    assert facts == (50, 0)
    case = filed("repetition", first, typed(class_in(school, 11)), by=REGISTRAR)
    assert alike(first) == (50, 0)
    assert alike(second) == (50, 1)
    account("o510100", 510100_000000, "officer")
    approved(case.id, LEADER, "o510104", "o510100")
    assert alike(second) == (50, 1)


def alike(student: UUID) -> tuple[int, int]:
    """Return the size of the pupil's grade and how many others of it repeat, as the rules see it."""
    kind = cases.kind_of("repetition")
    facts = cases.look_ahead(kind, student, {}, by=actor(REGISTRAR), today=TODAY).facts
    return facts.grade_size, facts.alike


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
