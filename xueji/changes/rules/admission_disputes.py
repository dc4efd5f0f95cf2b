"""Duplicate admission (重复招生): where does the child really attend?

Each school concerned says whether the child attends there, since when, and with which
proof. The same answer settles it by itself: one school has the child and all others say
that it is not theirs. Otherwise the lowest authority common to all schools decides.

Source: practice of the national system (重复招生处理: the school where the pupil really
studies proves it, the other gives up); the routing of 教基一厅函〔2014〕50号.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xueji.changes.rules.problem_records import PAPERS, Remedy

# What a school answers, in the words of a problem record: it proves, or it gives up.
ATTENDS, ABSENT = Remedy.PROVE, Remedy.DELETE
# Who says that the child attends proves it by a stamped paper of attendance.
PAPERS_OF: Mapping[Remedy, tuple[str, ...]] = {ATTENDS: (PAPERS[ATTENDS][0],), ABSENT: ()}

# How long the authority above may take a decision back, in days of the calendar from the day it was made.
DAYS_TO_UNDO: Final = 30
NOWHERE = 0  # what a settlement says where no school has the child


def settled_by(answers: Mapping[int, Remedy | None]) -> int | None:
    """Return the place of the school on which all agree; NOWHERE if none has the child; None while open.

    `answers` are by place of school; None is a school that has not answered.
    """
    if any(answer is None for answer in answers.values()):
        return None
    attending = [place for place, answer in answers.items() if answer is ATTENDS]
    if len(attending) > 1:
        return None
    return attending[0] if attending else NOWHERE
