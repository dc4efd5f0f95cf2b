"""The desks of a roster over HTTP: submitted, approved, returned, taken back; each step once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from pydantic import ConfigDict, Field

from xueji.access.api import (
    DONE_BEFORE,
    WRITE_ERRORS,
    ActingRequest,
    Sent,
    Text,
    Whole,
    done_once,
    router,
    writes,
)
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.actions.rosters import NotNow
from xueji.changes.api import shapes
from xueji.changes.api.shapes import ROSTERS, Batch, batch_of
from xueji.changes.models import RosterBatch
from xueji.changes.queries.last_acts import last_act_of
from xueji.changes.rules.roster_steps import Act, State

MOST_EXCEPTIONS = 1_000


Reason = Annotated[
    Text, Field(max_length=200, description="学校会看到 / the school reads it", examples=["未到校报到"])
]


class Submission(Sent):
    version: Whole | None = Field(None, description="所见版本 / the version that was looked at")


class Approval(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 2, "except_rows": [7], "reason": "未到校报到"}]}
    )

    version: Whole = Field(description="所见版本 / the version that was looked at")
    except_rows: list[Whole] = Field([], max_length=MOST_EXCEPTIONS, description="除外的行 / rows taken out")
    reason: Reason = ""


class Return(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Annotated[Text, Field(min_length=1, max_length=200, examples=["信息与户口簿不一致"])]


class Undoing(Sent):
    version: Whole | None = Field(None, description="所见版本 / the version that was looked at")
    reason: Reason = ""


def step(
    request: ActingRequest, batch_id: UUID, sent: Sent, act: Act, take: Callable[[RosterBatch], RosterBatch]
) -> HttpResponse:
    """Take a step of a batch, once. A step that the caller took before is told as it stands.

    The act commits in the national role and the answer is remembered in the transaction of
    the request; after a crash between the two the repetition finds the act done, by itself.
    """
    version = getattr(sent, "version", None)

    def attempt() -> tuple[int, Any]:
        batch = batch_of(request, batch_id)
        try:
            if version is not None and version != batch.version:
                raise NotNow(
                    "该批次刚刚被其他同事处理过，请查看当前状态后再操作。",
                    "A colleague has just acted on this batch; see where it is now before going on.",
                )
            taken = take(batch)
        except NotNow:
            batch = batch_of(request, batch_id)
            last = last_act_of(batch.id)
            is_mine = last is not None and (last.act, last.by) == (act, request.actor.account_id)
            if not is_mine or version not in (None, batch.version - 1):
                raise
            return 200, shapes.batch_content(batch, note=DONE_BEFORE)
        waits = act is Act.APPROVE and taken.state == State.WITH_AUTHORITY == batch.state
        return (202 if waits else 200), shapes.batch_content(taken)

    return done_once(request, sent, attempt)


@router.post(
    "/rosters/{uuid:batch_id}/submit",
    response={200: Batch, **WRITE_ERRORS},
    summary="提交名册 / Submit a checked roster to the leader",
    tags=ROSTERS,
    operation_id="submitRoster",
    openapi_extra=writes(200),
)
def submit(request: ActingRequest, batch_id: UUID, sent: Submission) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.submit(batch.id, by=request.actor, today=timezone.localdate())

    return step(request, batch_id, sent, Act.SUBMIT, take)


@router.post(
    "/rosters/{uuid:batch_id}/approve",
    response={200: Batch, 202: Batch, **WRITE_ERRORS},
    summary="同意 / Approve, except some rows if need be",
    description=f"学校主管领导审核，主管部门核准。核准超过 {jobs.ROWS_AT_ONCE} 人时由后台注册（202）。\n\nFirst the leader in charge"
    f" at the school, then the officer of the authority. More than {jobs.ROWS_AT_ONCE} pupils are registered by the worker (202).",
    tags=ROSTERS,
    operation_id="approveRoster",
    openapi_extra=writes(200, 202),
)
def approve(request: ActingRequest, batch_id: UUID, sent: Approval) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        if batch.state == State.WITH_AUTHORITY and batch.accepted - batch.excepted > jobs.ROWS_AT_ONCE:
            rosters.may_decide(batch, Act.APPROVE, by=request.actor, version=sent.version)
            if sent.except_rows and not sent.reason.strip():
                raise rosters.ReasonMissing(
                    "请填写理由：学校需要知道为什么退回。", "Give a reason: the school has to know why."
                )
            jobs.register_later(batch, by=request.actor, except_rows=sent.except_rows, reason=sent.reason)
            return batch
        return rosters.decide(
            batch.id,
            act=Act.APPROVE,
            by=request.actor,
            today=timezone.localdate(),
            reason=sent.reason,
            except_rows=sent.except_rows,
            version=sent.version,
        )

    return step(request, batch_id, sent, Act.APPROVE, take)


@router.post(
    "/rosters/{uuid:batch_id}/return",
    response={200: Batch, **WRITE_ERRORS},
    summary="退回 / Return to the school with a reason",
    tags=ROSTERS,
    operation_id="returnRoster",
    openapi_extra=writes(200),
)
def give_back(request: ActingRequest, batch_id: UUID, sent: Return) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.decide(
            batch.id,
            act=Act.RETURN,
            by=request.actor,
            today=timezone.localdate(),
            reason=sent.reason,
            version=sent.version,
        )

    return step(request, batch_id, sent, Act.RETURN, take)


@router.post(
    "/rosters/{uuid:batch_id}/undo",
    response={200: Batch, **WRITE_ERRORS},
    summary="撤回 / Take the whole roster back, until the authority approved",
    tags=ROSTERS,
    operation_id="undoRoster",
    openapi_extra=writes(200),
)
def undo(request: ActingRequest, batch_id: UUID, sent: Undoing) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.undo(batch.id, by=request.actor, today=timezone.localdate(), reason=sent.reason)

    return step(request, batch_id, sent, Act.UNDO, take)
