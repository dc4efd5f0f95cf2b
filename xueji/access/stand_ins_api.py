"""Stand-ins over HTTP: who acts in one's place, from which day to which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access import actions
from xueji.access.api import (
    LARGEST_NUMBER,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Sent,
    Text,
    answer,
    done_once,
    router,
    writes,
)
from xueji.access.queries import StandIn, colleagues_of, stand_ins_of
from xueji.access.rules.permissions import ROLE_NAMES, Role

STAND_INS = ["stand-ins"]
ONE_DAY = timedelta(days=1)


class StandInShown(Schema):
    """A colleague who stands in for the caller, from a day up to and including another."""

    id: int
    username: str
    name: str
    since: date
    last: date = Field(description="含当天 / this day included")


class ColleagueShown(Schema):
    """Somebody of the own office who could stand in."""

    username: str
    name: str
    role: str
    role_zh: str
    role_en: str


class StandInsShown(Schema):
    items: list[StandInShown]
    colleagues: list[ColleagueShown] = Field(description="who can be named")


def shown(one: StandIn) -> StandInShown:
    return StandInShown(
        id=one.id, username=one.username, name=one.name, since=one.since, last=one.until - ONE_DAY
    )


def content_of(request: ActingRequest) -> dict[str, Any]:
    by, today = request.actor, timezone.localdate()
    return StandInsShown(
        items=[shown(one) for one in stand_ins_of(by.appointment_id, today=today)],
        colleagues=[
            ColleagueShown(
                username=one.username,
                name=one.name,
                role=one.role,
                role_zh=ROLE_NAMES[Role(one.role)][0],
                role_en=ROLE_NAMES[Role(one.role)][1],
            )
            for one in colleagues_of(by, today=today)
        ],
    ).model_dump(mode="json")


@router.get(
    "/stand-ins",
    response={200: StandInsShown, **READ_ERRORS},
    summary="代理 / Who stands in for the caller now and later, and who could",
    tags=STAND_INS,
    operation_id="listStandIns",
)
def listed(request: ActingRequest) -> HttpResponse:
    request.actor.require("stand_in.name")
    return answer(200, content_of(request))


class StandInSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"username": "r2133000001b", "since": "2026-10-01", "last": "2026-10-15"}]
        }
    )

    username: Annotated[Text, Field(min_length=1, max_length=150)] = Field(description="of `colleagues`")
    since: date
    last: date = Field(description="含当天 / this day included")


@router.post(
    "/stand-ins",
    response={201: StandInsShown, **WRITE_ERRORS},
    summary="指定代理 / Name a colleague of the own office as stand-in; it ends by itself",
    tags=STAND_INS,
    operation_id="nameStandIn",
    openapi_extra=writes(201),
)
def name(request: ActingRequest, sent: StandInSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        by, today = request.actor, timezone.localdate()
        by.require("stand_in.name")
        found = next((one for one in colleagues_of(by, today=today) if one.username == sent.username), None)
        if found is None:
            raise actions.no_colleague()
        if sent.last == date.max:
            raise actions.wrong_days()
        actions.name_stand_in(
            found.account_id, since=sent.since, until=sent.last + ONE_DAY, by=by, today=today
        )
        return 201, content_of(request)

    return done_once(request, sent, act)


@router.post(
    "/stand-ins/{appointment_id}/end",
    response={200: StandInsShown, **WRITE_ERRORS},
    summary="结束代理 / End today what a stand-in may do; one that has ended is no fault",
    tags=STAND_INS,
    operation_id="endStandIn",
    openapi_extra=writes(200),
)
def end(request: ActingRequest, appointment_id: int) -> HttpResponse:
    def act() -> tuple[int, Any]:
        request.actor.require("stand_in.name")
        # A number that no row can have is one that is not there.
        wanted = appointment_id if 0 < appointment_id <= LARGEST_NUMBER else 0
        actions.end_stand_in(wanted, by=request.actor, today=timezone.localdate())
        return 200, content_of(request)

    return done_once(request, "", act)
