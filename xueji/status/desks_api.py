"""Desks over HTTP: the inbox, how offices keep their days, reminders, and the family's look at its case."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
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
    Problem,
    Sent,
    Text,
    answer,
    cursor_of,
    done_once,
    key_of,
    problem,
    router,
    writes,
)
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.status.actions import clocks, tracking
from xueji.status.api import KIND_FILTER, STATUS, CaseLines, KindName, day_and_case, lines_shown
from xueji.status.queries import cases as queries
from xueji.status.queries import notices, overdue
from xueji.status.queries.acts import inbox_numbers
from xueji.status.queries.overdue import Tally
from xueji.status.rules.reminders import NOTICE_NAMES, Notice
from xueji.status.rules.routes import PARTY_NAMES
from xueji.status.rules.steps import STATE_NAMES

TOO_MANY_REQUESTS = 429
NoticeName: Any = Literal[tuple(notice.value for notice in Notice)]
DeskState: Any = Literal[overdue.STATES]
DESK_STATE: Any = Query("late", description="open, due, late, paused")

# The inbox -------------------------------------------------------------------------------


class InboxShown(CaseLines):
    """What waits on the own desk, the most urgent first, with the numbers of the inbox."""

    waiting: int
    due_today: int
    late: int
    returned: int = Field(description="cases of the own office that have to be completed")
    reminders: int = Field(description="unread, 1000 at most")


@router.get(
    "/status/inbox",
    response={200: InboxShown, **READ_ERRORS},
    summary="变动待办 / What waits on the own desk, with its numbers",
    tags=STATUS,
    operation_id="readStatusInbox",
)
def inbox(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    by = request.actor
    by.require("status.view")
    page = queries.listed(by, "todo", after=day_and_case(after), size=limit)
    numbers = inbox_numbers(by, today=timezone.localdate())
    content = InboxShown(
        **lines_shown(page.items, page.after).model_dump(),
        waiting=numbers.waiting,
        due_today=numbers.due_today,
        late=numbers.late,
        returned=numbers.returned,
        reminders=notices.unread_count(by),
    )
    return answer(200, content.model_dump(mode="json"))


# Overdue ---------------------------------------------------------------------------------


class TallyShown(Schema):
    """Turns; days are working days of turns that ended this term, null where none did."""

    open: int
    due_today: int
    late: int
    paused: int
    ended: int
    ended_late: int
    median_days: float | None
    longest_days: int | None


class OfficeShown(Schema):
    place: int = Field(description="six digits of division, six of serial; for `area` and `office`")
    office: str
    is_area: bool = Field(description="an authority together with all below it")
    tally: TallyShown


class KindTallyShown(Schema):
    kind: str
    kind_zh: str
    kind_en: str
    tally: TallyShown


class OverdueShown(Schema):
    area: int
    term_began_on: date
    total: TallyShown
    offices: list[OfficeShown]
    kinds: list[KindTallyShown]


PLACE: Any = Query(None, ge=0, lt=10**12, description="单位，缺省为本单位 / place; the own one if left out")


def tally_shown(tally: Tally) -> TallyShown:
    return TallyShown(
        open=tally.open,
        due_today=tally.due,
        late=tally.late,
        paused=tally.paused,
        ended=tally.ended,
        ended_late=tally.ended_late,
        median_days=tally.median,
        longest_days=tally.longest,
    )


@router.get(
    "/status/overdue",
    response={200: OverdueShown, **READ_ERRORS},
    summary="逾期情况 / How the offices of an area keep their days",
    tags=STATUS,
    operation_id="readOverdue",
)
def overdue_table(
    request: ActingRequest, area: int | None = PLACE, kind: KindName = KIND_FILTER
) -> HttpResponse:
    by = request.actor
    by.require("status.view")
    chosen = overdue.area_of(by, area)
    if chosen is None:
        raise no_such_office()
    found = overdue.table(by, area=chosen, today=timezone.localdate(), kind=kind)
    content = OverdueShown(
        area=found.area,
        term_began_on=found.term_began_on,
        total=tally_shown(found.total),
        offices=[
            OfficeShown(place=one.place, office=one.name, is_area=one.is_area, tally=tally_shown(one.tally))
            for one in found.offices
        ],
        kinds=[
            KindTallyShown(
                kind=one.kind.code, kind_zh=one.kind.zh, kind_en=one.kind.en, tally=tally_shown(one.tally)
            )
            for one in found.kinds
        ],
    )
    return answer(200, content.model_dump(mode="json"))


class NoSuchOffice(Refused):
    code = "not-found"


def no_such_office() -> NoSuchOffice:
    return NoSuchOffice(
        "没有这个单位，或不在您的管理范围内。", "There is no such office, or it lies outside your area."
    )


class TurnLineShown(Schema):
    case: UUID
    kind: str
    name: str = Field(description="masked")
    party: str
    office: str
    received_on: date
    due_on: date
    is_paused: bool


class TurnLines(Schema):
    items: list[TurnLineShown]
    next: str | None


@router.get(
    "/status/overdue/turns",
    response={200: TurnLines, **READ_ERRORS},
    summary="在办环节 / The open turns that a number of the table counts, the most urgent first",
    tags=STATUS,
    operation_id="listOverdueTurns",
)
def overdue_turns(
    request: ActingRequest,
    office: int | None = PLACE,
    state: DeskState = DESK_STATE,
    alone: bool = Query(False, description="true: 不含下级 / the office alone, without those below"),
    kind: KindName = KIND_FILTER,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    by = request.actor
    by.require("status.view")
    place = by.place if office is None else office
    if place not in by.scope:
        raise no_such_office()
    page = overdue.turns(
        by,
        place=place,
        state=state,
        today=timezone.localdate(),
        alone=alone,
        kind=kind,
        after=day_and_case(after),
        size=limit,
    )
    content = TurnLines(
        items=[
            TurnLineShown(
                case=one.case_id,
                kind=one.kind.code,
                name=masks.name(one.name),
                party=one.party.value,
                office=one.office,
                received_on=one.received_on,
                due_on=one.due_on,
                is_paused=one.is_paused,
            )
            for one in page.items
        ],
        next=cursor_of(page.after),
    )
    return answer(200, content.model_dump(mode="json"))


# Reminders -------------------------------------------------------------------------------


class NoticeShown(Schema):
    """A reminder that nobody of the office has read."""

    case: UUID
    turn: int
    notice: str
    notice_zh: str
    notice_en: str
    kind: str
    name: str = Field(description="masked")
    office: str = Field(description="whose turn it is")
    due_on: date
    created_on: date


class NoticesShown(Schema):
    items: list[NoticeShown]
    next: str | None


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
                notice=one.notice.value,
                notice_zh=NOTICE_NAMES[one.notice][0],
                notice_en=NOTICE_NAMES[one.notice][1],
                kind=one.kind.code,
                name=masks.name(one.name),
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


@router.post(
    "/status/notices/read",
    response={200: ReadShown, **WRITE_ERRORS},
    summary="标为已读 / Mark reminders as read",
    tags=STATUS,
    operation_id="readNotices",
    openapi_extra=writes(200),
)
def notices_read(request: ActingRequest, sent: ReadSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        chosen = None if sent.all else [(one.case, one.turn, one.notice) for one in sent.items]
        return 200, {"read": clocks.mark_read(by=request.actor, today=timezone.localdate(), chosen=chosen)}

    return done_once(request, sent, act)


# The family's code -----------------------------------------------------------------------


class CodeSent(Sent):
    code: Annotated[Text, Field(min_length=1, max_length=60)] = Field(
        description="进度查询码 / the code on the family's slip", examples=["23456 789AB CDEFG HJKLM"]
    )


class TrackedDesk(Schema):
    party: str
    party_zh: str
    party_en: str
    office: str
    since: date | None
    until: date | None
    ended_on: date | None


class TrackedShown(Schema):
    """Where a case lies, since when and until when, and nothing about the child."""

    state: str
    state_zh: str
    state_en: str
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
    state = STATE_NAMES[found.state]
    content = TrackedShown(
        state=found.state.value,
        state_zh=state[0],
        state_en=state[1],
        filed_on=found.filed_on,
        closed_on=found.closed_on,
        starter=found.starter,
        at=found.at,
        is_provisional=found.is_provisional,
        desks=[
            TrackedDesk(
                party=one.party.value,
                party_zh=PARTY_NAMES[one.party][0],
                party_en=PARTY_NAMES[one.party][1],
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
