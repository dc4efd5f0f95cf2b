"""The family's look at its case over HTTP, without an account."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from pydantic import Field

from xueji.access.api import Problem, Sent, Text, answer, in_words, problem, router
from xueji.lib.errors import Refused
from xueji.status.actions import tracking
from xueji.status.api.shapes import STATUS, AtParty, InState, party_in_words
from xueji.status.rules.steps import STATE_NAMES

TOO_MANY_REQUESTS = 429


class CodeSent(Sent):
    code: Annotated[Text, Field(min_length=1, max_length=60)] = Field(
        description="进度查询码 / the code on the family's slip", examples=["23456 789AB CDEFG HJKLM"]
    )


class TrackedDesk(AtParty):
    office: str
    since: date | None
    until: date | None
    ended_on: date | None


class TrackedShown(InState):
    """Where a case lies, since when and until when, and nothing about the child."""

    filed_on: date
    closed_on: date | None
    starter: str
    at: int
    is_provisional: bool
    desks: list[TrackedDesk]


class NoSuchCode(Refused):
    code = "not-found"


@router.post(
    "/status/track/check",
    response={200: TrackedShown, 404: Problem, 422: Problem, 429: Problem},
    auth=None,
    summary="进度查询 / Where a case lies, by the family's code, without an account",
    description="不需登录，限制次数；查询码在请求体中，不会留在日志里。 Without signing in, limited in number; the code is in the body,"
    " so that no log keeps it.",
    tags=STATUS,
    operation_id="trackCase",
)
def track(request: HttpRequest, sent: CodeSent) -> HttpResponse:
    try:
        found = tracking.look_up(sent.code, address=request.META.get("REMOTE_ADDR", ""), now=timezone.now())
    except tracking.TooManyLooks as refused:
        return answer(TOO_MANY_REQUESTS, problem(refused))
    if found is None:
        raise NoSuchCode(
            "没有查到，请核对查询码；办结较久的业务不再提供查询。",
            "Nothing was found; compare the code. Cases that ended long ago are no longer shown.",
        )
    content = TrackedShown(
        **in_words("state", found.state, STATE_NAMES[found.state]),
        filed_on=found.filed_on,
        closed_on=found.closed_on,
        starter=found.starter,
        at=found.at,
        is_provisional=found.is_provisional,
        desks=[
            TrackedDesk(
                **party_in_words(one.party),
                office=one.office,
                since=one.since,
                until=one.until,
                ended_on=one.ended_on,
            )
            for one in found.desks
        ],
    )
    response = answer(200, content.model_dump(mode="json"))
    response["Cache-Control"] = "no-store, private"
    return response
