"""The way of every case over the desks, as one table. What differs between kinds is the route, not the steps.

Source: 《中小学生学籍管理办法》 art. 15 (four parties, ten working days each), the two-person rule
of the field (registrar files, leader decides), DOMAIN of each kind in its own file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    WAITING = "waiting"  # filed, but something that others must clear stands in its way
    WITH_DESK = "with_desk"  # a desk has it and its clock runs
    RETURNED = "returned"  # the desk asked for more; its clock pauses until the answer comes
    COMPLETED = "completed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"  # its effect was taken back by the level above


class Act(StrEnum):
    FILE = "file"
    RELEASE = "release"  # nothing stands in the way any more
    APPROVE = "approve"
    RETURN = "return"
    ANSWER = "answer"  # what the desk asked for is there
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    UNDO = "undo"


class Who(StrEnum):
    """Whose step it is: seen from the case, never a person."""

    STARTER = "starter"  # the office that filed
    DESK = "desk"  # the office whose turn it is
    ABOVE = "above"  # the authority above the desk of the effect, or the one with which the case is filed
    SYSTEM = "system"


@dataclass(frozen=True)
class Step:
    """One permitted step. `target` WITH_DESK of an approval means the next desk of the route, or COMPLETED after the last."""

    source: State | None
    who: Who
    act: Act
    target: State


STEPS: tuple[Step, ...] = (
    Step(None, Who.STARTER, Act.FILE, State.WITH_DESK),
    Step(None, Who.STARTER, Act.FILE, State.WAITING),
    # A term of the rules ran out: the case is opened for the office, which completes it or withdraws it.
    Step(None, Who.SYSTEM, Act.FILE, State.RETURNED),
    Step(State.WAITING, Who.SYSTEM, Act.RELEASE, State.WITH_DESK),
    Step(State.WAITING, Who.STARTER, Act.WITHDRAW, State.WITHDRAWN),
    Step(State.WITH_DESK, Who.DESK, Act.APPROVE, State.WITH_DESK),
    Step(State.WITH_DESK, Who.DESK, Act.APPROVE, State.COMPLETED),
    Step(State.WITH_DESK, Who.DESK, Act.RETURN, State.RETURNED),
    Step(State.WITH_DESK, Who.DESK, Act.REFUSE, State.REFUSED),
    Step(State.WITH_DESK, Who.STARTER, Act.WITHDRAW, State.WITHDRAWN),
    Step(State.RETURNED, Who.STARTER, Act.ANSWER, State.WITH_DESK),
    Step(State.RETURNED, Who.STARTER, Act.WITHDRAW, State.WITHDRAWN),
    # Another change ended what the case is about.
    Step(State.WAITING, Who.SYSTEM, Act.WITHDRAW, State.WITHDRAWN),
    Step(State.WITH_DESK, Who.SYSTEM, Act.WITHDRAW, State.WITHDRAWN),
    Step(State.RETURNED, Who.SYSTEM, Act.WITHDRAW, State.WITHDRAWN),
    # Only what has taken effect can be undone: a case that took effect and is being filed for record.
    Step(State.WITH_DESK, Who.ABOVE, Act.UNDO, State.UNDONE),
    Step(State.COMPLETED, Who.ABOVE, Act.UNDO, State.UNDONE),
)

OPEN = frozenset({State.WAITING, State.WITH_DESK, State.RETURNED})
CLOSED = frozenset(State) - OPEN

STATE_NAMES: dict[State, tuple[str, str]] = {
    State.WAITING: ("等待清理", "Waiting for others to clear the way"),
    State.WITH_DESK: ("办理中", "Under way"),
    State.RETURNED: ("退回补正", "Returned for completion"),
    State.COMPLETED: ("已办结", "Completed"),
    State.REFUSED: ("不同意", "Refused"),
    State.WITHDRAWN: ("已撤回", "Withdrawn"),
    State.UNDONE: ("已撤销", "Undone"),
}

ACT_NAMES: dict[Act, tuple[str, str]] = {
    Act.FILE: ("提交", "Filed"),
    Act.RELEASE: ("障碍已清理", "The way is clear"),
    Act.APPROVE: ("同意", "Approve"),
    Act.RETURN: ("退回补正", "Return for completion"),
    Act.ANSWER: ("已补正", "Completed and sent back"),
    Act.REFUSE: ("不同意", "Refuse"),
    Act.WITHDRAW: ("撤回", "Withdraw"),
    Act.UNDO: ("撤销办理结果", "Undo"),
}


def steps_from(state: State, act: Act) -> tuple[Step, ...]:
    """Return the steps that `act` can take from `state`; none where it is not permitted."""
    return tuple(step for step in STEPS if step.source is state and step.act is act)


def acts_of(state: State, who: Who) -> tuple[Act, ...]:
    """Return the acts that `who` has at `state`, each once, in the order of the table."""
    return tuple(dict.fromkeys(step.act for step in STEPS if step.source is state and step.who is who))
