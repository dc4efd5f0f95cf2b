"""Many cases decided in one sitting."""

from __future__ import annotations

import pytest

from tests.factories import TODAY, actor
from tests.status.cases import HERE, approved, enrolled, filed, truth_of
from xueji.lib import uuid7
from xueji.status.actions.many import MOST_AT_ONCE, TooManyAtOnce, approve_many, foresee_many, refuse_many
from xueji.status.models import Case
from xueji.status.rules.plans import Table
from xueji.status.rules.steps import State

pytestmark = pytest.mark.usefixtures("db")


def three() -> list[tuple[object, object]]:
    """File three changes of name and bring them to the authority's desk."""
    made = []
    for at, name in enumerate(("测甲", "测乙", "测丙")):
        student = enrolled(name, at)
        case = filed("key_data", student, {"name": name + "新"}, by=f"r{HERE}").id
        approved(case, f"l{HERE}")
        made.append((student, case))
    return made


def test_a_bad_case_never_stops_the_others_and_each_is_told() -> None:
    (_, first), (_, second), (_, third) = three()
    strange = uuid7.new()
    told = approve_many(
        [first, strange, second, second, third], by=actor("o330902"), today=TODAY, versions={second: 1}
    )
    assert [one.case_id for one in told] == [first, strange, second, third]
    assert [one.done.state if one.done else one.refused.code for one in told] == [
        State.COMPLETED, "not-found", "not-now", State.COMPLETED,
    ]  # fmt: skip
    assert Case.everywhere.using("owner").get(id=second).state == State.WITH_DESK


def test_the_dry_run_says_what_the_run_does_and_writes_nothing() -> None:
    (student, case), *_ = three()
    before = truth_of(student)
    (seen,) = foresee_many([case], by=actor("o330902"), today=TODAY)
    assert truth_of(student) == before
    assert seen.done.next_desk is None
    (write,) = seen.done.plan.writes
    assert (write.table, write.after["name"]) == (Table.STUDENT, "测甲新")
    (wrong,) = foresee_many([case], by=actor("o330903"), today=TODAY)
    assert wrong.refused.code == "not-your-turn"


def test_many_are_refused_for_one_reason_of_the_list() -> None:
    cases = [case for _, case in three()]
    told = refuse_many(cases, reason_code="papers_invalid", by=actor("o330902"), today=TODAY)
    assert {one.done.state for one in told} == {State.REFUSED}
    assert {
        one.refused.code for one in refuse_many(cases, reason_code="x", by=actor("o330902"), today=TODAY)
    } == {"not-now"}


def test_more_than_a_page_at_once_is_refused_before_anything_is_done() -> None:
    with pytest.raises(TooManyAtOnce):
        approve_many([uuid7.new() for _ in range(MOST_AT_ONCE + 1)], by=actor("o330902"), today=TODAY)
