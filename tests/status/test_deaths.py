"""死亡: hidden as soon as it is filed, everywhere; taken back exactly when it was wrong (R10)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from tests.factories import PLACES, TODAY, actor, pupil
from tests.status.cases import (
    HERE,
    OTHER_PROVINCE,
    approved,
    class_id,
    enrolled,
    filed,
    headcounts,
    recounted,
    to_class,
    truth_of,
)
from tests.web.registered import as_, text_of
from xueji.access.scope import acting
from xueji.organisations.models import Class, School
from xueji.status.actions import cases, class_requests, tracking
from xueji.status.actions.class_requests import RequestUnfit
from xueji.status.actions.matching import NoMatch, match
from xueji.status.models import Case, Placement, Tracking
from xueji.status.queries import class_requests as class_request_queries
from xueji.status.rules.steps import State
from xueji.students import queries
from xueji.students.models import Enrolment
from xueji.students.queries import ANY, ENDED, OPEN, Question
from xueji.students.rules.search_terms import term_of

pytestmark = pytest.mark.usefixtures("db")

NAME = "测已故"
TOLD = {"died_on": "2026-09-01", "cause": "70"}
REGISTRAR, LEADER, COUNTY = f"r{HERE}", f"l{HERE}", "o330902"


def told(student: UUID) -> UUID:
    return filed("death", student, TOLD, by=REGISTRAR).id


def test_r10_sixty_working_days_run_from_the_day_of_death() -> None:
    student = enrolled(NAME)
    kept = Case.everywhere.using("owner").get(id=told(student))
    # Mid-Autumn (25 September) and five weekdays of National Day are off; 20 September and 10 October are worked.
    assert kept.due_on == date(2026, 11, 30)


def shown(student: UUID, by: str = REGISTRAR) -> dict[str, bool]:
    """Return in which lists and counts the pupil appears."""
    who = actor(by)
    school = School.objects.using("owner").get(identifier=HERE)
    number = numbers_of(student)[0]
    with acting(who.scope):

        def listed(**asked: Any) -> bool:
            question = Question(scope=who.scope, **asked)
            return student in {one.id for one in queries.find(question).pupils}

        (one,) = [c for c in queries.classes_of(school.pk) if c.number == "2026101"]
        return {
            "list": listed(),
            "left": listed(state=ENDED),
            "class": listed(class_id=class_id(HERE, "2026101")),
            "grade": listed(grade=1),
            "name": listed(term=term_of(NAME)),
            "number": listed(term=term_of(number)),
            "count": queries.count(Question(scope=who.scope)) > 0,
            "count of a search": queries.count(Question(scope=who.scope, term=term_of(NAME))) > 0,
            "class list": student in {seat.id for seat in queries.seats_of(class_id(HERE, "2026101"))},
            "class count": one.pupils > 0,
            "school": queries.totals_of_schools([PLACES[HERE]])[PLACES[HERE]].pupils > 0,
            "below": any(t.pupils for t in queries.totals_below(who.scope, [who.scope.lo]).values()),
        }


def numbers_of(student: UUID) -> list[str]:
    with acting(actor(REGISTRAR).scope):
        record = queries.record_of(student)
        assert record is not None
        assert record.number is not None
        return [record.number.value]


def test_the_pupil_is_in_no_list_and_no_count_from_the_filing_on() -> None:
    student = enrolled(NAME)
    assert [name for name, is_shown in shown(student).items() if not is_shown] == ["left"]
    case = told(student)
    assert not any(shown(student).values())
    approved(case, LEADER, COUNTY)
    assert not any(shown(student).values())
    with acting(actor(REGISTRAR).scope):
        asked = Question(scope=actor(REGISTRAR).scope, state=ANY, term=term_of(NAME))
        assert [one.id for one in queries.find(asked).pupils] == [student]
        assert queries.find(Question(scope=actor(REGISTRAR).scope, state=OPEN)).pupils == ()


def test_no_page_with_pupils_shows_the_name() -> None:
    student = enrolled(NAME)
    told(student)
    browser = as_(REGISTRAR)
    for address in ("/pupils/", f"/classes/{class_id(HERE, '2026101')}/"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert NAME not in text_of(answer)


def test_nobody_can_follow_the_case_by_a_code() -> None:
    student = enrolled(NAME)
    assert filed("death", student, TOLD, by=REGISTRAR).tracking_code == ""
    assert not Tracking.everywhere.using("owner").filter(student_id=student).exists()


@pytest.mark.parametrize("end", ["refused", "withdrawn", "undone"])
def test_what_was_wrong_is_taken_back_exactly(end: str) -> None:
    student = enrolled(NAME)
    before, counts = truth_of(student), headcounts()
    case = told(student)
    assert headcounts() == recounted() != counts
    if end == "refused":
        cases.refuse(case, reason_code="data_mismatch", by=actor(LEADER), today=TODAY)
    elif end == "withdrawn":
        cases.withdraw(case, by=actor(REGISTRAR), today=TODAY)
    else:
        approved(case, LEADER, COUNTY)
        assert headcounts() == recounted()
        cases.undo(case, reason="误报", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts == recounted()
    assert shown(student)["list"]


def test_other_cases_of_the_pupil_are_over_when_the_enrolment_ends() -> None:
    student = enrolled(NAME)
    other = filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    case = told(student)
    assert state_of(other.id) == State.WITH_DESK
    approved(case, LEADER, COUNTY)
    assert state_of(other.id) == State.WITHDRAWN
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM status_turn WHERE student_id = %s AND ended_on IS NULL", [student]
        )
        assert cursor.fetchone() == (0,)


def state_of(case: UUID) -> str:
    return str(Case.everywhere.using("owner").get(id=case).state)


def test_a_pupil_who_was_restored_is_shown_again() -> None:
    student = enrolled(NAME)
    approved(told(student), LEADER, COUNTY)
    typed = {"reason": "mistake", "class_id": class_id(HERE, "2026101"), "note": "误报"}
    approved(filed("restoration", student, typed, by=REGISTRAR).id, LEADER, COUNTY)
    assert [name for name, is_shown in shown(student).items() if not is_shown] == ["left"]


def test_nobody_moves_to_another_class_while_a_death_is_reported() -> None:
    student = enrolled(NAME)
    told(student)
    grade = Class.everywhere.using("owner").get(pk=class_id(HERE, "2026102")).grade_id
    registrar = actor(REGISTRAR)
    with acting(registrar.scope), pytest.raises(RequestUnfit) as refused:
        class_requests.propose(grade, {student: "2026102"}, by=registrar, today=TODAY)
    assert "not-in-grade" in [one.code for one in refused.value.faults]


def test_who_is_hidden_goes_along_when_the_class_is_merged() -> None:
    student, other = enrolled(NAME), enrolled("测同班", 1)
    told(student)
    grade = Class.everywhere.using("owner").get(pk=class_id(HERE, "2026102")).grade_id
    registrar, leader = actor(REGISTRAR), actor(LEADER)
    with acting(registrar.scope):
        request = class_requests.propose(
            grade, {other: "2026102"}, closes=["2026101"], by=registrar, today=TODAY
        )
        view = class_request_queries.request_of(request)
    assert view is not None
    assert ([one.student_id for one in view.moves], view.line.pupils) == ([other], 1)
    with acting(leader.scope):
        class_requests.decide(request, approve=True, by=leader, today=TODAY)
    kept = Enrolment.everywhere.using("owner").get(student_id=student)
    assert kept.class_of_id == class_id(HERE, "2026102")
    assert headcounts() == recounted()


@pytest.mark.parametrize("end", ["withdrawn", "undone"])
def test_a_wrong_report_is_taken_back_although_the_class_was_merged_meanwhile(end: str) -> None:
    student = enrolled(NAME)
    case = told(student)
    merged_into = class_id(HERE, "2026102")
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE students_enrolment SET class_of_id = %s", [merged_into])
        cursor.execute("UPDATE students_headcount SET class_of_id = %s WHERE count > 0", [merged_into])
    if end == "withdrawn":
        cases.withdraw(case, by=actor(REGISTRAR), today=TODAY)
    else:
        approved(case, LEADER, COUNTY)
        cases.undo(case, reason="误报", by=actor("o330900"), today=TODAY)
    assert headcounts() == recounted() == {(merged_into, "01"): 1}


def test_another_school_matches_nobody_who_died_and_again_a_pupil_restored_after_a_wrong_report() -> None:
    student = enrolled(NAME)
    number, there = pupil()["document_number"], actor(f"r{OTHER_PROVINCE}")
    approved(told(student), LEADER, COUNTY)
    with pytest.raises(NoMatch):
        match(number=number, name=NAME, by=there, now=timezone.now())
    typed = {"reason": "mistake", "class_id": class_id(HERE, "2026101"), "note": "误报"}
    approved(filed("restoration", student, typed, by=REGISTRAR).id, LEADER, COUNTY)
    assert match(number=number, name=NAME, by=there, now=timezone.now()).student_id == student


def test_no_code_of_the_child_answers_after_a_death_and_each_does_after_its_undo() -> None:
    student = enrolled(NAME)
    code = filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}").tracking_code

    def answers() -> bool:
        return tracking.look_up(code, address="192.0.2.1", now=timezone.now()) is not None

    assert answers()
    case = told(student)
    assert not answers()
    approved(case, LEADER, COUNTY)
    assert not answers()
    cases.undo(case, reason="误报", by=actor("o330900"), today=TODAY)
    assert answers()


def test_a_placement_ends_with_the_death_and_no_ordinary_role_reads_that_it_did() -> None:
    student = enrolled(NAME)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """INSERT INTO status_placement (student_id, id, place, school_place, since)
               SELECT id, id, place, place, '2026-08-01' FROM students_student WHERE id = %s""",
            [student],
        )
    before = truth_of(student)
    case = told(student)
    approved(case, LEADER, COUNTY)
    until = Placement.everywhere.using("owner").get(student_id=student).until
    assert until == date.fromisoformat(TOLD["died_on"])
    with acting(actor(COUNTY).scope), connections["default"].cursor() as cursor:
        cursor.execute('SELECT DISTINCT "table" FROM status_effect WHERE case_id = %s', [case])
        assert {row[0] for row in cursor.fetchall()} == {"students_enrolment"}
    cases.undo(case, reason="误报", by=actor("o330900"), today=TODAY)
    assert truth_of(student) == before
