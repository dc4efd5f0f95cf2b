"""Many cases decided in one request: each by itself, so that a bad one never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import (
    WRITE_ERRORS,
    ActingRequest,
    Problem,
    Sent,
    Text,
    Whole,
    answer,
    done_once,
    in_words,
    problem,
    router,
    writes,
)
from xueji.access.scope import Actor
from xueji.lib.errors import Refused
from xueji.status.actions import many
from xueji.status.actions.cases import Acted, FieldsMissing, Foreseen, NotNow, Stopped
from xueji.status.actions.many import MOST_AT_ONCE, OfMany
from xueji.status.api.shapes import (
    STATUS,
    AtParty,
    ChangedRow,
    InState,
    Words,
    party_in_words,
    refused_with_detail,
    rows_shown,
)
from xueji.status.queries import cases as queries
from xueji.status.queries.acts import last_act_of
from xueji.status.rules.steps import STATE_NAMES, Act


class CaseActed(InState):
    """What an act made of a case."""

    version: int


class CaseForeseen(Schema):
    """What an approval would do now. Nothing was written."""

    next_desk: AtParty | None = Field(description="null: it is completed")
    rows: list[ChangedRow] = Field(description="empty unless it takes effect")
    takes_effect: bool


class ActedOfMany(Schema):
    """One case of many: what came of it, or why not. One of the two is null."""

    case: UUID
    done: CaseActed | None
    refused: Problem | None


class ForeseenOfMany(Schema):
    case: UUID
    done: CaseForeseen | None
    refused: Problem | None


class ManyActed(Schema):
    items: list[ActedOfMany]
    done: int
    refused: int


class ManyForeseen(Schema):
    items: list[ForeseenOfMany]
    done: int = Field(description="how many could be approved")
    refused: int


class Looked(Sent):
    """A case, as it was looked at."""

    case: UUID
    version: Whole = Field(description="所见版本 / the version that was looked at")


CASES: Any = Field(min_length=1, max_length=MOST_AT_ONCE)
EXAMPLE: dict[str, Any] = {"case": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11", "version": 2}


class ManySent(Sent):
    cases: list[UUID] = CASES


class ApprovalsSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"cases": [EXAMPLE], "reason": ""}]})

    cases: list[Looked] = CASES
    reason: Words = ""


class RefusalsSent(ApprovalsSent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cases": [EXAMPLE], "reason_code": "data_mismatch", "reason": ""}]}
    )

    reason_code: Annotated[Text, Field(min_length=1, max_length=24)] = Field(
        description="of the kinds' `refusals`; words only explain it"
    )


def refused_shown(refused: Refused) -> Problem:
    if isinstance(refused, FieldsMissing | Stopped):
        return Problem.model_validate(refused_with_detail(refused)[1])
    return Problem.model_validate(problem(refused))


def place_to_hide(case_id: UUID, by: Actor) -> int | None:
    """Return where the pupil is, where the caller's office may not know it yet; None where nothing is to be hidden."""
    case = queries.seen_by(case_id, by=by, today=timezone.localdate())
    return case.place if case is not None and case.hides_origin else None


def foreseen_shown(one: OfMany[Foreseen], by: Actor) -> ForeseenOfMany:
    if one.done is None:
        return ForeseenOfMany(
            case=one.case_id, done=None, refused=refused_shown(one.refused) if one.refused else None
        )
    following = one.done.next_desk
    hidden = place_to_hide(one.case_id, by) if one.done.plan else None
    done = CaseForeseen(
        next_desk=AtParty(**party_in_words(following.party)) if following else None,
        rows=rows_shown(one.done.plan, by, hidden=hidden),
        takes_effect=one.done.plan is not None,
    )
    return ForeseenOfMany(case=one.case_id, done=done, refused=None)


@router.post(
    "/status/many/check",
    response={200: ManyForeseen, **WRITE_ERRORS},
    summary="批量预演 / What approving many cases would do, one by one; nothing is written",
    tags=STATUS,
    operation_id="checkManyStatusCases",
)
def check(request: ActingRequest, sent: ManySent) -> HttpResponse:
    by = request.actor
    by.require("status.view")
    found = [
        foreseen_shown(one, by) for one in many.foresee_many(sent.cases, by=by, today=timezone.localdate())
    ]
    can = sum(one.done is not None for one in found)
    return answer(200, ManyForeseen(items=found, done=can, refused=len(found) - can).model_dump(mode="json"))


def acted_shown(one: OfMany[Acted], act: Act, versions: dict[UUID, int], by: Actor) -> ActedOfMany:
    """Return what happened to one case; a step that the caller took before, by a request that broke off, counts as done."""
    if one.done is not None:
        done = CaseActed(
            **in_words("state", one.done.state, STATE_NAMES[one.done.state]), version=one.done.version
        )
        return ActedOfMany(case=one.case_id, done=done, refused=None)
    if isinstance(one.refused, NotNow):
        last = last_act_of(one.case_id)
        if last and (last.act, last.by, last.version) == (act, by.account_id, versions[one.case_id] + 1):
            done = CaseActed(**in_words("state", last.state, STATE_NAMES[last.state]), version=last.version)
            return ActedOfMany(case=one.case_id, done=done, refused=None)
    return ActedOfMany(
        case=one.case_id, done=None, refused=refused_shown(one.refused) if one.refused else None
    )


def decided(
    request: ActingRequest,
    sent: ApprovalsSent,
    act: Act,
    decide: Callable[[Sequence[UUID], dict[UUID, int]], tuple[OfMany[Acted], ...]],
) -> HttpResponse:
    def attempt() -> tuple[int, Any]:
        request.actor.require("status.view")
        versions = {one.case: one.version for one in sent.cases}
        found = [acted_shown(one, act, versions, request.actor) for one in decide(list(versions), versions)]
        done = sum(one.done is not None for one in found)
        content = ManyActed(items=found, done=done, refused=len(found) - done)
        return 200, content.model_dump(mode="json")

    return done_once(request, sent, attempt)


@router.post(
    "/status/many/approve",
    response={200: ManyActed, **WRITE_ERRORS},
    summary="批量同意 / Approve many cases at the own desk",
    description=f"一次最多 {MOST_AT_ONCE} 件，逐件办理；其中一件不能办理不影响其余。\n\nAt most {MOST_AT_ONCE} at once, each by itself:"
    " one that cannot be approved does not stop the others.",
    tags=STATUS,
    operation_id="approveManyStatusCases",
    openapi_extra=writes(200),
)
def approve(request: ActingRequest, sent: ApprovalsSent) -> HttpResponse:
    return decided(
        request,
        sent,
        Act.APPROVE,
        lambda ids, versions: many.approve_many(
            ids, by=request.actor, today=timezone.localdate(), reason=sent.reason, versions=versions
        ),
    )


@router.post(
    "/status/many/refuse",
    response={200: ManyActed, **WRITE_ERRORS},
    summary="批量不同意 / Refuse many cases for one reason of the closed lists",
    tags=STATUS,
    operation_id="refuseManyStatusCases",
    openapi_extra=writes(200),
)
def refuse(request: ActingRequest, sent: RefusalsSent) -> HttpResponse:
    return decided(
        request,
        sent,
        Act.REFUSE,
        lambda ids, versions: many.refuse_many(
            ids,
            reason_code=sent.reason_code,
            reason=sent.reason,
            by=request.actor,
            today=timezone.localdate(),
            versions=versions,
        ),
    )
