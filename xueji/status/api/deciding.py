"""What is done with a case over HTTP: each step once, by whom its turn it is."""

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
from xueji.status.actions import cases
from xueji.status.actions.cases import FieldsMissing, NotNow, Stopped
from xueji.status.api import shapes
from xueji.status.api.shapes import (
    MOST_FIELDS,
    MOST_PAPERS,
    STATUS,
    CaseShown,
    FieldsSent,
    Words,
    refused_with_detail,
)
from xueji.status.queries.acts import last_act_of
from xueji.status.rules.steps import Act


class ActSent(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Words = ""


class ReasonSent(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Annotated[Words, Field(min_length=1)]


class RefusalSent(ActSent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 2, "reason_code": "data_mismatch", "reason": ""}]}
    )

    reason_code: Annotated[Text, Field(min_length=1, max_length=24)] = Field(
        description="of the kind's `refusals`; words only explain it"
    )


class AnswerSent(ActSent):
    fields: FieldsSent = Field(
        {}, max_length=MOST_FIELDS, description="what is stated otherwise; the rest stays"
    )
    papers: list[UUID] = Field([], max_length=MOST_PAPERS)


def step(
    request: ActingRequest, case_id: UUID, sent: Any, act: Act, take: Callable[[], object]
) -> HttpResponse:
    """Take a step of a case, once. A step that the caller took before is told as it stands.

    The act commits in the national role and the answer is remembered in the transaction of
    the request; after a crash between the two the repetition finds the act done, by itself.
    """

    def attempt() -> tuple[int, Any]:
        try:
            take()
        except NotNow:
            last = last_act_of(case_id)
            is_mine = last is not None and (last.act, last.by) == (act, request.actor.account_id)
            if last is None or not is_mine or last.version != sent.version + 1:
                raise
            return 200, shapes.content_of(request, case_id, note=DONE_BEFORE)
        except (FieldsMissing, Stopped) as refused:
            return refused_with_detail(refused)
        return 200, shapes.content_of(request, case_id)

    return done_once(request, sent, attempt)


def known_of(request: ActingRequest, sent: Any) -> dict[str, Any]:
    return {
        "by": request.actor,
        "today": timezone.localdate(),
        "reason": sent.reason,
        "version": sent.version,
    }


@router.post(
    "/status/cases/{uuid:case_id}/approve",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="同意 / Approve at the desk whose turn it is",
    tags=STATUS,
    operation_id="approveStatusCase",
    openapi_extra=writes(200),
)
def approve(request: ActingRequest, case_id: UUID, sent: ActSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.APPROVE, lambda: cases.approve(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/refuse",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="不同意 / Refuse, for a reason of the closed list",
    tags=STATUS,
    operation_id="refuseStatusCase",
    openapi_extra=writes(200),
)
def refuse(request: ActingRequest, case_id: UUID, sent: RefusalSent) -> HttpResponse:
    return step(
        request,
        case_id,
        sent,
        Act.REFUSE,
        lambda: cases.refuse(case_id, reason_code=sent.reason_code, **known_of(request, sent)),
    )


@router.post(
    "/status/cases/{uuid:case_id}/return",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="退回补正 / Return for completion; the desk's clock pauses",
    tags=STATUS,
    operation_id="returnStatusCase",
    openapi_extra=writes(200),
)
def send_back(request: ActingRequest, case_id: UUID, sent: ReasonSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.RETURN, lambda: cases.send_back(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/answer",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="补正 / Complete what was returned; the desk's clock goes on",
    tags=STATUS,
    operation_id="answerStatusCase",
    openapi_extra=writes(200),
)
def complete(request: ActingRequest, case_id: UUID, sent: AnswerSent) -> HttpResponse:
    return step(
        request,
        case_id,
        sent,
        Act.ANSWER,
        lambda: cases.answer(
            case_id, typed=dict(sent.fields) or None, paper_ids=sent.papers, **known_of(request, sent)
        ),
    )


@router.post(
    "/status/cases/{uuid:case_id}/withdraw",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="撤回 / Take a case back before it has an effect",
    tags=STATUS,
    operation_id="withdrawStatusCase",
    openapi_extra=writes(200),
)
def withdraw(request: ActingRequest, case_id: UUID, sent: ActSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.WITHDRAW, lambda: cases.withdraw(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/undo",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="撤销结果 / Undo what a case did, by the authority above",
    tags=STATUS,
    operation_id="undoStatusCase",
    openapi_extra=writes(200),
)
def undo(request: ActingRequest, case_id: UUID, sent: ReasonSent) -> HttpResponse:
    return step(request, case_id, sent, Act.UNDO, lambda: cases.undo(case_id, **known_of(request, sent)))
