"""Promotion over HTTP: the dry run of each school, the plan, the signatures, the night, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    DONE_BEFORE,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Identifier,
    Listing,
    Sent,
    Text,
    act_door,
    answer,
    cursor_of,
    in_words,
    key_of,
    router,
)
from xueji.organisations.queries import name_at
from xueji.status.actions import promotion as actions
from xueji.status.api.shapes import InState
from xueji.status.models import Campaign
from xueji.status.queries import promotion as queries
from xueji.status.queries.last_acts import was_last
from xueji.status.rules.promotion import (
    CAMPAIGN_STATES,
    SCHOOL_STATES,
    CampaignState,
    Difference,
    SchoolState,
)

PROMOTIONS = ["promotions"]
MOST_SCHOOLS = 1000
FIRST_YEAR, LAST_YEAR = 2000, 2100

SchoolStateName: Any = Literal[("", *(state.value for state in SchoolState))]
SCHOOL_STATE: Any = Query("", description="学校状态，空为全部 / state of the school; empty: all")
Year = Annotated[
    int,
    Field(
        strict=True,
        ge=FIRST_YEAR,
        le=LAST_YEAR,
        description="升入的学年，以开始的年份表示 / school year promoted into, by the year it begins in",
        examples=[2027],
    ),
]
Note = Annotated[Text, Field(max_length=300)]


class DifferenceShown(Schema):
    """Something about a school that does not fit, and what to do."""

    code: str
    weight: str = Field(description="doubt: needs a word or a correction; hint")
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str


class SchoolForeseen(Schema):
    """A school as a promotion would find it. Nothing was written."""

    school: str = Field(description="学校标识码 / school identifier")
    name: str
    system: str
    pupils: int = Field(description="who would go up")
    grades: dict[str, int] = Field(description="number of each grade that goes up, with its pupils")
    differences: list[DifferenceShown]
    needs_word: bool


class PromotionForeseen(Schema):
    """The dry run of an area: every school in it counted, those with something doubtful first."""

    schools: int
    pupils: int
    doubtful: int
    items: list[SchoolForeseen]
    left_out: int = Field(description="schools that are counted and not listed; ask for a smaller area")


class PartShown(Schema):
    """How many schools of a part of the reader's area are at which state."""

    place: int
    name: str
    schools: int
    open: int
    signed: int
    left_out: int
    done: int
    undone: int
    doubtful: int
    pupils: int


class ProgressShown(Schema):
    done: int
    schools: int
    pupils_done: int
    pupils: int
    per_second: int
    seconds_left: int | None


class PromotionLine(InState):
    id: UUID
    area: int
    area_name: str
    school_year: int
    planned_on: date


class Promotions(Listing[PromotionLine]):
    """Promotions, the latest school year first."""


class PromotionShown(PromotionLine):
    """A promotion as the caller's office sees it: the parts are those of its own area."""

    started_at: datetime | None
    ended_at: datetime | None
    parts: list[PartShown]
    progress: ProgressShown
    note_zh: str | None = None
    note_en: str | None = None


class PromotionSchool(InState):
    """A school of a promotion."""

    school: str = Field(description="学校标识码 / school identifier")
    name: str
    system: str
    pupils: int
    needs_word: bool
    note: str
    signed_on: date | None
    done_at: datetime | None
    differences: list[DifferenceShown]


class PromotionSchools(Listing[PromotionSchool]):
    """Schools of a promotion in the caller's area, by place."""


def difference_shown(one: Difference) -> DifferenceShown:
    return DifferenceShown(
        code=one.code,
        weight=one.kind.weight.value,
        message_zh=one.zh,
        message_en=one.en,
        remedy_zh=one.kind.remedy_zh,
        remedy_en=one.kind.remedy_en,
    )


def line_of(campaign: Campaign, area_name: str) -> dict[str, Any]:
    return {
        **in_words("state", campaign.state, CAMPAIGN_STATES[CampaignState(campaign.state)]),
        "id": campaign.id,
        "area": campaign.area,
        "area_name": area_name,
        "school_year": campaign.school_year,
        "planned_on": campaign.planned_on,
    }


def seen(request: ActingRequest, campaign_id: UUID) -> Campaign:
    """Return a promotion that touches the caller's area. Raises NoSuchCampaign, NotAllowed."""
    request.actor.require("promotion.view")
    campaign = queries.campaign_seen(campaign_id, by=request.actor)
    if campaign is None:
        raise actions.no_such_campaign()
    return campaign


