"""Classes split, merged, or filled anew: many pupils of one grade change class by one request of their school.

The registrar proposes who goes into which class, which classes are opened for it and which are closed after it; the
leader decides; everything happens at once or not at all.

Source: practice of the national system: classes are kept by the school, a second person confirms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

# Pupils that one request moves: more than the largest grade of the largest school.
MOST_PUPILS: Final = 5_000
# 大班额: a class beyond this is far too large, and said so.
LARGE_CLASS: Final = 55


class RequestState(StrEnum):
    WITH_LEADER = "with_leader"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"


STATE_NAMES: Final = {
    RequestState.WITH_LEADER: ("待学校领导审核", "With the leader"),
    RequestState.DONE: ("已办结", "Done"),
    RequestState.REFUSED: ("不同意", "Refused"),
    RequestState.WITHDRAWN: ("已撤回", "Withdrawn"),
    RequestState.UNDONE: ("已撤销", "Undone"),
}


@dataclass(frozen=True)
class Seat:
    """Where a pupil of the grade sits now, by the number of the class."""

    student_id: UUID
    class_number: str


@dataclass(frozen=True)
class ClassCount:
    """A class before and after a request. `is_new`: opened by it; `is_closed`: closed after it."""

    number: str
    before: int
    after: int
    is_new: bool = False
    is_closed: bool = False

    @property
    def is_large(self) -> bool:
        return self.after > LARGE_CLASS


@dataclass(frozen=True)
class Fault:
    """Why a request cannot be filed."""

    code: str
    zh: str
    en: str


def counts(
    seats: Sequence[Seat],
    moves: Mapping[UUID, str],
    *,
    classes: Collection[str],
    opens: Collection[str],
    closes: Collection[str],
) -> tuple[ClassCount, ...]:
    """Return every class of the grade before and after the moves, by number. Shape: open classes and those to be opened."""
    before = Counter(seat.class_number for seat in seats)
    after = Counter(moves.get(seat.student_id, seat.class_number) for seat in seats)
    return tuple(
        ClassCount(number, before[number], after[number], number in opens, number in closes)
        for number in sorted({*classes, *opens})
    )


def faults(
    seats: Sequence[Seat],
    moves: Mapping[UUID, str],
    *,
    classes: Collection[str],
    opens: Collection[str],
    closes: Collection[str],
    taken: Collection[str] = (),
) -> tuple[Fault, ...]:
    """Return everything that keeps a request from being filed; nothing when it can be.

    `taken` are the numbers that any class of the school has or had: a number is given once.
    """
    sits = {seat.student_id: seat.class_number for seat in seats}
    found = []
    if not any(sits.get(student) not in (None, number) for student, number in moves.items()):
        found.append(Fault("nobody-moves", "没有学生变更班级，请至少选择一名学生。", "Nobody would change class; choose at least one pupil."))  # fmt: skip
    if len(moves) > MOST_PUPILS:
        found.append(Fault("too-many", f"一次最多调整 {MOST_PUPILS} 名学生，请分次提交。", f"At most {MOST_PUPILS} pupils at once; file several requests."))  # fmt: skip
    strangers = sum(student not in sits for student in moves)
    if strangers:
        found.append(Fault("not-in-grade", f"有 {strangers} 名学生不在本校的这个年级；调班只能在同一年级内进行。", f"{strangers} pupil(s) are not in this grade of your school; classes change within a grade."))  # fmt: skip
    unknown = sorted(set(moves.values()) - set(classes) - set(opens))
    if unknown:
        found.append(Fault("no-class", f"这个年级没有在用的班级：{'、'.join(unknown)}。", f"The grade has no open class {', '.join(unknown)}."))  # fmt: skip
    twice = sorted(set(opens) & {*classes, *taken})
    if twice:
        found.append(Fault("class-there", f"班号已有：{'、'.join(twice)}，请换一个。", f"There is or was a class {', '.join(twice)} already; use another number."))  # fmt: skip
    if set(closes) - set(classes):
        found.append(
            Fault("no-class", "要关闭的班级不在这个年级。", "A class to be closed is not in this grade.")
        )
    full = [
        one.number
        for one in counts(seats, moves, classes=classes, opens=opens, closes=closes)
        if one.is_closed and one.after
    ]
    if full:
        found.append(Fault("class-not-empty", f"要关闭的班级还有学生：{'、'.join(full)}，请为他们选择班级。", f"Classes to be closed would still have pupils: {', '.join(full)}; choose classes for them."))  # fmt: skip
    return tuple(found)
