"""Class requests over HTTP: classes split, merged, filled anew. The leader decides, the authority can undo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Listing,
    Sent,
    Text,
    act_door,
    answer,
    cursor_of,
    key_of,
    router,
)
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.models import Class
from xueji.status.actions import class_requests as actions
from xueji.status.actions.readings import note_movers
from xueji.status.api.shapes import STATUS
from xueji.status.queries import class_requests as queries
from xueji.status.queries.class_requests import RequestLine, RequestView
from xueji.status.rules.class_requests import MOST_PUPILS, STATE_NAMES, ClassCount, RequestState

MOST_CLASSES = 60
ClassNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")]
RequestStateName: Any = Literal[("", *(state.value for state in RequestState))]
STATE: Any = Query("", description="状态，空为全部 / state; empty: all")


class OpenedSent(Sent):
    number: ClassNumber = Field(description="班号，在本校内唯一 / number, given once in a school")
    name: Annotated[Text, Field(min_length=1, max_length=40)]


class MoveSent(Sent):
    pupil: UUID
    into: ClassNumber = Field(
        description="调入班的班号 / number of the class, an open one or one that is opened"
    )


class RequestSent(Sent):
    """Who goes into which class of the grade; which classes are opened for it, and which closed after it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "class_number": "2026101",
                    "moves": [{"pupil": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11", "into": "2026104"}],
                    "opens": [{"number": "2026104", "name": "4班"}],
                }
            ]
        }
    )

    class_number: ClassNumber = Field(
        description="本校该年级任一班的班号 / any class of the grade in the own school"
    )
    moves: list[MoveSent] = Field(min_length=1, max_length=MOST_PUPILS)
    opens: list[OpenedSent] = Field([], max_length=MOST_CLASSES)
    closes: list[ClassNumber] = Field([], max_length=MOST_CLASSES)
    note: Annotated[Text, Field(max_length=500)] = ""


class CountShown(Schema):
    number: str
    name: str
    before: int
    after: int
    is_new: bool
    is_closed: bool
    is_large: bool = Field(description="大班额 / far too large")


class FaultShown(Schema):
    code: str
    message_zh: str
    message_en: str


class AheadShown(Schema):
    """What a request would do. Nothing was written."""

    can_be_filed: bool
    classes: list[CountShown]
    faults: list[FaultShown]


class RequestLineShown(Schema):
    id: UUID
    school: str
    grade: int
    entry_year: int
    state: str
    state_zh: str
    state_en: str
    pupils: int
    filed_on: date
    decided_on: date | None
    undo_until: date | None


class MoveShown(Schema):
    pupil: UUID
    name: str = Field(description="masked outside the school")
    source: str = Field(description="name of the class")
    target: str


class RequestShown(RequestLineShown):
    note: str
    reason: str = Field(description="why it was refused or undone")
    opens: list[str]
    closes: list[str]
    moves: list[MoveShown]
    classes: list[CountShown] = Field(description="what approval would do now; empty for a decided one")


class NoSuchClass(Refused):
    code = "no-such-class"


def _own_class(request: ActingRequest, number: str) -> Class:
    request.actor.require("classes.move")
    found: Class | None = (
        Class.objects.filter(place=request.actor.place, number=number, closed_on__isnull=True)
        .select_related("grade")
        .first()
    )
    if found is None:
        raise NoSuchClass(
            f"本校没有在用的班级 {number}。", f"There is no open class {number} in your school."
        )
    return found


def _wanted(sent: RequestSent) -> dict[str, Any]:
    return {"opens": {one.number: one.name for one in sent.opens}, "closes": sent.closes}


def _counts(found: tuple[ClassCount, ...], names: Mapping[str, str]) -> list[CountShown]:
    return [
        CountShown(
            number=one.number,
            name=names.get(one.number, one.number),
            before=one.before,
            after=one.after,
            is_new=one.is_new,
            is_closed=one.is_closed,
            is_large=one.is_large,
        )
        for one in found
    ]


def _line(line: RequestLine) -> dict[str, Any]:
    zh, en = STATE_NAMES[line.state]
    return {
        "id": line.id,
        "school": line.school,
        "grade": line.grade,
        "entry_year": line.entry_year,
        "state": line.state.value,
        "state_zh": zh,
        "state_en": en,
        "pupils": line.pupils,
        "filed_on": line.filed_on,
        "decided_on": line.decided_on,
        "undo_until": line.undo_until,
    }


