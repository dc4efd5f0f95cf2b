"""The way of a roster over the desks, as a table.

Source: the practice of the field (registrar submits, leader approves, county verifies);
《办法》 art. 7 for the two months from entry to registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    UPLOADED = "uploaded"  # the file is kept, nobody has looked at it yet
    UNREADABLE = "unreadable"  # the file cannot be used; the batch says why
    CHECKED = "checked"  # findings stand beside the rows; the registrar may submit
    WITH_LEADER = "with_leader"
    WITH_AUTHORITY = "with_authority"
    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"


class RowState(StrEnum):
    ACCEPTED = "accepted"
    EXCEPTED = "excepted"  # taken out by a desk, with a reason
    CLAIMED_ELSEWHERE = "elsewhere"  # another roster was first
    REGISTERED = "registered"


class Desk(StrEnum):
    REGISTRAR = "registrar"
    LEADER = "leader"
    AUTHORITY = "authority"


class Act(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"  # back to the registrar, with a reason
    UNDO = "undo"  # the batch as a whole is taken back


STATE_NAMES: dict[State, tuple[str, str]] = {
    State.UPLOADED: ("检查中", "Being checked"),
    State.UNREADABLE: ("文件无法使用", "File cannot be used"),
    State.CHECKED: ("待提交", "To be submitted"),
    State.WITH_LEADER: ("待学校审核", "With the leader in charge"),
    State.WITH_AUTHORITY: ("待主管部门核准", "With the authority"),
    State.REGISTERED: ("已注册", "Registered"),
    State.WITHDRAWN: ("已撤回", "Taken back"),
}

ACT_NAMES: dict[Act, tuple[str, str]] = {
    Act.SUBMIT: ("提交", "Submit"),
    Act.APPROVE: ("同意", "Approve"),
    Act.RETURN: ("退回", "Return"),
    Act.UNDO: ("撤回", "Take back"),
}


@dataclass(frozen=True)
class Step:
    source: State
    desk: Desk
    act: Act
    target: State
    permission: str


STEPS: tuple[Step, ...] = (
    Step(State.CHECKED, Desk.REGISTRAR, Act.SUBMIT, State.WITH_LEADER, "roster.submit"),
    Step(State.CHECKED, Desk.REGISTRAR, Act.UNDO, State.WITHDRAWN, "roster.undo"),
    Step(State.UNREADABLE, Desk.REGISTRAR, Act.UNDO, State.WITHDRAWN, "roster.undo"),
    Step(State.WITH_LEADER, Desk.LEADER, Act.APPROVE, State.WITH_AUTHORITY, "roster.decide_at_school"),
    Step(State.WITH_LEADER, Desk.LEADER, Act.RETURN, State.CHECKED, "roster.decide_at_school"),
    Step(State.WITH_LEADER, Desk.REGISTRAR, Act.UNDO, State.WITHDRAWN, "roster.undo"),
    Step(State.WITH_AUTHORITY, Desk.AUTHORITY, Act.APPROVE, State.REGISTERED, "roster.decide_at_authority"),
    Step(State.WITH_AUTHORITY, Desk.AUTHORITY, Act.RETURN, State.CHECKED, "roster.decide_at_authority"),
    Step(State.WITH_AUTHORITY, Desk.REGISTRAR, Act.UNDO, State.WITHDRAWN, "roster.undo"),
)

CLOSED = frozenset({State.REGISTERED, State.WITHDRAWN})


def step_from(state: State, act: Act) -> Step | None:
    """Return the step that `act` takes from `state`, or None where there is none."""
    return next((step for step in STEPS if step.source == state and step.act == act), None)


def acts_at(state: State) -> tuple[Step, ...]:
    """Return the steps that are possible from `state`, in the order of the table."""
    return tuple(step for step in STEPS if step.source == state)
