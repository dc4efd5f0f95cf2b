"""How offices keep their days, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import AFTER, PAGE_SIZE, READ_ERRORS, ActingRequest, Listing, answer, cursor_of, router
from xueji.lib.errors import Refused
from xueji.status.api.shapes import KIND_FILTER, STATUS, OfKind, day_and_case, kind_in_words
from xueji.status.queries import overdue
from xueji.status.queries.overdue import Tally
from xueji.status.rules.business import REQUESTS, shown_name
from xueji.status.rules.kinds import BY_CODE

# Kinds of change, and of what a school asks for a grade.
OverdueKind: Any = Literal[("", *BY_CODE, *REQUESTS)]
DeskState: Any = Literal[overdue.STATES]
DESK_STATE: Any = Query("late", description="open, due, late, paused")


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


class KindTallyShown(OfKind):
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
    request: ActingRequest, area: int | None = PLACE, kind: OverdueKind = KIND_FILTER
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
            KindTallyShown(**kind_in_words(one.kind), tally=tally_shown(one.tally)) for one in found.kinds
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
    name: str = Field(
        description="masked; for `graduation` the number of the grade, for `promotion` the school year, for"
        " `admission-list` its name"
    )
    party: str
    office: str
    received_on: date
    due_on: date | None = Field(description="what is for many pupils may have none")
    is_paused: bool


class TurnLines(Listing[TurnLineShown]):
    """Turns of desks."""


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
    kind: OverdueKind = KIND_FILTER,
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
                name=shown_name(one.kind, one.name),
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
