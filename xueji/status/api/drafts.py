"""Drafts over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
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
from xueji.status.actions import drafts
from xueji.status.actions.matching import match_of
from xueji.status.api.shapes import MOST_FIELDS, STATUS, FieldsSent, KindCode, stated_shown
from xueji.status.queries import cases as queries


class DraftShown(Schema):
    """A draft of the own office. It locks nothing."""

    id: UUID
    kind: str
    pupil: UUID | None
    name: str = Field(description="masked")
    fields: dict[str, Any] = Field(description="what was typed so far; private values masked")
    created_on: date
    changed_at: datetime


class DraftsShown(Listing[DraftShown]):
    """Drafts of the own office."""


class DraftSent(Sent):
    kind: KindCode
    pupil: UUID | None = None
    name: Annotated[Text, Field(max_length=100)] = ""
    fields: FieldsSent = Field({}, max_length=MOST_FIELDS)
    ticket: Annotated[Text, Field(max_length=200)] = Field(
        "", description="外校学生：查找时给的 / for another school's pupil: the one that /status/match gave"
    )
    id: UUID | None = Field(None, description="a draft of the own office that this one replaces")


def draft_shown(one: queries.DraftLine) -> DraftShown:
    known = {key: value for key, value in one.typed.items() if not key.startswith("_")}
    return DraftShown(
        id=one.id,
        kind=one.kind.code,
        pupil=one.student_id,
        name=masks.name(one.name) if one.name else "",
        fields=stated_shown(one.kind, known),
        created_on=one.created_on,
        changed_at=one.changed_at,
    )


@router.get(
    "/status/drafts",
    response={200: DraftsShown, **READ_ERRORS},
    summary="草稿 / Drafts of the own office, the newest first",
    tags=STATUS,
    operation_id="listStatusDrafts",
)
def drafts_listed(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    request.actor.require("status.view")
    key = key_of(after, UUID)
    page = queries.drafts(request.actor, after=key[0] if key else None, size=limit)
    content = DraftsShown(
        items=[draft_shown(one) for one in page.items],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@act_door(
    "/status/drafts",
    DraftShown,
    summary="保存草稿 / Keep a draft",
    tags=STATUS,
    operation_id="keepStatusDraft",
)
def keep(request: ActingRequest, sent: DraftSent) -> Any:
    kept = drafts.keep_draft(
        sent.kind,
        dict(sent.fields),
        by=request.actor,
        today=timezone.localdate(),
        draft_id=sent.id,
        student_id=sent.pupil,
        name=sent.name,
        match=match_of(sent.ticket, by=request.actor) if sent.ticket else None,
    )
    line = queries.draft_of(kept, request.actor)
    if line is None:
        raise drafts.no_such_draft()
    return draft_shown(line).model_dump(mode="json")


class Dropped(Schema):
    dropped: UUID


@act_door(
    "/status/drafts/{uuid:draft_id}/drop",
    Dropped,
    summary="删除草稿 / Delete a draft; one that is gone already is no fault",
    tags=STATUS,
    operation_id="dropStatusDraft",
)
def drop(request: ActingRequest, draft_id: UUID) -> Any:
    request.actor.require("status.view")
    drafts.drop_draft(draft_id, by=request.actor)
    return {"dropped": str(draft_id)}
