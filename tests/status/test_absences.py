"""出国（境）, 下落不明, 辍学, 返校 over their desks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import TODAY, actor
from tests.status.cases import HERE, approved, class_id, enrolled, filed, headcounts, recounted, truth_of
from xueji.status.actions import cases
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

TYPED: dict[str, dict[str, Any]] = {
    "abroad": {"purpose": "30", "since": "2026-09-10", "until": "2027-08-01"},
    "missing": {"since": "2026-09-03", "note": "家访、报警"},
    "dropout": {"reason": "A", "since": "2026-09-03", "whereabouts": "unknown", "note": "两次家访"},
}


def done(kind: str, student: UUID, typed: dict[str, Any] | None = None) -> UUID:
    """Carry a change of a pupil of HERE over its two desks."""
    case = filed(kind, student, typed or TYPED[kind], by=f"r{HERE}")
    approved(case.id, f"l{HERE}", "o330902")
    return case.id


@pytest.mark.parametrize(("kind", "state"), [("abroad", "13"), ("missing", "15"), ("dropout", "06")])
def test_a_pupil_goes_and_returns_on_one_enrolment_and_both_are_undone_exactly(kind: str, state: str) -> None:
    student = enrolled(class_number="2025101", entered_on="202509")
    before, counts = truth_of(student), headcounts()
    gone = done(kind, student)
    away = truth_of(student)
    assert Enrolment.everywhere.using("owner").get(student_id=student).state == state
    assert headcounts() == recounted()
    back = done("return", student, {"class_id": class_id(HERE, "2025102")})
    stay = Enrolment.everywhere.using("owner").get(student_id=student)
    assert (stay.state, stay.class_of_id) == ("01", class_id(HERE, "2025102"))
    assert headcounts() == recounted()
    for case, expected in ((back, away), (gone, before)):
        cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
        assert truth_of(student) == expected
    assert headcounts() == counts == recounted()
