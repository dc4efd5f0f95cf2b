"""What a change does to the truth, as data: rows before and after. The dry run shows it, the run does it, the undo inverts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Table(StrEnum):
    """The tables a change may write. Values are the tables' names."""

    STUDENT = "students_student"
    IDENTIFIER = "students_identifier"
    FAMILY = "students_familymember"
    ENROLMENT = "students_enrolment"
    MARK = "status_mark"
    PAPER = "status_paper"
    PLACEMENT = "status_placement"


# What is written there is read by no ordinary role, whichever change wrote it.
DISCREET: Final = frozenset({Table.PLACEMENT})


@dataclass(frozen=True)
class Write:
    """One row before and after; None where there is none. Only the columns that change, but for new rows.

    `key` says which row; a key of the student alone means all the student's rows of the
    table that stand as `before`.
    """

    table: Table
    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def inverse(self) -> Write:
        return Write(self.table, self.key, self.after, self.before)

    @property
    def is_empty(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True)
class Plan:
    """All writes of one change, in order."""

    writes: tuple[Write, ...]

    def inverse(self) -> Plan:
        return Plan(tuple(write.inverse() for write in reversed(self.writes)))


def plan(*writes: Write | Iterable[Write]) -> Plan:
    """Return the writes as a plan, those that change nothing left out."""
    flat: list[Write] = []
    for one in writes:
        flat.extend([one] if isinstance(one, Write) else one)
    return Plan(tuple(write for write in flat if not write.is_empty))


def seats(plan: Plan) -> dict[tuple[int, str, int], int]:
    """Return how many pupils a plan adds to each (class, state, place), open enrolments only."""
    changes: dict[tuple[int, str, int], int] = {}
    for write in plan.writes:
        if write.table is not Table.ENROLMENT:
            continue
        for image, by in ((write.before, -1), (write.after, +1)):
            if image is not None and image["ended_on"] is None:
                seat = (image["class_of_id"], image["state"], image["place"])
                changes[seat] = changes.get(seat, 0) + by
    return {seat: by for seat, by in changes.items() if by}
