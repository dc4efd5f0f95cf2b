"""Graduation with the real database: who leaves, what is set aside, what is undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connections

from tests.factories import actor, pupil
from tests.status.cases import NEXT_DOOR, enrolled, filed, headcounts, recounted, truth_of
from tests.status.leavers import (
    LEADER,
    NAMES,
    OFFICER,
    REGISTRAR,
    SUMMER,
    graduated,
    last_grade,
    leavers,
    proposed,
)
from tests.web.registered import register
from xueji.access.scope import NotAllowed
from xueji.organisations.rules import rule_packs
from xueji.status.actions import cases, graduations
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn, OwnWork, ReasonMissing
from xueji.status.actions.graduations import ChoicesUnfit, GradeStopped, NoSuchGraduation
from xueji.status.models import Graduation, GraduationPupil
from xueji.status.queries.graduations import decided_below, history, last_grades, listed, waiting_at
from xueji.status.rules.graduation import Choice, State

SUSPENDED = {"reason": "10", "since": "2027-07-01", "until": "2027-12-31"}

pytestmark = pytest.mark.usefixtures("db")


def enrolments(*students: UUID) -> list[tuple[str, date | None]]:
    """Return (state, last day) of the last enrolment of each pupil."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT student_id, state, ended_on FROM students_enrolment WHERE student_id = ANY(%s)",
            [list(students)],
        )
        found = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    return [found[student] for student in students]


def classes_of(grade: int) -> dict[str, bool]:
    """Return which classes of a grade are open, and the grade itself under its number of entry."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT number, closed_on IS NULL FROM organisations_class WHERE grade_id = %s ORDER BY number",
            [grade],
        )
        return dict(cursor.fetchall())


def events_of(student: UUID) -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT act FROM audit_event WHERE subject_id = %s AND act LIKE 'status.graduation%%' ORDER BY id",
            [student],
        )
        return [row[0] for row in cursor.fetchall()]


def test_a_grade_leaves_by_the_decision_of_its_school_and_its_classes_close() -> None:
    students = leavers()
    request = graduated()
    assert enrolments(*students) == [("07", SUMMER)] * 3
    assert request.state == State.DONE
    assert headcounts() == recounted() == {}
    assert [events_of(student) for student in students] == [["status.graduation.leave"]] * 3
    assert classes_of(request.grade_id) == {"2026101": False, "2026102": False, "2026103": True}


def test_the_grade_closes_with_its_last_class() -> None:
    leavers()
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisations_class SET closed_on = '2027-01-01' WHERE number = '2026103'")
    request = graduated()
    assert request.is_grade_closed
    undone = graduations.undo(request.id, reason="误办", by=actor(OFFICER), today=SUMMER)
    assert not undone.is_grade_closed
    assert classes_of(request.grade_id) == {"2026101": True, "2026102": True, "2026103": False}


def test_the_dry_run_is_the_run() -> None:
    students = leavers()
    filed("suspension", students[1], SUSPENDED, by=REGISTRAR)
    before = [truth_of(student) for student in students]
    request = proposed()
    _, preview = graduations.look_ahead(request.id, by=actor(LEADER))
    assert [truth_of(student) for student in students] == before
    graduations.approve(request.id, by=actor(LEADER), today=SUMMER)
    gone = {one.student_id for one in listed(request.id, using="owner") if one.state == "done"}
    assert gone == {line.student_id for line in preview.standing.going}
    assert preview.standing.classes_left_empty == ("1班",)
    assert classes_of(request.grade_id) == {"2026101": False, "2026102": True, "2026103": True}


def test_a_blocked_pupil_is_set_aside_and_never_stops_the_others() -> None:
    students = leavers()
    filed("suspension", students[0], SUSPENDED, by=REGISTRAR)
    graduated()
    assert enrolments(*students) == [("01", None), ("07", SUMMER), ("07", SUMMER)]
    (aside,) = [one for one in listed(the_request().id, using="owner") if one.state == "aside"]
    assert (aside.student_id, aside.aside) == (students[0], ("open-case",))


def test_who_was_set_aside_leaves_by_a_later_request_of_the_same_grade() -> None:
    students = leavers()
    case = filed("suspension", students[0], SUSPENDED, by=REGISTRAR)
    graduated()
    cases.withdraw(case.id, by=actor(REGISTRAR), today=SUMMER)
    graduated(today=SUMMER + timedelta(days=2))
    assert enrolments(students[0]) == [("07", SUMMER + timedelta(days=2))]


def at_the_next_school(student: UUID) -> None:
    """Register the first of the leavers at the junior school, over its desks."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT name FROM students_student WHERE id = %s", [student])
        (name,) = cursor.fetchone()
    register(pupil(0, name=name, class_number="2026201"), identifier="3133000001", officer=OFFICER)


