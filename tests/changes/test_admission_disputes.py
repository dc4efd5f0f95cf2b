"""Two schools admit the same child: a dispute opens by itself, and one school has the child in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from tests.changes.admissions import (
    FIRST,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    SECOND,
    admissions,
    checked,
    child,
    codes,
    given_in,
    issued,
)
from tests.factories import TODAY, actor, pupil, school
from tests.races import at_once
from xueji.access.scope import NotAllowed, acting
from xueji.changes.actions import rosters
from xueji.changes.actions.admissions import arrivals, disputes, lists, undoing
from xueji.changes.actions.problems import decisions, papers, statements
from xueji.changes.actions.problems.cases import NoSuchCase, NotNow
from xueji.changes.models import Case, CaseParty, RosterBatch, RosterRow
from xueji.changes.queries import admissions as queries
from xueji.changes.rules.admission_disputes import NOWHERE
from xueji.changes.rules.problem_records import CaseState
from xueji.changes.rules.roster_steps import Act, State
from xueji.lib.errors import Refused
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

PDF = b"%PDF-1.4 proof"
ABOVE = "o330000"


def the_case() -> Case:
    found: Case = Case.everywhere.using("owner").exclude(state=CaseState.DRAFT).get()
    return found


def answers(case: Case, identifier: str, *, attends: bool) -> Case:
    """Let a school answer, with its proof where it insists."""
    by = actor(f"r{identifier}")
    if attends:
        papers.file_evidence(case.id, by=by, kind="attendance", file_name="在校证明.pdf", content=PDF)
    return disputes.state(
        case.id,
        attends=attends,
        since=TODAY if attends else None,
        statement="已核对班级名单",
        by=by,
        today=TODAY,
    )


def typed(n: int, **changed: Any) -> dict[str, str]:
    """Return the n-th child of the lists as a school types it into a roster."""
    return pupil(n, name=child(n)["name"], document_number=child(n)["document_number"], **changed)


def enrols(n: int, identifier: str = SECOND) -> RosterBatch:
    batch, _ = rosters.enrol_one(
        typed(n), school=school(identifier), by=actor(f"r{identifier}"), today=TODAY, door="form"
    )
    assert batch is not None
    return batch


def states() -> dict[int, str]:
    return {a.place: a.state for a in admissions()}


def approved(batch: RosterBatch, identifier: str, officer: str) -> RosterBatch:
    for by in (f"l{identifier}", officer):
        batch = rosters.decide(batch.id, act=Act.APPROVE, by=actor(by), today=TODAY)
    return batch


@pytest.fixture
def two_lists() -> Case:
    """A child whom two lists admit to two schools of one prefecture."""
    issued([child(0)])
    issued([child(0, OTHER_COUNTY)], by="o330903")
    return the_case()


def test_two_lists_of_one_child_open_a_dispute_at_the_lowest_common_authority(two_lists: Case) -> None:
    assert (two_lists.problem, two_lists.desk_place, two_lists.state) == (
        "admission-duplicate",
        330900_000000,
        CaseState.WITH_SCHOOLS,
    )
    parties = CaseParty.everywhere.using("owner").filter(case=two_lists)
    assert {p.place for p in parties} == {school(FIRST).place, school(OTHER_COUNTY).place}


def test_the_second_list_says_so_before_it_is_issued() -> None:
    issued([child(0)])
    assert codes(checked([child(0, OTHER_COUNTY)], by="o330903")) == [(1, "admitted-elsewhere")]


def test_a_school_in_dispute_cannot_register_the_child(two_lists: Case) -> None:
    mine = next(a for a in admissions() if a.place == school(FIRST).place)
    with pytest.raises(arrivals.NotAwaited):
        arrivals.report(
            [mine.id], class_number="2026101", school=school(FIRST), by=actor(f"r{FIRST}"), today=TODAY
        )
    batch, found = rosters.enrol_one(
        typed(0), school=school(FIRST), by=actor(f"r{FIRST}"), today=TODAY, door="form"
    )
    assert batch is None
    assert found.checked.findings["code"].to_list() == ["admission-disputed"]


def test_the_same_answer_settles_it(two_lists: Case) -> None:
    answers(two_lists, FIRST, attends=True)
    assert the_case().state == CaseState.WITH_SCHOOLS
    answers(two_lists, OTHER_COUNTY, attends=False)
    assert (the_case().state, the_case().outcome) == (CaseState.CLOSED, "attends-here")
    assert states() == {school(FIRST).place: "awaited", school(OTHER_COUNTY).place: "elsewhere"}
    approved(enrols(0, FIRST), FIRST, "o330902")
    assert Enrolment.everywhere.using("owner").filter(ended_on=None).count() == 1


def test_where_both_insist_the_common_authority_decides(two_lists: Case) -> None:
    for identifier in (FIRST, OTHER_COUNTY):
        answers(two_lists, identifier, attends=True)
    assert the_case().state == CaseState.WITH_DESK
    with pytest.raises(Refused):
        disputes.decide(
            two_lists.id, school=school(FIRST).place, reason="不在本单位", by=actor("o330902"), today=TODAY
        )
    disputes.decide(
        two_lists.id,
        school=school(OTHER_COUNTY).place,
        reason="在校记录属实",
        by=actor("o330900"),
        today=TODAY,
    )
    assert states() == {school(FIRST).place: "elsewhere", school(OTHER_COUNTY).place: "awaited"}
    told = {p.place: p.outcome for p in CaseParty.everywhere.using("owner").all()}
    assert told == {school(FIRST).place: "attends-other", school(OTHER_COUNTY).place: "attends-here"}


def test_who_insists_needs_the_proof_and_the_day(two_lists: Case) -> None:
    by = actor(f"r{FIRST}")
    with pytest.raises(statements.PapersMissing):
        disputes.state(two_lists.id, attends=True, since=TODAY, statement="在校", by=by, today=TODAY)
    with pytest.raises(disputes.DayMissing):
        disputes.state(two_lists.id, attends=True, statement="在校", by=by, today=TODAY)


def test_nobody_has_the_child(two_lists: Case) -> None:
    for identifier in (FIRST, OTHER_COUNTY):
        answers(two_lists, identifier, attends=False)
    assert the_case().state == CaseState.CLOSED
    assert set(states().values()) == {"elsewhere"}


def test_a_school_that_gave_the_child_up_is_not_chosen(two_lists: Case) -> None:
    answers(two_lists, FIRST, attends=False)
    late = the_case()
    assert late.due_on is not None
    with pytest.raises(decisions.OutcomeNotOpen):
        disputes.decide(
            two_lists.id,
            school=school(FIRST).place,
            reason="逾期未说明",
            by=actor("o330900"),
            today=late.due_on.replace(month=late.due_on.month + 1),
        )
    disputes.decide(
        two_lists.id,
        school=NOWHERE,
        reason="均不在读",
        by=actor("o330900"),
        today=late.due_on.replace(month=late.due_on.month + 1),
    )
    assert set(states().values()) == {"elsewhere"}


def test_a_third_school_joins_the_dispute(two_lists: Case) -> None:
    issued([child(0, OTHER_PROVINCE)], by="o510104")
    case = the_case()
    assert (case.id, case.desk_place) == (two_lists.id, 0)
    assert CaseParty.everywhere.using("owner").filter(case=case).count() == 3


def test_a_roster_about_a_child_on_a_list_of_another_school_opens_it_when_submitted() -> None:
    issued([child(0)])
    batch = enrols(0)
    assert batch.accepted == 0
    case = the_case()
    assert (case.problem, case.desk_place) == ("admission-duplicate", 330902_000000)
    answers(case, FIRST, attends=False)
    answers(case, SECOND, attends=True)
    following = RosterBatch.everywhere.using("owner").get(door="problem")
    assert following.state == State.WITH_LEADER
    approved(following, SECOND, "o330902")
    assert Enrolment.everywhere.using("owner").get().place == school(SECOND).place
    assert states() == {school(FIRST).place: "elsewhere"}


def test_a_list_about_a_child_on_a_roster_takes_the_row_into_the_dispute() -> None:
    batch = enrols(0)
    issued([child(0)])
    row = RosterRow.everywhere.using("owner").get(batch_id=batch.id)
    assert (row.state, row.reason) == ("elsewhere", "admitted-elsewhere")
    case = the_case()
    answers(case, SECOND, attends=False)
    answers(case, FIRST, attends=True)
    assert states() == {school(FIRST).place: "awaited"}
    approved(enrols(0, FIRST), FIRST, "o330902")
    assert Enrolment.everywhere.using("owner").get().place == school(FIRST).place


def test_a_roster_taken_back_ends_the_dispute_and_the_list_stands() -> None:
    issued([child(0)])
    batch = enrols(0)
    rosters.undo(batch.id, by=actor(f"r{SECOND}"), today=TODAY)
    assert the_case().state == CaseState.CLOSED
    approved(enrols(0, FIRST), FIRST, "o330902")
    assert states() == {school(FIRST).place: "registered"}


def test_a_dispute_is_not_answered_as_a_problem_record(two_lists: Case) -> None:
    with pytest.raises(statements.AnotherQuestion):
        statements.state(two_lists.id, by=actor(f"r{FIRST}"), remedy="delete", statement="不在", today=TODAY)


def test_a_school_sees_its_own_answer_and_the_desk_sees_all(two_lists: Case) -> None:
    answers(two_lists, FIRST, attends=True)

    def seen_by(name: str) -> Any:
        with acting(actor(name).scope):
            return queries.dispute_of(two_lists.id, by=actor(name), today=TODAY)

    own, desk = seen_by(f"r{OTHER_COUNTY}"), seen_by("o330900")
    assert [one.place for one in own.answers] == [school(OTHER_COUNTY).place]
    assert own.can_answer
    assert not own.can_decide
    assert len(desk.answers) == 2
    assert seen_by(f"r{SECOND}") is None
    with pytest.raises(NoSuchCase):
        disputes.state(two_lists.id, attends=False, statement="无关", by=actor(f"r{SECOND}"), today=TODAY)


# Undo -------------------------------------------------------------------------------------------


def told() -> dict[str, list[str]]:
    """Return what a decision may touch, as text, in order."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for table, less in (
            ("changes_case", "- 'version'"),
            ("changes_caseparty", ""),
            ("changes_admission", ""),
            ("changes_rosterclaim", ""),
        ):
            cursor.execute(f"SELECT (to_jsonb(t) {less})::text FROM {table} t ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def decided(case: Case, winner: str | None, *, by: str = "o330900", today: date = TODAY) -> Case:
    chosen = NOWHERE if winner is None else school(winner).place
    return disputes.decide(case.id, school=chosen, reason="在校记录属实", by=actor(by), today=today)


def undone(case: Case, *, by: str = ABOVE, today: date = TODAY) -> Case:
    return undoing.undo(case.id, reason="证明系伪造", by=actor(by), today=today)


@pytest.mark.parametrize("winner", [FIRST, OTHER_COUNTY])
def test_the_undo_of_a_decision_is_its_exact_inverse_and_the_desk_decides_anew(
    two_lists: Case, winner: str
) -> None:
    for identifier in (FIRST, OTHER_COUNTY):
        answers(two_lists, identifier, attends=True)
    before = told()
    decided(two_lists, winner)
    assert told() != before
    undone(two_lists)
    assert told() == before
    decided(two_lists, FIRST)
    assert states() == {school(FIRST).place: "awaited", school(OTHER_COUNTY).place: "elsewhere"}


def test_a_decision_past_the_time_of_a_silent_school_goes_back_to_the_schools(two_lists: Case) -> None:
    answers(two_lists, FIRST, attends=True)
    before, late = told(), TODAY + timedelta(days=20)
    decided(two_lists, None, today=late)
    undone(two_lists, today=late)
    assert told() == before


def test_the_roster_that_a_decision_sent_on_is_taken_back_with_it() -> None:
    issued([child(0)])
    batch = enrols(0)
    assert batch.accepted == 0
    case = the_case()
    for identifier in (FIRST, SECOND):
        answers(case, identifier, attends=True)
    before = told()
    decided(case, SECOND, by="o330902")
    following = RosterBatch.everywhere.using("owner").get(door="problem")
    undone(case, by="o330900")
    assert told() == before
    following.refresh_from_db(using="owner")
    assert following.state == State.WITHDRAWN
    # Once its leader has approved, the school takes it back first.
    decided(case, SECOND, by="o330902")
    following = RosterBatch.everywhere.using("owner").get(door="problem", state=State.WITH_LEADER)
    rosters.decide(following.id, act=Act.APPROVE, by=actor(f"l{SECOND}"), today=TODAY)
    with pytest.raises(undoing.CannotUndo):
        undone(case, by="o330900")
    rosters.undo(following.id, by=actor(f"r{SECOND}"), today=TODAY)
    undone(case, by="o330900")
    assert told() == before


def has_come(case: Case) -> None:
    enrols(0, FIRST)


def was_registered(case: Case) -> None:
    approved(enrols(0, FIRST), FIRST, "o330902")


def noted_as_not_come(case: Case) -> None:
    (mine,) = [a.id for a in admissions() if a.place == school(FIRST).place]
    arrivals.not_come([mine], reason="declined", by=actor(f"r{FIRST}"), today=TODAY)


def list_taken_back(case: Case) -> None:
    (won,) = [a.list_id for a in admissions() if a.place == school(FIRST).place]
    lists.withdraw(won, by=actor("o330902"), today=TODAY)


def another_dispute(case: Case) -> None:
    issued([child(0, SECOND)])


@pytest.mark.parametrize(
    "later", [has_come, was_registered, noted_as_not_come, list_taken_back, another_dispute]
)
def test_an_undo_is_refused_with_the_reason_where_a_later_fact_stands_on_it(
    two_lists: Case, later: Callable[[Case], None]
) -> None:
    for identifier in (FIRST, OTHER_COUNTY):
        answers(two_lists, identifier, attends=True)
    decided(two_lists, FIRST)
    later(two_lists)
    before = told()
    with pytest.raises(undoing.CannotUndo) as refused:
        undone(two_lists)
    assert "先" in refused.value.zh or "学籍变动" in refused.value.zh
    assert told() == before


def test_an_undo_has_thirty_days_a_reason_and_belongs_to_the_authority_above(two_lists: Case) -> None:
    with pytest.raises(NotNow):
        undone(two_lists)
    for identifier in (FIRST, OTHER_COUNTY):
        answers(two_lists, identifier, attends=True)
    decided(two_lists, FIRST)
    for by in ("o330900", "o000000"):
        with pytest.raises(undoing.NotYourTurn):
            undone(two_lists, by=by)
    with pytest.raises(NotAllowed):
        undone(two_lists, by="l330902")
    with pytest.raises(decisions.ReasonMissing):
        undoing.undo(two_lists.id, reason=" ", by=actor(ABOVE), today=TODAY)
    with pytest.raises(undoing.CannotUndo):
        undone(two_lists, today=TODAY + timedelta(days=31))
    undone(two_lists, today=TODAY + timedelta(days=30))


# Races ------------------------------------------------------------------------------------------


def test_two_lists_issued_at_once_open_one_dispute() -> None:
    for n in range(3):
        here, there = given_in([child(n)]), given_in([child(n, OTHER_COUNTY)], by="o330903")
        leaders = actor("l330902"), actor("l330903")

        def issues(list_id: UUID, by: Any) -> Callable[[], Any]:
            return lambda: lists.issue(list_id, by=by, today=TODAY)

        at_once(issues(here.id, leaders[0]), issues(there.id, leaders[1]))
        cases = Case.everywhere.using("owner").filter(name=child(n)["name"])
        assert cases.count() == 1
        assert CaseParty.everywhere.using("owner").filter(case__in=cases).count() == 2


def test_a_list_and_a_roster_at_once_never_enrol_a_child_twice() -> None:
    leader, registrar, where = actor("l330902"), actor(f"r{SECOND}"), school(SECOND)
    for n in range(3):
        found = given_in([child(n)])
        values = typed(n)

        def enrol(values: dict[str, str] = values) -> Any:  # bound now, as each round has its own
            return rosters.enrol_one(values, school=where, by=registrar, today=TODAY, door="form")[0]

        def issue(list_id: UUID = found.id) -> Any:
            return lists.issue(list_id, by=leader, today=TODAY)

        batch, _ = at_once(enrol, issue)
        assert batch is not None
        # Whoever was seen by nobody at that moment is seen when the roster moves on.
        batch = approved(batch, SECOND, "o330902")
        assert Enrolment.everywhere.using("owner").filter(ended_on=None).count() == 0
        case = Case.everywhere.using("owner").get(name=values["name"], state=CaseState.WITH_SCHOOLS)
        answers(case, FIRST, attends=True)
        answers(case, SECOND, attends=False)
        approved(enrols(n, FIRST), FIRST, "o330902")
        assert Enrolment.everywhere.using("owner").filter(ended_on=None).count() == 1
        Enrolment.everywhere.using("owner").update(ended_on=TODAY)


def test_two_answers_at_once_settle_once(two_lists: Case) -> None:
    by = {identifier: actor(f"r{identifier}") for identifier in (FIRST, OTHER_COUNTY)}
    papers.file_evidence(two_lists.id, by=by[FIRST], kind="attendance", file_name="证明.pdf", content=PDF)

    def says(identifier: str, attends: bool) -> Callable[[], Any]:
        return lambda: disputes.state(
            two_lists.id,
            attends=attends,
            since=TODAY if attends else None,
            statement="已核对",
            by=by[identifier],
            today=TODAY,
        )

    at_once(says(FIRST, True), says(OTHER_COUNTY, False))
    assert the_case().state == CaseState.CLOSED
    assert states() == {school(FIRST).place: "awaited", school(OTHER_COUNTY).place: "elsewhere"}
