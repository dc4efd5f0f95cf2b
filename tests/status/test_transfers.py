"""转学: four parties, one effect, from the receiving school's filing to the undo."""

from __future__ import annotations

import pytest

from tests.factories import PLACES, TODAY, actor
from tests.status.cases import (
    HERE,
    OTHER_PROVINCE,
    approved,
    enrolled,
    filed,
    headcounts,
    recounted,
    to_class,
    transferred,
    truth_of,
)
from xueji.status.actions import cases
from xueji.status.models import Case, SealedCopy, Turn
from xueji.status.rules.steps import State
from xueji.students.models import Enrolment, Student

pytestmark = pytest.mark.usefixtures("db")


def test_a_move_across_provinces_is_four_decisions_and_one_effect() -> None:
    student = enrolled()
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    assert case.state is State.WITH_DESK
    assert len(case.tracking_code) == 20
    for who in (f"l{OTHER_PROVINCE}", "o510104", f"l{HERE}"):
        approved(case.id, who)
        assert Student.everywhere.using("owner").get(pk=student).place == PLACES[HERE]
    acted = approved(case.id, "o330902")
    assert acted.state is State.COMPLETED
    assert Student.everywhere.using("owner").get(pk=student).place == PLACES[OTHER_PROVINCE]
    old, new = Enrolment.everywhere.using("owner").filter(student_id=student).order_by("ended_on")
    assert (old.ended_on, old.end_reason) == (TODAY, "10")
    assert (new.place, new.started_on, new.ended_on) == (PLACES[OTHER_PROVINCE], TODAY, None)
    assert headcounts() == recounted()
    assert SealedCopy.everywhere.using("owner").get(student_id=student).place == PLACES[HERE]
    turns = Turn.everywhere.using("owner").filter(case_id=case.id).order_by("ordinal")
    assert [turn.party for turn in turns] == [
        "receiving_school", "receiving_authority", "sending_school", "sending_authority",
    ]  # fmt: skip


def test_undone_it_is_as_if_it_had_not_been() -> None:
    student = enrolled()
    before, counts = truth_of(student), headcounts()
    case = transferred(student)
    assert truth_of(student) != before
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()
    assert Case.everywhere.using("owner").get(id=case).state == State.UNDONE