def the_request() -> Graduation:
    """Return the only request that took effect."""
    found: Graduation = Graduation.everywhere.using("owner").get(state="done")
    return found


def test_a_school_says_who_completes_and_who_stays_and_where_each_goes() -> None:
    first, second, third = leavers()
    request = graduations.begin(last_grade(), by=actor(REGISTRAR), today=SUMMER)
    graduations.choose(
        request.id,
        {
            first: Choice("08", "", "未修满课程"),
            second: Choice("00", "", "申请延期"),
            third: Choice("07", "16", ""),
        },
        by=actor(REGISTRAR),
        today=SUMMER,
    )
    graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    graduations.approve(request.id, by=actor(LEADER), today=SUMMER)
    assert enrolments(first, second, third) == [("08", SUMMER), ("01", None), ("07", SUMMER)]


def test_destinations_can_be_told_after_the_effect_and_outcomes_cannot() -> None:
    first, *_ = leavers()
    request = graduated()
    graduations.choose(request.id, {first: Choice("08", "16", "改")}, by=actor(REGISTRAR), today=SUMMER)
    assert graduations.set_destination(request.id, "14", by=actor(REGISTRAR), today=SUMMER) == 2
    kept = {one.student_id: (one.outcome, one.destination) for one in listed(request.id, using="owner")}
    assert kept[first] == ("07", "16")
    assert sorted(one[1] for one in kept.values()) == ["14", "14", "16"]


def test_what_cannot_be_said_of_a_pupil_is_refused_by_name() -> None:
    first, *_ = leavers()
    request = graduations.begin(last_grade(), by=actor(REGISTRAR), today=SUMMER)
    with pytest.raises(ChoicesUnfit) as refused:
        graduations.choose(request.id, {first: Choice("09", "", "离校")}, by=actor(REGISTRAR), today=SUMMER)
    assert list(refused.value.faults) == [first]


@pytest.mark.parametrize("is_by_all", [True, False], ids=["whole", "one-pupil"])
def test_an_undo_is_the_exact_inverse(is_by_all: bool) -> None:
    students = leavers()
    before = [truth_of(student) for student in students]
    counts, grade = headcounts(), classes_of(last_grade())
    request = graduated()
    chosen = None if is_by_all else students[:1]
    undone = graduations.undo(request.id, reason="误办", by=actor(OFFICER), today=SUMMER, students=chosen)
    number = 3 if is_by_all else 1
    assert [truth_of(student) for student in students[:number]] == before[:number]
    assert headcounts() == recounted()
    assert (undone.state == State.UNDONE) is is_by_all
    if is_by_all:
        assert (headcounts(), classes_of(last_grade())) == (counts, grade)


def test_an_undo_stops_where_a_later_fact_stands_and_leaves_the_other_pupils_free() -> None:
    students = leavers()
    request = graduated()
    at_the_next_school(students[0])
    later = SUMMER + timedelta(days=20)
    with pytest.raises(CannotUndo, match="1 名学生已有新的学籍"):
        graduations.undo(request.id, reason="误办", by=actor(OFFICER), today=later)
    graduations.undo(request.id, reason="误办", by=actor(OFFICER), today=later, students=students[1:])
    assert enrolments(*students[1:]) == [("01", None)] * 2


def test_an_undo_has_thirty_days_a_reason_and_belongs_to_the_authority_above() -> None:
    leavers()
    request = graduated()
    with pytest.raises(CannotUndo):
        graduations.undo(request.id, reason="误办", by=actor(OFFICER), today=SUMMER + timedelta(days=31))
    with pytest.raises(ReasonMissing):
        graduations.undo(request.id, reason=" ", by=actor(OFFICER), today=SUMMER)
    with pytest.raises(NotYourTurn):
        graduations.undo(request.id, reason="误办", by=actor("o330000"), today=SUMMER)
    with pytest.raises(NotAllowed):
        graduations.undo(request.id, reason="误办", by=actor(LEADER), today=SUMMER)


