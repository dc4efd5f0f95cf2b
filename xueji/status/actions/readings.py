"""What status business shows of pupils is recorded as read: a case, and lists of pupils who leave, change class or are away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from xueji.access.scope import Actor
from xueji.status.queries.cases import CaseView
from xueji.students.actions import note_listed, note_read

DUTY: Final = "status.view"


def note_case_seen(case: CaseView, *, by: Actor) -> None:
    """Record that a change of a pupil was opened.

    Of a discreet one it is recorded elsewhere who looked, for those who must know (queries.discreet).
    """
    if not case.is_discreet:
        note_read(case.student_id, place=case.place, by=by, fields=("change",), duty=DUTY)


def note_leavers(students: Collection[UUID], *, by: Actor) -> None:
    """Record that pupils were shown with how they leave school."""
    note_listed(students, by=by, fields=("name", "class", "graduation"), duty=DUTY)


def note_movers(students: Collection[UUID], *, by: Actor) -> None:
    """Record that pupils were shown with the class they change to."""
    note_listed(students, by=by, fields=("name", "class"), duty=DUTY)


def note_absent(students: Collection[UUID], *, by: Actor) -> None:
    """Record that pupils were shown with why they are not at school."""
    note_listed(students, by=by, fields=("name", "class", "absence"), duty=DUTY)
