"""The life of rosters, walked at random: whatever is tried in whatever order, the table of steps holds."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.changes.invariants import broken
from tests.changes.rosters_as_csv import as_csv, child, nameless
from tests.factories import TODAY, actor, school
from xueji.access.scope import NotAllowed, national
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch, RosterRow
from xueji.changes.rules.roster_steps import CLOSED, STEPS, Act, Desk, RowState, State, acts_at, step_from
from xueji.lib.errors import Refused

HERE, THERE = "2133000001", "2151000001"
USERS = {
    HERE: {Desk.REGISTRAR: "r2133000001", Desk.LEADER: "l2133000001", Desk.AUTHORITY: "o330902"},
    THERE: {Desk.REGISTRAR: "r2151000001", Desk.LEADER: "l2151000001", Desk.AUTHORITY: "o510104"},
}
EVERYBODY = sorted(
    {name for desks in USERS.values() for name in desks.values()} | {"o330903", "l330902", "a330902"}
)

# Files share children, so that rosters claim what others have; some rows are wrong.
FILES = {
    "two.csv": as_csv([child(0), child(1)]),
    "overlapping.csv": as_csv([child(1), child(2), nameless(3)]),
    "nameless.csv": as_csv([nameless(3), child(4)]),
    "faulty.csv": as_csv([child(5), {**child(6), "name": "合成9"}]),
    "hopeless.csv": as_csv([{**child(7), "name": "合成9"}]),
    "no roster.csv": b"a,b,c\n1,2,3\n",
}
acts = st.sampled_from(sorted(Act))
people = st.sampled_from(EVERYBODY)
schools = st.sampled_from([HERE, THERE])


class RostersLife(RuleBasedStateMachine):
    """What the rules below do to the registry, and what is expected of it."""

    cleaner: Any = None
    ends: Counter[State] = Counter()

    @initialize()
    def empty(self) -> None:
        self.cleaner.clean()
        self.states: dict[UUID, State] = {}
        self.schools = {identifier: school(identifier) for identifier in USERS}
        self.actors = {name: actor(name) for name in EVERYBODY}

    def batch(self, batch_id: UUID) -> RosterBatch:
        with national("commands") as using:
            return RosterBatch.everywhere.using(using).select_related("school").get(pk=batch_id)

    def chosen(self, data: Any) -> RosterBatch:
        return self.batch(data.draw(st.sampled_from(sorted(self.states)), label="batch"))

    def teardown(self) -> None:
        self.ends.update(getattr(self, "states", {}).values())

    def moved(self, batch: RosterBatch, to: State) -> None:
        """Check that the registry took the step we expected."""
        assert self.batch(batch.id).state == to
        self.states[batch.id] = to

    def may(self, name: str, batch: RosterBatch, act: Act) -> bool:
        """Return whether the table of steps lets this person do this now."""
        step = step_from(State(batch.state), act)
        return step is not None and USERS[batch.school.identifier][step.desk] == name

    @rule(name=st.sampled_from(sorted(FILES)), identifier=schools, checking=st.booleans())
    def upload(self, name: str, identifier: str, checking: bool) -> None:
        by = self.actors[USERS[identifier][Desk.REGISTRAR]]
        batch, is_new = rosters.receive(FILES[name], file_name=name, school=self.schools[identifier], by=by)
        assert is_new == (batch.id not in self.states)
        if is_new:
            self.moved(batch, State.UPLOADED)
        else:
            assert self.states[batch.id] is not State.WITHDRAWN
        if checking:
            self.examine(batch)

    @rule(name=people, identifier=schools)
    def upload_by_somebody_else(self, name: str, identifier: str) -> None:
        if name != USERS[identifier][Desk.REGISTRAR]:
            with pytest.raises(NotAllowed):
                rosters.receive(
                    FILES["two.csv"],
                    file_name="two.csv",
                    school=self.schools[identifier],
                    by=self.actors[name],
                )

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def check(self, data: Any) -> None:
        self.examine(self.chosen(data))

    def examine(self, before: RosterBatch) -> None:
        after = rosters.check_batch(before.id, today=TODAY)
        if before.state not in {State.UPLOADED, State.CHECKED, State.UNREADABLE}:
            assert (after.state, after.version) == (before.state, before.version)
            return
        readable = before.file_name != "no roster.csv"
        self.moved(before, State.CHECKED if readable else State.UNREADABLE)
        assert after.state == self.states[before.id]

    @precondition(lambda self: self.states)
    @rule(data=st.data(), name=people, act=acts, with_reason=st.booleans(), excepting=st.booleans())
    def act(self, data: Any, name: str, act: Act, with_reason: bool, excepting: bool) -> None:
        self.attempt(self.chosen(data), name, act, with_reason=with_reason, excepting=excepting)

    @precondition(lambda self: self.on_the_way())
    @rule(data=st.data(), excepting=st.booleans())
    def the_right_person_goes_on(self, data: Any, excepting: bool) -> None:
        """Take the first step of the table from where the batch is: walks alone would rarely arrive."""
        self.go_on(self.batch(data.draw(st.sampled_from(self.on_the_way()))), excepting=excepting)

    @precondition(lambda self: self.on_the_way())
    @rule(data=st.data())
    def the_right_people_go_on_to_the_end(self, data: Any) -> None:
        batch = self.batch(data.draw(st.sampled_from(self.on_the_way())))
        for _ in STEPS[:3]:
            self.go_on(self.batch(batch.id), excepting=False)

    def on_the_way(self) -> list[UUID]:
        """Return the batches that somebody can act on, in the order in which they came."""
        return [key for key, state in sorted(self.states.items()) if acts_at(state)]

    def go_on(self, batch: RosterBatch, *, excepting: bool) -> None:
        for step in acts_at(State(batch.state))[:1]:
            name = USERS[batch.school.identifier][step.desk]
            self.attempt(batch, name, step.act, with_reason=True, excepting=excepting)

    def attempt(self, batch: RosterBatch, name: str, act: Act, *, with_reason: bool, excepting: bool) -> None:
        """Try the act, and check that it was done or refused as the table of steps says."""
        by, reason = self.actors[name], "户口簿与名册不一致" if with_reason else ""
        rows = self.first_rows(batch) if excepting and act is Act.APPROVE else []
        needs_reason = act is Act.RETURN or bool(rows)
        try:
            if act is Act.SUBMIT:
                after = rosters.submit(batch.id, by=by, today=TODAY)
            elif act is Act.UNDO:
                after = rosters.undo(batch.id, by=by, today=TODAY)
            else:
                after = rosters.decide(batch.id, act=act, by=by, today=TODAY, reason=reason, except_rows=rows)
        except rosters.NothingToSubmit:
            assert self.may(name, batch, act)
            assert self.batch(batch.id).accepted == 0
        except Refused:
            # A wrong person, a wrong moment, or no reason given; taking back twice is not an error.
            assert not self.may(name, batch, act) or (needs_reason and not with_reason)
            assert self.batch(batch.id).version == batch.version
        else:
            if act is Act.UNDO and batch.state == State.WITHDRAWN:
                assert after.version == batch.version
                return
            assert self.may(name, batch, act)
            assert not needs_reason or with_reason
            step = step_from(State(batch.state), act)
            assert step is not None
            assert after.excepted == (batch.excepted + len(rows) if act is not Act.SUBMIT else 0)
            self.moved(batch, step.target)
            self.left_an_event(batch, act, by.account_id, by.place, step.source, step.target)
            if rows:
                self.left_an_exception(batch, by.account_id)

    def first_rows(self, batch: RosterBatch) -> list[int]:
        with national("commands") as using:
            kept = RosterRow.everywhere.using(using).filter(batch_id=batch.id, state=RowState.ACCEPTED)
            return list(kept.order_by("row").values_list("row", flat=True)[:1])

    def left_an_event(
        self, batch: RosterBatch, act: Act, account: int, office: int, source: State, target: State
    ) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT account_id, office, place, before->>'state', after->>'state' FROM audit_event"
                " WHERE subject_id = %s AND act = %s ORDER BY id DESC LIMIT 1",
                [batch.id, f"roster.{act}"],
            )
            assert cursor.fetchone() == (account, office, batch.place, source, target)
            cursor.execute(
                "SELECT act, by, office FROM changes_decision WHERE subject_id = %s ORDER BY at DESC LIMIT 1",
                [batch.id],
            )
            assert cursor.fetchone() == (act, account, office)

    def left_an_exception(self, batch: RosterBatch, account: int) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT account_id FROM audit_event WHERE subject_id = %s AND act = 'roster.except'"
                " ORDER BY id DESC LIMIT 1",
                [batch.id],
            )
            assert cursor.fetchone() == (account,)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def the_submitter_cannot_approve_in_another_role(self, data: Any) -> None:
        batch = self.chosen(data)
        if batch.state == State.WITH_LEADER:
            leader = self.actors[USERS[batch.school.identifier][Desk.LEADER]]
            same = leader.__class__(**{**leader.__dict__, "account_id": batch.submitted_by})
            with pytest.raises(rosters.OwnWork):
                rosters.decide(batch.id, act=Act.APPROVE, by=same, today=TODAY)

    @precondition(lambda self: self.states)
    @rule(data=st.data(), act=st.sampled_from([Act.APPROVE, Act.RETURN]))
    def an_old_page_decides_nothing(self, data: Any, act: Act) -> None:
        batch = self.chosen(data)
        by = self.actors[USERS[batch.school.identifier][Desk.AUTHORITY]]
        with pytest.raises(Refused):
            rosters.decide(batch.id, act=act, by=by, today=TODAY, reason="理由", version=batch.version - 1)
        assert self.batch(batch.id).version == batch.version

    @invariant()
    def the_registry_agrees_with_itself(self) -> None:
        assert broken() == []

    @invariant()
    def every_batch_is_where_the_steps_led_it(self) -> None:
        with national("commands") as using:
            found = dict(RosterBatch.everywhere.using(using).values_list("id", "state"))
            closed = set(
                RosterBatch.everywhere.using(using)
                .filter(closed_on__isnull=False)
                .values_list("id", flat=True)
            )
        assert found == getattr(self, "states", {})
        assert closed == {batch_id for batch_id, state in found.items() if state in CLOSED}


def test_a_roster_moves_only_along_the_steps_and_only_by_whose_turn_it_is(db: None, cleaner: Any) -> None:
    RostersLife.cleaner = cleaner
    run_state_machine_as_test(
        RostersLife,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    # The walks went the whole way, and back.
    assert RostersLife.ends[State.REGISTERED]
    assert RostersLife.ends[State.WITHDRAWN]


def test_every_state_that_is_not_closed_can_end_and_every_target_is_reached() -> None:
    for state in set(State) - CLOSED - {State.UPLOADED}:
        assert acts_at(state), state
    reached = {State.CHECKED}
    for _ in STEPS:
        reached |= {step.target for step in STEPS if step.source in reached}
    assert reached == set(State) - {State.UPLOADED, State.UNREADABLE}