def test_grade_twelve_is_approved_by_the_authority_and_undone_above_it() -> None:
    students = leavers(number=12, entry_year=2024)
    request = graduations.begin(last_grade(entry_year=2024), by=actor(REGISTRAR), today=SUMMER)
    graduations.choose(
        request.id, {students[0]: Choice("09", "", "学分不足")}, by=actor(REGISTRAR), today=SUMMER
    )
    graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    graduations.approve(request.id, by=actor(LEADER), today=SUMMER)
    assert enrolments(*students) == [("01", None)] * 3
    (waiting,) = waiting_at(actor(OFFICER).place, using="owner")
    assert (waiting.id, waiting.state, waiting.pupils) == (request.id, State.WITH_AUTHORITY, 3)
    with pytest.raises(NotAllowed):
        graduations.approve(request.id, by=actor(LEADER), today=SUMMER)
    done = graduations.approve(request.id, by=actor(OFFICER), today=SUMMER)
    assert enrolments(*students) == [("09", SUMMER), ("07", SUMMER), ("07", SUMMER)]
    assert [one.id for one in decided_below(330902 * 10**6, 330903 * 10**6, using="owner")] == [request.id]
    with pytest.raises(NotYourTurn):
        graduations.undo(done.id, reason="误办", by=actor(OFFICER), today=SUMMER)
    assert graduations.undo(done.id, reason="误办", by=actor("o330900"), today=SUMMER).state == State.UNDONE


def test_grade_twelve_goes_to_every_authority_that_the_province_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leavers(number=12, entry_year=2024)
    pack = replace(rule_packs.default(), senior_level=("county", "prefecture"))
    monkeypatch.setattr("xueji.status.actions.graduations.pack_for", lambda *_, **__: (1, pack))
    request = graduations.begin(last_grade(entry_year=2024), by=actor(REGISTRAR), today=SUMMER)
    graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    for who in (LEADER, OFFICER):
        waiting = graduations.approve(request.id, by=actor(who), today=SUMMER)
        assert waiting.state == State.WITH_AUTHORITY
    assert waiting.desk_place == actor("o330900").place
    done = graduations.approve(request.id, by=actor("o330900"), today=SUMMER)
    assert done.state == State.DONE
    with pytest.raises(NotYourTurn):
        graduations.undo(done.id, reason="误办", by=actor("o330900"), today=SUMMER)
    assert graduations.undo(done.id, reason="误办", by=actor("o330000"), today=SUMMER).state == State.UNDONE


def test_a_grade_that_is_not_the_last_of_its_school_is_stopped() -> None:
    """A six-year school set to 5-4-3 is caught the other way round: set right again, grade 5 is no last grade."""
    leavers(number=5, entry_year=2022)
    with pytest.raises(GradeStopped) as stopped:
        graduations.begin(last_grade(entry_year=2022), by=actor(REGISTRAR), today=SUMMER)
    assert [one.code for one in stopped.value.findings] == ["not-last"]


def test_nothing_is_proposed_before_june_and_no_day_is_to_come() -> None:
    leavers()
    with pytest.raises(GradeStopped):
        graduations.begin(last_grade(), by=actor(REGISTRAR), today=date(2027, 4, 30))
    request = graduations.begin(last_grade(), by=actor(REGISTRAR), today=date(2027, 5, 3))
    with pytest.raises(GradeStopped) as stopped:
        graduations.propose(
            request.id, graduates_on=date(2027, 6, 1), by=actor(REGISTRAR), today=date(2027, 5, 3)
        )
    assert [one.code for one in stopped.value.findings] == ["day-to-come"]


def test_opening_a_request_twice_gives_the_same_one() -> None:
    leavers()
    one, two = (graduations.begin(last_grade(), by=actor(REGISTRAR), today=SUMMER) for _ in range(2))
    assert one.id == two.id


def test_who_came_since_is_listed_at_the_proposal() -> None:
    leavers()
    request = graduations.begin(last_grade(), by=actor(REGISTRAR), today=SUMMER)
    enrolled("毕合成丁", 9, class_number="2025101")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """UPDATE students_enrolment SET class_of_id =
                   (SELECT id FROM organisations_class WHERE grade_id = %s AND number = '2026103')
               WHERE student_id = (SELECT id FROM students_student WHERE name = '毕合成丁')""",
            [last_grade()],
        )
    graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    assert {one.name for one in listed(request.id, using="owner")} == {*NAMES, "毕合成丁"}


