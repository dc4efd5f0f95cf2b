"""Reminders over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    ActingRequest,
    Listing,
    Sent,
    act_door,
    answer,
    cursor_of,
    in_words,
    key_of,
    router,
)
from xueji.status.actions import clocks
from xueji.status.api.shapes import STATUS
from xueji.status.queries import notices
from xueji.status.rules.business import shown_name
from xueji.status.rules.reminders import NOTICE_NAMES, Notice

NoticeName: Any = Literal[tuple(notice.value for notice in Notice)]


class NoticeShown(Schema):
    """A reminder that nobody of the office has read."""

    case: UUID = Field(description="the case; for `graduation` the request")
    turn: int
    notice: str
    notice_zh: str
    notice_en: str
    kind: str
    name: str = Field(description="masked; for `graduation` the number of the grade")
    office: str = Field(description="whose turn it is")
    due_on: date
    created_on: date


class NoticesShown(Listing[NoticeShown]):
    """Reminders of the own office."""


@router.get(
    "/status/notices",
    response={200: NoticesShown, **READ_ERRORS},
    summary="未读提醒 / Unread reminders of the own office, the newest first",
    tags=STATUS,
    operation_id="listNotices",
)
def notices_listed(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    request.actor.require("status.view")
    key = key_of(after, date.fromisoformat, UUID, small, lambda text: Notice(text).value)
    page = notices.unread(
        request.actor, after=None if key is None else (key[0], key[1], key[2], key[3]), size=limit
    )
    content = NoticesShown(
        items=[
            NoticeShown(
                case=one.case_id,
                turn=one.ordinal,
                **in_words("notice", one.notice, NOTICE_NAMES[one.notice]),
                kind=one.kind.code,
                name=shown_name(one.kind, one.name),
                office=one.office,
                due_on=one.due_on,
                created_on=one.created_on,
            )
            for one in page.items
        ],
        next=cursor_of(page.after),
    )
    return answer(200, content.model_dump(mode="json"))


def small(number: Any) -> int:
    """Return the number of a turn. Raises ValueError for what can be none."""
    if not isinstance(number, int) or not 0 <= number < 2**15:
        raise ValueError(number)
    return number


class NoticeKey(Sent):
    case: UUID
    turn: Annotated[int, Field(strict=True, ge=0, lt=2**15)]
    notice: NoticeName


class ReadSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"all": True}]})

    all: bool = Field(False, description="every unread reminder of the office")
    items: list[NoticeKey] = Field([], max_length=200)


class ReadShown(Schema):
    read: int


@act_door(
    "/status/notices/read",
    ReadShown,
    summary="标为已读 / Mark reminders as read",
    tags=STATUS,
    operation_id="readNotices",
)
def notices_read(request: ActingRequest, sent: ReadSent) -> Any:
    chosen = None if sent.all else [(one.case, one.turn, one.notice) for one in sent.items]
    return {"read": clocks.mark_read(by=request.actor, today=timezone.localdate(), chosen=chosen)}
