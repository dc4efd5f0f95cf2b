"""关键数据变更, from the filing to the undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from tests.factories import TODAY, actor, resident_number
from tests.status.cases import HERE, OTHER_COUNTY, approved, enrolled, filed, transferred, truth_of
from tests.web.registered import one_called
from xueji.changes.actions.upgrades import FORMAL
from xueji.status.actions import cases
from xueji.status.actions.cases import Stopped
from xueji.status.rules.steps import State
from xueji.students.encryption import associated
from xueji.students.models import Identifier, Student

pytestmark = pytest.mark.usefixtures("db")

DESKS = (f"l{HERE}", "o330902")


def numbers_of(student: UUID) -> dict[tuple[str, str], bool]:
    """Return the numbers of a pupil in the clear: (scheme, number) → whether it is in use."""
    kept = Identifier.everywhere.using("owner").filter(student_id=student)
    ring = settings.XUEJI_KEY_RING
    return {
        (one.scheme, ring.decrypt(one.value, associated("identifier", bytes(one.index)))): one.until is None
        for one in kept
    }


def student_number(student: UUID) -> str:
    return next(value for (scheme, value), holds in numbers_of(student).items() if scheme == "S" and holds)


def changed(student: UUID, typed: dict[str, Any], *desks: str, by: str = f"r{HERE}") -> UUID:
    case = filed("key_data", student, typed, by=by).id
    approved(case, *(desks or DESKS))
    return case


def test_a_new_name_is_found_by_its_pinyin_and_the_old_one_stays_as_former_name() -> None:
    student = enrolled("测单")
    before = truth_of(student)
    case = changed(student, {"name": "单雨桐"})
    kept = one_called("单雨桐")
    assert (kept.id, kept.pinyin, kept.initials) == (student, "shanyutong", "syt")
    opened = settings.XUEJI_KEY_RING.decrypt(bytes(kept.private), associated("student", student))
    assert '"former_name": "测单"' in opened
    assert "合成路" in opened
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before


def test_a_corrected_number_leaves_the_student_number_as_it_is_R02() -> None:
    student = enrolled("测号")
    old, number = student_number(student), resident_number(33)
    before = truth_of(student)
    case = changed(student, {"document_number": number})
    assert student_number(student) == old
    held = numbers_of(student)
    assert held["R", number]
    assert [held[one] for one in held if one[0] == "R"].count(False) == 1
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before


def test_a_pupil_from_abroad_moves_schools_and_later_gets_the_formal_number_R05() -> None:
    student = enrolled(
        "Ann Lee", document_type="A", document_number="E1234567", nationality="美国", overseas="51",
        sex="女", birth_on="20190901",
    )  # fmt: skip
    provisional = student_number(student)
    assert provisional.startswith("J")
    transferred(student, to=OTHER_COUNTY)
    assert student_number(student) == provisional
    before = truth_of(student)
    number = resident_number(3, birth="20190901", sex="2")
    typed = {"document_type": "1", "document_number": number, "nationality": "中国"}
    case = changed(student, typed, f"l{OTHER_COUNTY}", "o330903", by=f"r{OTHER_COUNTY}")
    held = numbers_of(student)
    assert student_number(student) == FORMAL + number
    assert not held["S", provisional]
    assert not held["P", "E1234567"]
    assert Student.everywhere.using("owner").get(pk=student).document_type == "1"
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before


def test_the_nation_is_looked_at_before_anybody_decides() -> None:
    other = resident_number(7)
    enrolled("测一", 1)
    enrolled("测二", 2, document_number=other)
    with pytest.raises(Stopped) as refused:
        filed("key_data", one_called("测一").id, {"document_number": other}, by=f"r{HERE}")
    assert [one.code for one in refused.value.obstacles] == ["number-held"]
    assert HERE not in refused.value.zh
    assert "第一小学" not in refused.value.zh


def test_a_number_that_somebody_took_meanwhile_stops_the_last_desk() -> None:
    number = resident_number(9)
    case = filed("key_data", enrolled("测一", 1), {"document_number": number}, by=f"r{HERE}")
    approved(case.id, DESKS[0])
    enrolled("测二", 2, document_number=number)
    with pytest.raises(Stopped):
        approved(case.id, DESKS[1])


def test_what_was_stated_is_kept_encrypted_and_in_no_event() -> None:
    number = resident_number(11)
    case = filed("key_data", enrolled("测密"), {"document_number": number}, by=f"r{HERE}")
    assert approved(case.id, *DESKS).state is State.COMPLETED
    with connections["owner"].cursor() as cursor:
        for table in ("status_case", "status_effect", "status_decision", "audit_event"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{number}%"])
            assert cursor.fetchone() == (0,), table
