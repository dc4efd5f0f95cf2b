"""What holds of every kind of change, of those that come later too: the table of kinds is walked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.status.rules.pupils import TODAY, class_of, pupil, school
from xueji.status.rules import marks as marks_
from xueji.status.rules.facts import Facts, MarkFacts
from xueji.status.rules.kind import Input, Kind, Starter
from xueji.status.rules.kinds import BY_CODE, KINDS, clashes
from xueji.status.rules.papers import BY_KIND
from xueji.status.rules.plans import Plan, Table, Write, plan, seats
from xueji.status.rules.routes import Desk, Party, Purpose, route
from xueji.status.rules.steps import ACT_NAMES, CLOSED, OPEN, STATE_NAMES, STEPS, Act, State, Who, acts_of

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
NEAR, FAR = school(), school(510104_000001, id=7)
MARKS = sorted({value for name, value in vars(marks_).items() if name.isupper() and isinstance(value, str)})


def value(field: Any, draw: Any) -> Any:
    """Return something that can be stated in a field, as it is kept."""
    match field.input:
        case Input.CODE:
            return draw(st.sampled_from(list(field.codes.by_code)))
        case Input.DAY:
            return (TODAY + timedelta(days=draw(st.integers(-60, 300)))).isoformat()
        case Input.CLASS | Input.NUMBER:
            return draw(st.integers(0, 99))
        case Input.SCHOOL:
            return "2133000001"
        case Input.YES:
            return draw(st.booleans())
        case _:
            return draw(st.sampled_from(["说明", "测试生", "330902"]))


@st.composite
def changes(draw: Any, kind: Kind) -> tuple[Facts, dict[str, Any]]:
    """A pupil somewhere between admission and graduation, and what is stated of a change."""
    grade = draw(st.integers(1, 12))
    is_far = kind.starter is Starter.RECEIVING_SCHOOL
    to = class_of(draw(st.integers(1, 12)), at=FAR if is_far else NEAR, id=55)
    kinds = draw(st.lists(st.sampled_from(MARKS or ["suspension"]), unique=True, max_size=2))
    facts = pupil(
        grade,
        state=draw(st.sampled_from(["01", "02", "06", "13", "15"])),
        to=to,
        ended_on=draw(st.sampled_from([None, None, None, date(2026, 6, 30)])),
        marks=tuple(
            MarkFacts(
                UUID(int=90 + n),
                one,
                date(2026, 3, 1),
                None,
                {"until": "2026-12-01", "grade": grade, "extensions": 0},
            )
            for n, one in enumerate(kinds)
        ),
    )
    facts = replace(facts, target_school=FAR if is_far else NEAR)
    fields = [one for one in kind.fields if one.is_required or draw(st.booleans())]
    return facts, {one.key: value(one, draw) for one in fields}


def plans_of(kind: Kind, facts: Facts, payload: dict[str, Any]) -> list[Plan]:
    """Return what the change would write; nothing where it is not allowed to."""
    if kind.obstacles(facts, payload):
        return []
    effects = [kind.effect, *([kind.effect_on_filing] if kind.effect_on_filing else [])]
    return [effect(facts, payload) for effect in effects]


@every_kind
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_inverse_of_the_inverse_is_the_plan_and_takes_back_every_seat(kind: Kind, data: Any) -> None:
    facts, payload = data.draw(changes(kind))
    for done in plans_of(kind, facts, payload):
        assert done.inverse().inverse() == done
        both = seats(Plan((*done.writes, *done.inverse().writes)))
        assert both == {}
        assert all(not write.is_empty for write in done.writes)
        # Every row says whose it is, so that no plan reaches another pupil.
        assert all(
            facts.student_id in (write.key.get("student_id"), write.key.get("id")) for write in done.writes
        )


@every_kind
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nobody_is_in_two_schools_or_in_none_but_by_an_end(kind: Kind, data: Any) -> None:
    facts, payload = data.draw(changes(kind))
    for done in plans_of(kind, facts, payload):
        writes = [write for write in done.writes if write.table is Table.ENROLMENT]
        opened = sum(
            (write.after is not None and write.after["ended_on"] is None)
            - (write.before is not None and write.before["ended_on"] is None)
            for write in writes
        )
        assert opened in ((0, -1) if facts.is_enrolled else (0, 1))


@every_kind
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_route_has_each_office_once_and_one_effect(kind: Kind, data: Any) -> None:
    facts, payload = data.draw(changes(kind))
    if kind.obstacles(facts, payload):
        return
    desks = kind.desks(facts, payload)
    assert desks
    assert len({desk.place for desk in desks}) == len(desks)
    assert [desk.has_effect for desk in desks].count(True) == 1
    effect = next(at for at, desk in enumerate(desks) if desk.has_effect)
    # Nobody decides on what took effect already; nobody takes note of what has not.
    assert all((desk.purpose is Purpose.FILE_FOR_RECORD) == (at > effect) for at, desk in enumerate(desks))
    assert tuple(Desk.from_json(desk.as_json()) for desk in desks) == desks


@every_kind
def test_it_says_its_source_its_papers_and_its_reasons(kind: Kind) -> None:
    assert kind.zh
    assert kind.en
    assert kind.source
    assert kind.refusals
    assert len({reason.code for reason in kind.refusals}) == len(kind.refusals)
    assert all(reason.article for reason in kind.refusals)
    assert len({field.key for field in kind.fields}) == len(kind.fields)
    for grade in (3, 11):
        assert {need.kind for need in kind.papers(pupil(grade, to=grade), {})} <= set(BY_KIND)


places = st.sampled_from([330902_000001, 330902_000000, 330900_000000, 330000_000000, 510104_000001, 0])


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Party)), places, st.booleans()).map(
            lambda one: Desk(one[0], one[1], has_effect=False)
        ),
        min_size=1,
        max_size=7,
    )
)
def test_a_route_asks_each_office_once_and_as_late_as_it_was_to_be_asked(desks: list[Desk]) -> None:
    made = route(desks)
    assert {desk.place for desk in made} == {desk.place for desk in desks}
    last = sorted({desk.place: at for at, desk in enumerate(desks)}.items(), key=lambda one: one[1])
    assert [desk.place for desk in made] == [place for place, _at in last]
    assert [desk.has_effect for desk in made] == [False] * (len(made) - 1) + [True]
    assert route(made) == made


rows = st.fixed_dictionaries(
    {
        "class_of_id": st.integers(1, 3),
        "state": st.sampled_from(["01", "02"]),
        "place": st.sampled_from([1, 2]),
        "ended_on": st.sampled_from([None, TODAY]),
    }
)


@given(st.lists(st.tuples(st.none() | rows, st.none() | rows), max_size=6))
def test_what_a_plan_adds_to_the_counts_its_inverse_takes_away(images: list[tuple[Any, Any]]) -> None:
    done = plan(Write(Table.ENROLMENT, {"id": n}, *pair) for n, pair in enumerate(images))
    added, taken = seats(done), seats(done.inverse())
    assert {seat: -by for seat, by in added.items()} == taken


# Steps -------------------------------------------------------------------------------------


def test_every_step_has_somebody_whose_step_it_is() -> None:
    assert {step.act for step in STEPS} == set(Act) == set(ACT_NAMES)
    assert set(STATE_NAMES) == set(State)
    assert all(
        step.source is State.WITH_DESK
        for step in STEPS
        if step.who is Who.DESK
    )  # fmt: skip
    assert len(set(STEPS)) == len(STEPS)


def test_every_case_can_end_from_every_state_that_can_be_reached() -> None:
    reached = {step.target for step in STEPS if step.source is None}
    while more := {step.target for step in STEPS if step.source in reached} - reached:
        reached |= more
    assert reached == set(State)
    ends = set(CLOSED)
    while more := {step.source for step in STEPS if step.source and step.target in ends} - ends:
        ends |= more
    assert ends == set(State)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_an_open_case_can_be_ended_by_an_office_and_not_by_time(state: State) -> None:
    assert Act.WITHDRAW in acts_of(state, Who.STARTER)
    assert Act.REFUSE not in acts_of(state, Who.SYSTEM)
    assert Act.APPROVE not in acts_of(state, Who.SYSTEM)


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_is_over_can_only_be_undone(state: State) -> None:
    assert {step.act for step in STEPS if step.source is state} <= {Act.UNDO}


# Clashes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    list(itertools.combinations_with_replacement(sorted(BY_CODE), 2)),
    ids=lambda code: code,
)
def test_two_kinds_clash_in_either_order(one: str, other: str) -> None:
    assert clashes(one, other) == clashes(other, one)
    if one == other:
        assert clashes(one, other)


def test_a_correction_runs_beside_a_transfer_and_a_suspension_does_not() -> None:
    assert not clashes("transfer", "correction")
    assert clashes("transfer", "suspension")
    assert not clashes("transfer", "death")
