"""Admitted pupils come, are put into a roster by what is known of them, and continue their record."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from tests.changes.admissions import (
    FIRST,
    JUNIOR,
    SECOND,
    TERMS,
    admissions,
    checked,
    child,
    codes,
    given_in,
    issued,
)
from tests.factories import TODAY, actor, pupil, resident_number, school
from tests.status.leavers import leavers
from tests.web.registered import register
from xueji.access.scope import acting, national
from xueji.changes.actions import rosters
from xueji.changes.actions.admissions import arrivals, lists
from xueji.changes.models import RosterBatch
from xueji.changes.queries import admissions as queries
from xueji.changes.queries.findings import of_batch
from xueji.changes.rules.roster_steps import Act, State
from xueji.lib.errors import Refused
from xueji.students.models import Enrolment, Identifier, Student

pytestmark = pytest.mark.usefixtures("db")

HERE = f"r{JUNIOR}"
JUNIORS = replace(TERMS, name="2026 年初中统一招生", stage="junior")
NAMES = ("升学甲", "升学乙")


def leaver(n: int, name: str) -> dict[str, str]:
    """Return the row of a pupil who leaves the first primary school and goes on to the junior one."""
    number = pupil(n)["document_number"]
    return {"name": name, "document_number": number, "school_identifier": JUNIOR}


def graduated(*names: str) -> list[UUID]:
    """Return pupils of the first primary school whose enrolment there has ended."""
    ids = leavers(*names)
    with national("commands") as using:
        Enrolment.everywhere.using(using).update(ended_on=TODAY, state="07", end_reason="")
    return ids


def statuses(by: str) -> list[str]:
    """Return where the admitted pupils stand that an account sees, by name."""
    with acting(actor(by).scope):
        return [one.status for one in queries.pupils(size=200).items]


def reported(*ids: UUID, by: str = HERE, class_number: str = "2026201") -> RosterBatch:
    identifier = by[1:]
    return arrivals.report(
        ids, class_number=class_number, school=school(identifier), by=actor(by), today=TODAY
    )


def test_who_has_come_continues_number_and_history_on_the_same_record() -> None:
    ids = graduated(*NAMES)
    numbers = {bytes(i.index) for i in Identifier.everywhere.using("owner").filter(scheme="S")}
    issued([leaver(0, NAMES[0]), leaver(1, NAMES[1])], terms=JUNIORS)
    batch = reported(*(a.id for a in admissions()))
    assert (batch.state, batch.accepted, of_batch(batch.id, using="owner", severity="error")) == (
        State.WITH_LEADER,
        2,
        [],
    )
    assert statuses(HERE) == ["reported", "reported"]
    for by in (f"l{JUNIOR}", "o330902"):
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(by), today=TODAY)
    enrolments = Enrolment.everywhere.using("owner").filter(ended_on=None)
    assert {e.student_id for e in enrolments} == set(ids)
    assert {e.stage for e in enrolments} == {"junior"}
    assert {bytes(i.index) for i in Identifier.everywhere.using("owner").filter(scheme="S")} == numbers
    assert statuses(HERE) == ["registered", "registered"]
    assert {a.student_id for a in admissions()} == set(ids)


def test_an_arrival_is_taken_back_until_the_county_has_approved() -> None:
    graduated(*NAMES)
    issued([leaver(0, NAMES[0])], terms=JUNIORS)
    batch = reported(admissions()[0].id)
    rosters.undo(batch.id, by=actor(HERE), today=TODAY)
    assert statuses(HERE) == ["awaited"]
    assert reported(admissions()[0].id).state == State.WITH_LEADER


def test_whose_school_has_not_graduated_them_are_listed_with_a_word_and_wait() -> None:
    leavers(NAMES[0])
    rows = [leaver(0, NAMES[0])]
    assert codes(checked(rows, terms=JUNIORS)) == [(1, "still-enrolled")]
    issued(rows, terms=JUNIORS)
    batch = reported(admissions()[0].id)
    assert (batch.state, batch.accepted) == (State.CHECKED, 0)
    assert statuses(HERE) == ["awaited"]


def test_who_studies_in_the_stage_already_cannot_be_admitted_again() -> None:
    register(pupil(0, name="在读生"))
    row = {"name": "在读生", "document_number": pupil(0)["document_number"], "school_identifier": SECOND}
    assert codes(checked([row])) == [(1, "already-in-stage")]


def test_a_number_of_another_name_is_answered_alike_whoever_has_it() -> None:
    register(pupil(0, name="在读生"))
    row = {"name": "别人", "document_number": pupil(0)["document_number"], "school_identifier": SECOND}
    assert codes(checked([row])) == [(1, "person-differs")]


def test_a_row_with_the_student_number_finds_the_pupil() -> None:
    (student_id,) = graduated(NAMES[0])
    row = {"name": NAMES[0], "student_number": "G" + pupil(0)["document_number"], "school_identifier": JUNIOR}
    issued([row], terms=JUNIORS)
    assert [a.student_id for a in admissions()] == [student_id]
    assert reported(admissions()[0].id).state == State.WITH_LEADER


def test_what_is_missing_stays_with_the_registrar_and_nobody_is_submitted() -> None:
    issued([child(0)])
    batch = reported(admissions()[0].id, by=f"r{FIRST}", class_number="2026101")
    assert (batch.state, batch.accepted) == (State.CHECKED, 0)
    assert {one.code for one in of_batch(batch.id, using="owner")} >= {"guardian-missing", "missing"}
    assert statuses(f"r{FIRST}") == ["awaited"]


def test_a_roster_of_the_school_fills_the_admission() -> None:
    issued([child(0)])
    row = pupil(0, name=child(0)["name"], document_number=child(0)["document_number"])
    register(row)
    assert statuses(f"r{FIRST}") == ["registered"]


def test_who_has_not_come_is_listed_with_the_reason_and_may_come_after_all() -> None:
    issued([child(0), child(1)])
    ids = [a.id for a in admissions()]
    assert arrivals.not_come(ids[:1], reason="abroad", by=actor(f"r{FIRST}"), today=TODAY) == 1
    with acting(actor("o330902").scope):
        (absent,) = queries.pupils(status="not_come").items
    assert (absent.name, absent.reason) == (child(0)["name"], "abroad")
    with pytest.raises(arrivals.NotAwaited):
        reported(ids[0], by=f"r{FIRST}", class_number="2026101")
    assert arrivals.await_again(ids[:1], by=actor(f"r{FIRST}"), today=TODAY) == 1
    assert statuses(f"r{FIRST}") == ["awaited", "awaited"]


@pytest.mark.parametrize("reason", ["", "no-such-reason"])
def test_an_absence_without_a_reason_of_the_list_is_refused(reason: str) -> None:
    issued([child(0)])
    with pytest.raises(arrivals.ReasonUnknown):
        arrivals.not_come([admissions()[0].id], reason=reason, by=actor(f"r{FIRST}"), today=TODAY)


def test_a_school_reaches_its_own_pupils_alone() -> None:
    issued([child(0), child(1, SECOND)])
    theirs = admissions()[1]
    assert statuses(f"r{FIRST}") == ["awaited"]
    with pytest.raises(arrivals.NotAwaited):
        reported(theirs.id, by=f"r{FIRST}", class_number="2026101")


@pytest.mark.parametrize(("number", "error"), [("9999999", "no-such-class"), ("2025101", "class-unfit")])
def test_a_class_of_another_grade_is_refused(number: str, error: str) -> None:
    issued([child(0)])
    with pytest.raises(Refused) as refused:
        reported(admissions()[0].id, by=f"r{FIRST}", class_number=number)
    assert refused.value.code == error


def test_a_list_with_pupils_who_have_come_is_not_taken_back() -> None:
    graduated(*NAMES)
    found = issued([leaver(0, NAMES[0])], terms=JUNIORS)
    reported(admissions()[0].id)
    with pytest.raises(lists.PupilsUnderWay):
        lists.withdraw(found.id, by=actor("o330902"), today=TODAY)


def test_a_child_already_admitted_to_the_school_is_not_listed_twice() -> None:
    issued([child(0)])
    assert codes(checked([child(0)], terms=replace(TERMS, name="第二批"))) == [(1, "already-admitted")]
    found = given_in([child(0)], terms=replace(TERMS, name="第二批"))
    with pytest.raises(lists.NothingToIssue):
        lists.issue(found.id, by=actor("l330902"), today=TODAY)


def test_resident_numbers_of_the_tests_are_made_up() -> None:
    assert resident_number(0)[14:17] >= "900"
    assert Student.everywhere.using("owner").count() == 0