def test_a_request_is_returned_with_a_reason_and_taken_back() -> None:
    leavers()
    request = proposed()
    with pytest.raises(ReasonMissing):
        graduations.send_back(request.id, reason="", by=actor(LEADER), today=SUMMER)
    returned = graduations.send_back(request.id, reason="去向不全", by=actor(LEADER), today=SUMMER)
    assert (returned.state, returned.reason) == (State.DRAFT, "去向不全")
    again = graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    with pytest.raises(NotNow):
        graduations.approve(request.id, by=actor(LEADER), today=SUMMER, version=again.version - 1)
    graduations.withdraw(request.id, by=actor(REGISTRAR), today=SUMMER)
    assert graduations.withdraw(request.id, by=actor(REGISTRAR), today=SUMMER).state == State.WITHDRAWN
    assert [one.act for one in history(request.id, using="owner")] == [
        "begin", "propose", "return", "propose", "withdraw", "withdraw"
    ]  # fmt: skip


def test_who_proposed_does_not_decide() -> None:
    leavers()
    request = proposed()
    Graduation.everywhere.using("owner").filter(pk=request.id).update(proposed_by=actor(LEADER).account_id)
    with pytest.raises(OwnWork):
        graduations.approve(request.id, by=actor(LEADER), today=SUMMER)


def test_a_school_neither_sees_nor_moves_another_one_s_grade() -> None:
    leavers()
    request = proposed()
    other = actor(f"r{NEXT_DOOR}")
    with pytest.raises(NoSuchGraduation):
        graduations.what_blocks(last_grade(), by=other, today=SUMMER)
    with pytest.raises(NoSuchGraduation):
        graduations.begin(last_grade(), by=other, today=SUMMER)
    with pytest.raises(NoSuchGraduation):
        graduations.approve(request.id, by=actor(f"l{NEXT_DOOR}"), today=SUMMER)


def test_a_school_s_last_grades_appear_in_may_and_stay_until_they_left() -> None:
    leavers()
    place = actor(REGISTRAR).place
    assert last_grades(place, today=date(2027, 4, 30), using="owner") == []
    (shown,) = last_grades(place, today=date(2027, 5, 1), using="owner")
    assert (shown.pupils, shown.request_id) == (3, None)
    request = graduated()
    (left,) = last_grades(place, today=SUMMER, using="owner")
    assert (left.pupils, left.request_id, left.request_state) == (0, request.id, State.DONE)


def test_the_next_school_s_roster_keeps_the_pupil_and_the_number() -> None:
    """Own admission (自主招生): whoever graduated is registered by the next school's roster on the same record."""
    (student,) = leavers("毕合成甲")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT index FROM students_identifier WHERE student_id = %s AND scheme = 'S'", [student]
        )
        before = [bytes(row[0]) for row in cursor.fetchall()]
    graduated()
    at_the_next_school(student)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT stage, state FROM students_enrolment WHERE student_id = %s ORDER BY ended_on NULLS LAST",
            [student],
        )
        assert cursor.fetchall() == [("primary", "07"), ("junior", "01")]
        cursor.execute(
            "SELECT index FROM students_identifier WHERE student_id = %s AND scheme = 'S'", [student]
        )
        assert [bytes(row[0]) for row in cursor.fetchall()] == before


def test_rows_in_are_rows_out() -> None:
    """Every pupil of the list either left, stays by choice, or is set aside with a reason."""
    students = leavers()
    filed("suspension", students[0], SUSPENDED, by=REGISTRAR)
    request = graduations.begin(last_grade(), by=actor(REGISTRAR), today=SUMMER)
    graduations.choose(request.id, {students[1]: Choice("00", "", "延期")}, by=actor(REGISTRAR), today=SUMMER)
    graduations.propose(request.id, graduates_on=SUMMER, by=actor(REGISTRAR), today=SUMMER)
    graduations.approve(request.id, by=actor(LEADER), today=SUMMER)
    states = sorted(GraduationPupil.everywhere.using("owner").values_list("state", flat=True))
    assert states == ["aside", "done", "listed"]