def content_of(
    request: ActingRequest, campaign_id: UUID, note: tuple[str, str] | None = None
) -> dict[str, Any]:
    campaign = seen(request, campaign_id)
    width = queries.WIDTHS[request.actor.level]
    return PromotionShown(
        **line_of(campaign, name_at(campaign.area)),
        started_at=campaign.started_at,
        ended_at=campaign.ended_at,
        parts=[
            PartShown(
                place=one.place,
                name=one.name,
                schools=one.schools,
                open=one.open,
                signed=one.signed,
                left_out=one.left_out,
                done=one.done,
                undone=one.undone,
                doubtful=one.doubtful,
                pupils=one.pupils,
            )
            for one in queries.standings(campaign.id, width=width)
        ],
        progress=ProgressShown(**vars(queries.progress(campaign.id))),
        note_zh=note[0] if note else None,
        note_en=note[1] if note else None,
    ).model_dump(mode="json")


# Reading ---------------------------------------------------------------------------------


@router.get(
    "/promotions",
    response={200: Promotions, **READ_ERRORS},
    summary="升级列表 / Promotions that touch the own area, the latest first",
    tags=PROMOTIONS,
    operation_id="listPromotions",
)
def listed(
    request: ActingRequest, limit: int = Query(20, ge=1, le=200, description="条数 / items")
) -> HttpResponse:
    request.actor.require("promotion.view")
    found = queries.campaigns(request.actor, limit=limit)
    content = Promotions(items=[PromotionLine(**line_of(one, name)) for one, name in found], next=None)
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/promotions/{uuid:campaign_id}",
    response={200: PromotionShown, **READ_ERRORS},
    summary="一次升级 / One promotion: how far its schools are",
    tags=PROMOTIONS,
    operation_id="getPromotion",
)
def one(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    return answer(200, content_of(request, campaign_id))


@router.get(
    "/promotions/{uuid:campaign_id}/schools",
    response={200: PromotionSchools, **READ_ERRORS},
    summary="升级的学校 / Schools of a promotion, each with what does not fit",
    tags=PROMOTIONS,
    operation_id="listPromotionSchools",
)
def schools(
    request: ActingRequest,
    campaign_id: UUID,
    state: SchoolStateName = SCHOOL_STATE,
    doubtful: bool = Query(False, description="true: 只看有疑问的 / only those with something doubtful"),
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    campaign = seen(request, campaign_id)
    key = key_of(after, int)
    found = queries.schools_by_place(
        campaign.id, state=state, is_doubtful=doubtful, after=key[0] if key else 0, limit=limit + 1
    )
    content = PromotionSchools(
        items=[
            PromotionSchool(
                **in_words("state", one.state, SCHOOL_STATES[one.state]),
                school=one.identifier,
                name=one.name,
                system=one.system,
                pupils=one.pupils,
                needs_word=one.needs_word,
                note=one.note,
                signed_on=one.signed_on,
                done_at=one.done_at,
                differences=[difference_shown(found) for found in one.differences],
            )
            for one in found[:limit]
        ],
        next=cursor_of((found[limit - 1].place,)) if len(found) > limit else None,
    )
    return answer(200, content.model_dump(mode="json"))


class YearSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"school_year": 2027}]})

    school_year: Year


class ForesightSent(YearSent):
    area: int | None = Field(
        None, strict=True, ge=0, lt=10**12, description="范围，缺省为本单位 / place; the own one if left out"
    )


@router.post(
    "/promotions/check",
    response={200: PromotionForeseen, **WRITE_ERRORS},
    summary="升级预演 / What a promotion would do, school by school; nothing is written",
    description="可以在制定计划之前使用；列出的学校不超过 1,000 所，有疑问的在前。 Also before anything is planned. At most 1,000"
    " schools are listed, those with something doubtful first; all are counted.",
    tags=PROMOTIONS,
    operation_id="checkPromotion",
)
def check(request: ActingRequest, sent: ForesightSent) -> HttpResponse:
    area = request.actor.place if sent.area is None else sent.area
    found = actions.look_ahead(area, school_year=sent.school_year, by=request.actor)
    found.sort(key=lambda one: (not one.is_doubtful, one.place))
    content = PromotionForeseen(
        schools=len(found),
        pupils=sum(one.pupils for one in found),
        doubtful=sum(one.is_doubtful for one in found),
        items=[
            SchoolForeseen(
                school=one.identifier,
                name=one.name,
                system=one.system,
                pupils=one.pupils,
                grades={str(grade.number): grade.pupils for grade in one.raised},
                differences=[difference_shown(difference) for difference in one.found],
                needs_word=one.is_doubtful,
            )
            for one in found[:MOST_SCHOOLS]
        ],
        left_out=max(0, len(found) - MOST_SCHOOLS),
    )
    return answer(200, content.model_dump(mode="json"))


# Acts ------------------------------------------------------------------------------------


@act_door(
    "/promotions",
    PromotionShown,
    status=201,
    summary="制定升级计划 / Plan the promotion of the own area",
    tags=PROMOTIONS,
    operation_id="planPromotion",
)
def plan(request: ActingRequest, sent: YearSent) -> Any:
    by = request.actor
    try:
        campaign = actions.plan(
            area=by.place, school_year=sent.school_year, by=by, today=timezone.localdate()
        )
    except actions.AlreadyPlanned:
        # It commits in the national role; after a crash before its answer was kept it is there already.
        before = queries.planned_by(by, school_year=sent.school_year)
        if before is None:
            raise
        return content_of(request, before, DONE_BEFORE)
    return content_of(request, campaign.id)


class SchoolsSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"schools": ["2133000001"], "note": "五四制，属实。"}]}
    )

    schools: list[Identifier] = Field(min_length=1, max_length=MOST_SCHOOLS)
    note: Note = ""


class SigningSent(Sent):
    schools: list[Identifier] | None = Field(
        None,
        min_length=1,
        max_length=MOST_SCHOOLS,
        description="null: all schools of the own authority that have nothing doubtful",
    )
    note: Note = Field("", description="有疑问的学校须说明 / needed where something is doubtful")


class PromotionCounted(PromotionShown):
    """The promotion, and how many schools the act concerned."""

    count: int


def counted(request: ActingRequest, campaign_id: UUID, do: Callable[[], int]) -> Any:
    """Do an act on schools of a promotion; return how it stands then, and how many they were."""
    seen(request, campaign_id)
    count = do()
    return content_of(request, campaign_id) | {"count": count}


@act_door(
    "/promotions/{uuid:campaign_id}/sign",
    PromotionCounted,
    summary="确认学校 / Sign schools of the own authority",
    tags=PROMOTIONS,
    operation_id="signPromotion",
)
def sign(request: ActingRequest, campaign_id: UUID, sent: SigningSent) -> Any:
    def do() -> int:
        chosen = queries.places_called(campaign_id, sent.schools) if sent.schools is not None else None
        return actions.sign(
            campaign_id,
            by=request.actor,
            today=timezone.localdate(),
            school_places=chosen,
            note=sent.note,
        )

    return counted(request, campaign_id, do)


@act_door(
    "/promotions/{uuid:campaign_id}/leave-out",
    PromotionCounted,
    summary="本次不升级 / Keep schools of the own authority out, with a reason",
    tags=PROMOTIONS,
    operation_id="leaveOutOfPromotion",
)
def leave_out(request: ActingRequest, campaign_id: UUID, sent: SchoolsSent) -> Any:
    return counted(
        request,
        campaign_id,
        lambda: actions.leave_out(
            campaign_id,
            by=request.actor,
            today=timezone.localdate(),
            school_places=queries.places_called(campaign_id, sent.schools),
            note=sent.note,
        ),
    )


class ChosenSent(Sent):
    schools: list[Identifier] = Field(min_length=1, max_length=MOST_SCHOOLS)


@act_door(
    "/promotions/{uuid:campaign_id}/look-again",
    PromotionCounted,
    summary="重新核对 / Look again at schools after something was put right",
    tags=PROMOTIONS,
    operation_id="lookAgainForPromotion",
)
def look_again(request: ActingRequest, campaign_id: UUID, sent: ChosenSent) -> Any:
    return counted(
        request,
        campaign_id,
        lambda: actions.check_again(
            campaign_id,
            by=request.actor,
            school_places=queries.places_called(campaign_id, sent.schools),
        ),
    )


class NothingMore(Sent):
    """An act that needs no more than its address: send `{}`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@act_door(
    "/promotions/{uuid:campaign_id}/start",
    PromotionShown,
    summary="启动升级 / Let a planned promotion run",
    tags=PROMOTIONS,
    operation_id="startPromotion",
)
def start(request: ActingRequest, campaign_id: UUID, sent: NothingMore) -> Any:
    seen(request, campaign_id)
    try:
        actions.start(campaign_id, by=request.actor)
    except actions.NotNow:
        if not was_last(campaign_id, "promotion.start", by=request.actor):
            raise
        return content_of(request, campaign_id, DONE_BEFORE)
    return content_of(request, campaign_id)


class PromotionUndoSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "学年填错。"}]})

    reason: Annotated[Text, Field(min_length=1, max_length=300)]
    schools: list[Identifier] | None = Field(
        None, min_length=1, max_length=MOST_SCHOOLS, description="null: every school of the own area"
    )


@act_door(
    "/promotions/{uuid:campaign_id}/undo",
    PromotionShown,
    summary="撤销升级 / Take a promotion back, of some schools or of all",
    tags=PROMOTIONS,
    operation_id="undoPromotion",
)
def undo(request: ActingRequest, campaign_id: UUID, sent: PromotionUndoSent) -> Any:
    seen(request, campaign_id)
    chosen = queries.places_called(campaign_id, sent.schools) if sent.schools is not None else None
    try:
        actions.undo(campaign_id, by=request.actor, reason=sent.reason, school_places=chosen)
    except actions.NotNow:
        if not was_last(campaign_id, "promotion.undo", by=request.actor):
            raise
        return content_of(request, campaign_id, DONE_BEFORE)
    return content_of(request, campaign_id)
