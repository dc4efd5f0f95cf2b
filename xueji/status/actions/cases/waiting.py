"""Cases that wait until others have cleared the way, and their release."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from xueji.access.scope import national
from xueji.access.statements import asked
from xueji.organisations.queries import calendar
from xueji.status.actions.cases.moving import Moving, locked, move, receive, tell
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.kind import Obstacle, Weight
from xueji.status.rules.steps import Act, State
from xueji.status.statements import Writing, business


def release_waiting(student_id: UUID, *, today: date, writing: Writing) -> int:
    """Put waiting cases of a pupil whose way has become clear on their first desk; return how many."""
    writing.send()
    waiting = asked(
        "SELECT id FROM status_case WHERE student_id = %s AND state = %s ORDER BY id",
        [student_id, State.WAITING.value],
        using=writing.using,
    )
    return sum(
        _release(locked(case_id, writing.using), today=today, writing=writing) for (case_id,) in waiting
    )


def obstacles_of(case_id: UUID, *, today: date) -> tuple[Obstacle, ...]:
    """Return what stands in the way of a case now."""
    with national("status") as using:
        return _obstacles_of(locked(case_id, using), today=today, using=using)


def _obstacles_of(case: Moving, *, today: date, using: str) -> tuple[Obstacle, ...]:
    found = facts_of(
        case.student_id,
        kind=case.kind,
        payload=case.payload,
        starter=case.starter_place,
        today=today,
        using=using,
        pack_id=case.pack_id,
        without_case=case.id,
    )
    return checks.obstacles(case.kind, found[0], case.payload) if found else ()


def release(case_id: UUID, *, today: date) -> bool:
    """Look at a waiting case again, and put it on its first desk if nothing stands in its way; return whether it moved."""
    with business() as writing:
        return _release(locked(case_id, writing.using), today=today, writing=writing)


def _release(case: Moving, *, today: date, writing: Writing) -> bool:
    using = writing.using
    if case.state is not State.WAITING:
        return False
    if any(one.weight is not Weight.WARNS for one in _obstacles_of(case, today=today, using=using)):
        return False
    moved = replace(case, state=State.WITH_DESK, desk_place=case.route[0].place, version=case.version + 1)
    receive(moved, days=calendar(using), today=today, writing=writing)
    move(moved, today=today, writing=writing)
    tell(moved, Act.RELEASE, by=None, before=case, writing=writing)
    # The next one that waits looks at what is open now.
    writing.send()
    return True
