"""Batches on their way from desk to desk: locked, moved by permitted steps, each act kept and recorded."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_steps import CLOSED, Act, Desk, State, Step, step_from
from xueji.lib import uuid7
from xueji.lib.errors import Refused


class NoSuchBatch(Refused):
    code = "no-such-batch"


class NotNow(Refused):
    code = "not-now"


class OwnWork(Refused):
    code = "own-work"


def locked(batch_id: UUID, using: str) -> RosterBatch:
    """Return the batch, locked until commit, with its school. Raises NoSuchBatch."""
    batch = (
        RosterBatch.everywhere.using(using)
        .select_related("school__organisation")
        .select_for_update(of=("self",))
        .filter(pk=batch_id)
        .first()
    )
    if batch is None:
        raise NoSuchBatch(
            "没有这个批次。请从待办或名册列表重新进入。",
            "There is no such batch; open it from the list again.",
        )
    return batch


def step_to(batch: RosterBatch, act: Act, by: Actor) -> Step:
    """Return the step that `by` may take now. Raises NotNow, NotAllowed."""
    step = step_from(State(batch.state), act)
    if step is None:
        raise NotNow(
            "该批次已不在这一环节，可能已由同事办理；请刷新查看当前状态。",
            "The batch is past this step, perhaps by a colleague; reload to see where it is.",
        )
    by.require(step.permission, batch.place)
    if step.desk is Desk.AUTHORITY and by.place != batch.desk_place:
        raise NotNow(
            "该批次由其学籍主管部门核准，不在本单位待办中。",
            "This batch is on the desk of the school's own authority, not on yours.",
        )
    return step


def may_decide(batch: RosterBatch, act: Act, *, by: Actor, version: int | None = None) -> Step:
    """Return the step by which `by` may decide on the batch as it was looked at.

    Raises NotNow when it is past that, NotAllowed, OwnWork (two-person rule).
    """
    if version is not None and version != batch.version:
        raise NotNow(
            "该批次刚刚被其他同事处理过，请刷新后再操作。",
            "A colleague has just acted on this batch; reload and look again.",
        )
    step = step_to(batch, act, by)
    if batch.submitted_by == by.account_id:
        raise OwnWork(
            "提交人不能审核自己提交的名册，请由另一位同事审核。",
            "Who submitted a roster cannot approve it; a second person has to.",
        )
    return step


def hand_over(batch: RosterBatch, state: State, *, desk: int, today: date) -> None:
    """Put the batch on a desk."""
    batch.state = state
    batch.desk_place = desk
    batch.received_on = today
    batch.closed_on = today if state in CLOSED else None
    batch.version += 1


def decided(batch: RosterBatch, act: Act, *, by: Actor, using: str, reason: str = "") -> None:
    """Keep one act of one desk."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO changes_decision (place, id, subject_id, act, reason, by, office)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            [batch.place, uuid7.new(), batch.id, act, reason[:500], by.account_id, by.place],
        )


def checked(batch: RosterBatch, *, before: str, using: str) -> None:
    """Record that the system checked a batch, and what came of it."""
    record(
        "roster.check",
        by=None,
        office=batch.place,
        subject_kind="batch",
        subject_id=batch.id,
        place=batch.place,
        batch_id=batch.id,
        before={"state": before},
        after={"state": batch.state, "accepted": batch.accepted, "rejected": batch.rejected},
        using=using,
    )


def note(
    batch_id: UUID, act: str, *, by: Actor, place: int, using: str, before: Any = None, after: Any
) -> None:
    """Record an event of a batch."""
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="batch",
        subject_id=batch_id,
        place=place,
        batch_id=batch_id,
        before=before,
        after=after,
        using=using,
    )
