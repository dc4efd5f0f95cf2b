"""Two at once: of every child one enrolment, of every act one effect, whatever the timing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.changes.rosters_as_csv import as_csv, child, nameless
from tests.factories import TODAY, actor, school
from tests.races import at_once
from xueji.access.scope import Actor, national
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch, RosterClaim, RosterFinding, RosterRow
from xueji.changes.rules.roster_steps import Act, RowState, State
from xueji.lib.errors import Refused
from xueji.students.models import Enrolment, Headcount, Identifier, Student

pytestmark = pytest.mark.usefixtures("db")

ROUNDS = 50
HERE, THERE = "2133000001", "2151000001"  # two schools of two provinces
DESKS = {HERE: ("l2133000001", "o330902"), THERE: ("l2151000001", "o510104")}


class Racer:
    """The school of one side with its people, read before the race."""

    def __init__(self, identifier: str) -> None:
        self.school = school(identifier)
        self.registrar = actor(f"r{identifier}")
        self.desks = [actor(name) for name in DESKS[identifier]]

    def imports(self, pupils: list[dict[str, str]], name: str) -> Callable[[], RosterBatch]:
        content = as_csv(pupils)
        return lambda: rosters.import_file(
            content, file_name=name, school=self.school, by=self.registrar, today=TODAY
        )[0]

    def enrols(self, values: dict[str, str]) -> Callable[[], RosterBatch | None]:
        return lambda: rosters.enrol_one(
            values, school=self.school, by=self.registrar, today=TODAY, door="form"
        )[0]

    def decides(self, batch: RosterBatch, act: Act, by: Actor, **more: Any) -> Callable[[], RosterBatch]:
        return lambda: rosters.decide(batch.id, act=act, by=by, today=TODAY, **more)

    def approve(self, batch: RosterBatch) -> RosterBatch:
        for by in self.desks:
            batch = rosters.decide(batch.id, act=Act.APPROVE, by=by, today=TODAY)
        return batch


@pytest.fixture
def sides() -> list[Racer]:
    return [Racer(HERE), Racer(THERE)]


def codes_of(batch: RosterBatch) -> set[str]:
    with national("commands") as using:
        return set(
            RosterFinding.everywhere.using(using).filter(batch_id=batch.id).values_list("code", flat=True)
        )


def accepted(batch: RosterBatch) -> int:
    with national("commands") as using:
        return RosterRow.everywhere.using(using).filter(batch_id=batch.id, state=RowState.ACCEPTED).count()


def latest(batch_id: UUID) -> RosterBatch:
    with national("commands") as using:
        return RosterBatch.everywhere.using(using).get(pk=batch_id)


def claims() -> int:
    with national("commands") as using:
        return RosterClaim.everywhere.using(using).count()


def counted() -> tuple[int, int, int]:
    """Return students, open enrolments, and the sum of the head counts."""
    with national("commands") as using:
        return (
            Student.everywhere.using(using).count(),
            Enrolment.everywhere.using(using).filter(ended_on=None).count(),
            sum(Headcount.everywhere.using(using).values_list("count", flat=True)),
        )


LOST = {"already-enrolled", "to-be-checked"}


@pytest.mark.parametrize(
    ("make", "lost"),
    [
        pytest.param(child, LOST, id="with-a-number"),
        pytest.param(nameless, {"same-person-suspected"}, id="without-a-number"),
    ],
)
def test_of_two_imports_of_one_child_exactly_one_has_it(
    sides: list[Racer], make: Callable[[int], dict[str, str]], lost: set[str]
) -> None:
    for n in range(ROUNDS):
        batches = at_once(*(side.imports([make(n)], f"{n}.csv") for side in sides))
        winners = [at for at, batch in enumerate(batches) if accepted(batch)]
        assert len(winners) == 1, f"round {n}"
        (winner,) = winners
        loser = latest(batches[1 - winner].id)
        assert codes_of(loser) & lost, f"round {n}"
        assert not codes_of(batches[winner]) & lost
        assert (loser.rows, loser.accepted, loser.rejected) == (1, 0, 1)
        sides[winner].approve(batches[winner])
        assert counted() == (n + 1, n + 1, n + 1)
    assert claims() == 0


@pytest.mark.parametrize("make", [child, nameless], ids=["with-a-number", "without-a-number"])
def test_whoever_approves_first_two_whole_rosters_at_once_leave_one_enrolment_a_child(
    sides: list[Racer], make: Callable[[int], dict[str, str]]
) -> None:
    for n in range(0, 50, 5):
        pupils = [make(n + k) for k in range(5)]

        def whole(side: Racer, pupils: list[dict[str, str]] = pupils, n: int = n) -> RosterBatch:
            batch = side.imports(pupils, f"{n}.csv")()
            return side.approve(batch) if latest(batch.id).state == State.WITH_LEADER else batch

        batches = at_once(*(lambda side=side: whole(side) for side in sides))
        assert sum(latest(batch.id).registered for batch in batches) == 5
        assert counted() == (n + 5, n + 5, n + 5)


def test_a_child_registered_between_check_and_submission_is_found_at_the_submission(
    sides: list[Racer],
) -> None:
    for n, make in enumerate((child, nameless)):
        here, there = sides
        batch, _ = rosters.receive(
            as_csv([make(n), make(n + 20)]), file_name="a.csv", school=there.school, by=there.registrar
        )
        assert rosters.check_batch(batch.id, today=TODAY).accepted == 2
        here.approve(here.imports([make(n)], "b.csv")())
        batch = rosters.submit(batch.id, by=there.registrar, today=TODAY)
        assert (batch.accepted, batch.rejected) == (1, 1)
        assert codes_of(batch) & (LOST | {"same-person-suspected"})
        there.approve(batch)
    assert counted() == (4, 4, 4)


def test_two_officers_approving_at_once_register_once(sides: list[Racer]) -> None:
    here = sides[0]
    for n in range(10):
        batch = here.imports([child(n)], f"{n}.csv")()
        rosters.decide(batch.id, act=Act.APPROVE, by=here.desks[0], today=TODAY)
        answers = at_once(*[here.decides(batch, Act.APPROVE, here.desks[1])] * 2)
        assert sorted(type(answer).__name__ for answer in answers) == ["NotNow", "RosterBatch"]
        assert counted() == (n + 1, n + 1, n + 1)


def test_two_equal_posts_of_one_form_at_once_make_one_pupil(sides: list[Racer]) -> None:
    here = sides[0]
    for n, make in [(n, make) for n in range(8) for make in (child, nameless)]:
        answers = at_once(*[here.enrols(make(n))] * 2)
        kept = {answer.id for answer in answers if answer is not None}
        assert len(kept) == 1
        (batch_id,) = kept
        assert latest(batch_id).state == State.WITH_LEADER
        here.approve(latest(batch_id))
    assert counted() == (16, 16, 16)


def test_a_form_posted_again_is_the_batch_that_it_already_is(sides: list[Racer]) -> None:
    first = sides[0].enrols(child(0))()
    again = sides[0].enrols(child(0))()
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert latest(first.id).version == first.version


def test_the_same_file_uploaded_twice_at_once_is_one_batch(sides: list[Racer]) -> None:
    for n in range(10):
        batches = at_once(*[sides[0].imports([child(2 * n), child(2 * n + 1)], f"{n}.csv")] * 2)
        assert batches[0].id == batches[1].id
        assert latest(batches[0].id).state == State.WITH_LEADER
        assert claims() == 2 * (n + 1)


@pytest.mark.parametrize("at_the_authority", [False, True], ids=["at-the-leader", "at-the-authority"])
def test_of_approval_and_undo_at_once_what_stands_agrees_with_the_claims(
    sides: list[Racer], at_the_authority: bool
) -> None:
    here = sides[0]
    registered = 0
    for n in range(10):
        batch = here.imports([child(n)], f"{n}.csv")()
        if at_the_authority:
            rosters.decide(batch.id, act=Act.APPROVE, by=here.desks[0], today=TODAY)
        approval, undo = at_once(
            here.decides(batch, Act.APPROVE, here.desks[at_the_authority]),
            lambda batch=batch: rosters.undo(batch.id, by=here.registrar, today=TODAY),
        )
        state = latest(batch.id).state
        if at_the_authority:
            # Exactly one of the two wins: what is verified is not taken back, what is taken back not verified.
            assert isinstance(approval, Refused) != isinstance(undo, Refused)
            assert state == (State.WITHDRAWN if isinstance(approval, Refused) else State.REGISTERED)
            registered += state == State.REGISTERED
        else:
            assert not isinstance(undo, Refused)
            assert state == State.WITHDRAWN
        assert claims() == 0
        assert counted() == (registered, registered, registered)


def test_submission_races_with_the_last_approval_of_another_roster_with_the_same_child(
    sides: list[Racer],
) -> None:
    here, there = sides
    for n, make in [(n, make) for n in range(10) for make in (child, nameless)]:
        second, _ = rosters.receive(
            as_csv([make(n)]), file_name=f"{n}.csv", school=there.school, by=there.registrar
        )
        rosters.check_batch(second.id, today=TODAY)
        first = here.imports([make(n)], f"{n}.csv")()
        rosters.decide(first.id, act=Act.APPROVE, by=here.desks[0], today=TODAY)
        before = counted()[0]
        approved, submitted = at_once(
            here.decides(first, Act.APPROVE, here.desks[1]),
            lambda second=second: rosters.submit(second.id, by=there.registrar, today=TODAY),
        )
        assert not isinstance(approved, Refused)
        # The child was the second roster's only one: nothing is left to submit, and nothing was changed.
        assert isinstance(submitted, rosters.NothingToSubmit)
        assert latest(second.id).state == State.CHECKED
        assert counted() == (before + 1, before + 1, before + 1)
    assert claims() == 0


def test_two_rosters_that_share_children_in_opposite_order_do_not_block_each_other(
    sides: list[Racer],
) -> None:
    for n in range(5):
        pupils = [child(n * 30 + k) for k in range(30)]
        batches = at_once(sides[0].imports(pupils, f"{n}.csv"), sides[1].imports(pupils[::-1], f"{n}.csv"))
        assert sum(accepted(batch) for batch in batches) == 30
        assert claims() == 30 * (n + 1)


def test_a_number_has_one_holder_after_all_races(sides: list[Racer]) -> None:
    for n in range(3):
        for batch, side in zip(
            at_once(*(side.imports([child(n)], f"{n}.csv") for side in sides)), sides, strict=True
        ):
            if latest(batch.id).state == State.WITH_LEADER:
                side.approve(batch)
    with national("commands") as using:
        assert Identifier.everywhere.using(using).filter(scheme="R").count() == 3
        assert Identifier.everywhere.using(using).filter(scheme="S").count() == 3