def _shown(found: RequestView, request: ActingRequest) -> dict[str, Any]:
    is_own = request.actor.place == found.line.place
    return RequestShown(
        **_line(found.line),
        note=found.note,
        reason=found.reason,
        opens=list(found.opens),
        closes=list(found.closes),
        moves=[
            MoveShown(
                pupil=one.student_id,
                name=one.name if is_own else masks.name(one.name),
                source=one.source,
                target=one.target,
            )
            for one in found.moves
        ],
        classes=_counts(found.counts, found.names),
    ).model_dump(mode="json")


def _request(request: ActingRequest, request_id: UUID) -> RequestView:
    request.actor.require("status.view")
    found = queries.request_of(request_id)
    if found is None or found.line.place not in request.actor.scope:
        raise actions.NoSuchRequest("没有这份调班申请。", "There is no such request.")
    return found


@router.post(
    "/status/class-requests/check",
    response={200: AheadShown, **WRITE_ERRORS},
    summary="分班与并班预览 / What a class request would do",
    tags=STATUS,
    operation_id="checkClassRequest",
)
def check(request: ActingRequest, sent: RequestSent) -> HttpResponse:
    found = _own_class(request, sent.class_number)
    wanted = _wanted(sent)
    ahead = actions.look_ahead(
        found.grade_id, {one.pupil: one.into for one in sent.moves}, **wanted, by=request.actor
    )
    classes = queries.classes_of_grade(found.grade_id, found.place)
    names = {number: one.name for number, one in classes.items()} | wanted["opens"]
    content = AheadShown(
        can_be_filed=not ahead.faults,
        classes=_counts(ahead.counts, names),
        faults=[FaultShown(code=one.code, message_zh=one.zh, message_en=one.en) for one in ahead.faults],
    )
    return answer(200, content.model_dump(mode="json"))


@act_door(
    "/status/class-requests",
    RequestShown,
    status=201,
    summary="提交分班、并班或调班 / Put a class request before the school's leader",
    tags=STATUS,
    operation_id="fileClassRequest",
)
def file(request: ActingRequest, sent: RequestSent) -> Any:
    found = _own_class(request, sent.class_number)
    filed = actions.propose(
        found.grade_id,
        {one.pupil: one.into for one in sent.moves},
        **_wanted(sent),
        note=sent.note,
        by=request.actor,
        today=timezone.localdate(),
    )
    return _shown(_request(request, filed), request)


@router.get(
    "/status/class-requests",
    response={200: Listing[RequestLineShown], **READ_ERRORS},
    summary="分班、并班与调班申请 / Class requests of the school or the area, the newest first",
    tags=STATUS,
    operation_id="listClassRequests",
)
def listing(
    request: ActingRequest, state: RequestStateName = STATE, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    request.actor.require("status.view")
    key = key_of(after, UUID)
    page = queries.listed(request.actor, state=state, after=key[0] if key else None, size=limit)
    content = Listing[RequestLineShown](
        items=[RequestLineShown(**_line(one)) for one in page.items],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/class-requests/{uuid:request_id}",
    response={200: RequestShown, **READ_ERRORS},
    summary="一份申请 / A class request",
    tags=STATUS,
    operation_id="readClassRequest",
)
def show(request: ActingRequest, request_id: UUID) -> HttpResponse:
    found = _request(request, request_id)
    note_movers([one.student_id for one in found.moves], by=request.actor)
    return answer(200, _shown(found, request))


class ClassRequestActSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"act": "approve"}]})

    act: Literal["approve", "refuse", "withdraw", "undo"]
    reason: Annotated[Text, Field(max_length=500)] = Field(
        "", description="不同意或撤销的理由 / why it is refused or undone"
    )


@act_door(
    "/status/class-requests/{uuid:request_id}/act",
    RequestShown,
    summary="审核、撤回或撤销 / Approve, refuse, withdraw or undo a class request",
    tags=STATUS,
    operation_id="actOnClassRequest",
)
def act_on(request: ActingRequest, request_id: UUID, sent: ClassRequestActSent) -> Any:
    known: dict[str, Any] = {"by": request.actor, "today": timezone.localdate()}
    _request(request, request_id)
    match sent.act:
        case "withdraw":
            actions.withdraw(request_id, **known)
        case "undo":
            actions.undo(request_id, reason=sent.reason, **known)
        case _:
            actions.decide(request_id, approve=sent.act == "approve", reason=sent.reason, **known)
    return _shown(_request(request, request_id), request)
