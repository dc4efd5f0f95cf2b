"""Which lines of history are facts for other systems: what became otherwise of a pupil, and nothing on the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from xueji.status.rules.steps import Act


class Fact(StrEnum):
    """What a system that follows pupils is told."""

    REGISTERED = "registered"  # a pupil has an enrolment, or has one again after a new registration
    CHANGED = "changed"  # a change of the enrolment took effect
    PROMOTED = "promoted"  # a grade further, with the whole class
    LEFT = "left"  # graduated, completed or left with the last grade
    UNDONE = "undone"  # a change was taken back: the record is as before it
    CORRECTED = "corrected"  # name, document or number were put right
    CANCELLED = "cancelled"  # an enrolment that was none was taken out
    MOVED = "moved"  # another class of the same grade
    REORGANISED = "reorganised"  # the class went to another school, by a merger, split or closure


FACT_NAMES: dict[Fact, tuple[str, str]] = {
    Fact.REGISTERED: ("注册学籍", "Registered"),
    Fact.CHANGED: ("学籍变动生效", "A change took effect"),
    Fact.PROMOTED: ("升级", "Promoted"),
    Fact.LEFT: ("毕业、结业或肄业", "Graduated, completed or left"),
    Fact.UNDONE: ("学籍变动撤销", "A change was undone"),
    Fact.CORRECTED: ("信息更正", "Corrected"),
    Fact.CANCELLED: ("学籍注销", "Cancelled"),
    Fact.MOVED: ("调整班级", "Moved to another class"),
    Fact.REORGANISED: ("学校撤并", "Went to another school with the class"),
}

# Acts of the rooms below and of campaigns, each with its fact.
BY_ACT: Final[Mapping[str, Fact]] = {
    "roster.register": Fact.REGISTERED,
    "problem.correct": Fact.CORRECTED,
    "number.upgrade": Fact.CORRECTED,
    "problem.cancel": Fact.CANCELLED,
    "class.move": Fact.MOVED,
    "status.promotion.promote": Fact.PROMOTED,
    "status.graduation.leave": Fact.LEFT,
    "status.reorganisation.move": Fact.REORGANISED,
}
# What whole classes go through together is no kind of the table.
CAMPAIGN_NAMES: dict[str, tuple[str, str]] = {
    "promotion": ("升级", "Promotion"),
    "graduation": ("毕业", "Graduation"),
    "reorganisation": ("学校撤并", "Reorganisation of schools"),
}
STATUS: Final = "status."
UNDO: Final = f".{Act.UNDO}"


def fact_of(act: str, after: Mapping[str, Any] | None) -> Fact | None:
    """Return the fact that an event about a pupil is, or None for a step on the way.

    A change of status is a fact in the event that says it took effect, and in its undo.
    """
    named = BY_ACT.get(act)
    if named is not None:
        return named
    if act.startswith(STATUS):
        if after and after.get("effect"):
            return Fact.CHANGED
        return Fact.UNDONE if act.endswith(UNDO) else None
    return None


def kind_of(act: str) -> str:
    """Return the code of the kind of change an act of status business belongs to; empty for other acts."""
    return act.split(".")[1] if act.startswith(STATUS) else ""
