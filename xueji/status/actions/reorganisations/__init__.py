"""学校撤并 Schools merged, split, closed: prepared by an officer, decided by the leader of the same authority.

Every verb is one transaction in the national role. The effect is set-based: enrolments end and begin, everything of the
pupils goes to the new holder, classes are opened and closed, head counts follow, images are kept so that the undo is
their exact inverse, each pupil has an event. Locks are taken in the order of every other change: pupils, enrolments,
classes, schools.
"""

from __future__ import annotations

from xueji.status.actions.reorganisations.deciding import approve, propose, send_back, withdraw
from xueji.status.actions.reorganisations.moving import (
    NoSuchReorganisation,
    Preview,
    ReorganisationStopped,
    look_ahead,
)
from xueji.status.actions.reorganisations.preparing import (
    AwaitedSaid,
    ClassSaid,
    NoSuchClass,
    NoSuchSchool,
    Said,
    assign,
    begin,
    describe,
)
from xueji.status.actions.reorganisations.undoing import undo, undoer_of

__all__ = [
    "AwaitedSaid",
    "ClassSaid",
    "NoSuchClass",
    "NoSuchReorganisation",
    "NoSuchSchool",
    "Preview",
    "ReorganisationStopped",
    "Said",
    "approve",
    "assign",
    "begin",
    "describe",
    "look_ahead",
    "propose",
    "send_back",
    "undo",
    "undoer_of",
    "withdraw",
]
