"""Who is not at school, over HTTP: suspensions that ran out, dropouts with their monthly report, pupils lost sight of.

For the own school or area. Another school names a pupil by number and name at `/status/match`, and claims the pupil.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import AFTER, PAGE_SIZE, READ_ERRORS, ActingRequest, Listing, answer, cursor_of, router
from xueji.access.scope import Actor
from xueji.lib import masks
from xueji.status.actions.readings import note_absent
from xueji.status.api.overdue import PLACE, no_such_office
from xueji.status.api.shapes import STATUS, day_and_case
from xueji.status.queries import absences, absent, overdue
from xueji.status.queries.absences import Movement
from xueji.status.queries.absent import Absent

MONTH: Any = Query(
    "", pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", description="月份，缺省为本月 / month, such as 2026-09; this one if left out"
)  # fmt: skip


class AbsentShown(Schema):
    pupil: UUID
    name: str = Field(description="masked outside the school")
    school: str
    grade: int
    class_name: str
    since: date


class SuspensionShown(AbsentShown):
    until: date
    extensions: int
    consequence: str = Field(
        description="report: 督促复学或延期 / the school urges return or extension; withdrawal: 按退学办理"
    )
    from_on: date | None = Field(description="the day from which a withdrawal follows")
    is_due: bool


class DropoutShown(AbsentShown):
    reason: str = Field(description="code of the dropout's reason, as in /status/kinds")
    whereabouts: str = Field(description="known, unknown")


class LostShown(AbsentShown):
    state: str = Field(description="JY/T 1001 学籍状态 / state of the last enrolment")


class AbsentTallyShown(Schema):
    place: int
    office: str
    is_area: bool
    overdue_suspensions: int
    dropouts: int
    lost: int


class AbsentTallies(Schema):
    area: int
    offices: list[AbsentTallyShown]


class MovementShown(Schema):
    at_start: int
    new: int
    returned: int
    at_end: int
    unknown: int = Field(description="of those at the end: whereabouts unknown")


class OfficeMovementShown(Schema):
    place: int
    office: str
    is_area: bool
    movement: MovementShown


class ReasonMovementShown(Schema):
    reason: str
    movement: MovementShown


class DropoutReportShown(Schema):
    area: int
    first: date
    next: date
    total: MovementShown
    offices: list[OfficeMovementShown]
    reasons: list[ReasonMovementShown]


def _area(by: Actor, wanted: int | None) -> int:
    by.require("status.view")
    found = overdue.area_of(by, wanted)
    if found is None:
        raise no_such_office()
    return found


def _pupil(one: Absent, by: Actor) -> dict[str, Any]:
    return {
        "pupil": one.student_id,
        "name": one.name if one.place == by.place else masks.name(one.name),
        "school": one.school,
        "grade": one.grade,
        "class_name": one.class_name,
        "since": one.since,
    }


@router.get(
    "/status/absent/suspensions",
    response={200: Listing[SuspensionShown], **READ_ERRORS},
    summary="休学期满未复学 / Suspensions that ended without a return",
    tags=STATUS,
    operation_id="listOverdueSuspensions",
)
def suspensions(
    request: ActingRequest, area: int | None = PLACE, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    by, today = request.actor, timezone.localdate()
    page = absent.overdue_suspensions(
        today=today, below=_area(by, area), after=day_and_case(after), size=limit
    )
    note_absent([one.pupil.student_id for one in page.items], by=by)
    content = Listing[SuspensionShown](
        items=[
            SuspensionShown(
                **_pupil(one.pupil, by),
                until=one.until,
                extensions=one.extensions,
                consequence=one.consequence,
                from_on=one.from_on,
                is_due=one.is_due(today),
            )
            for one in page.items
        ],
        next=cursor_of(page.after),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/absent/dropouts",
    response={200: Listing[DropoutShown], **READ_ERRORS},
    summary="辍学台账 / The ledger of dropouts",
    tags=STATUS,
    operation_id="listDropouts",
)
def dropouts(
    request: ActingRequest, area: int | None = PLACE, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    by = request.actor
    page = absent.dropouts(below=_area(by, area), after=day_and_case(after), size=limit)
    note_absent([one.pupil.student_id for one in page.items], by=by)
    content = Listing[DropoutShown](
        items=[
            DropoutShown(**_pupil(one.pupil, by), reason=one.reason, whereabouts=one.whereabouts)
            for one in page.items
        ],
        next=cursor_of(page.after),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/absent/lost",
    response={200: Listing[LostShown], **READ_ERRORS},
    summary="去向不明 / Pupils who left the own school or area with an unknown destination",
    tags=STATUS,
    operation_id="listLost",
)
def lost(
    request: ActingRequest, area: int | None = PLACE, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    by = request.actor
    page = absent.pool(below=_area(by, area), after=day_and_case(after), size=limit)
    note_absent([one.pupil.student_id for one in page.items], by=by)
    content = Listing[LostShown](
        items=[LostShown(**_pupil(one.pupil, by), state=one.state) for one in page.items],
        next=cursor_of(page.after),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/absent",
    response={200: AbsentTallies, **READ_ERRORS},
    summary="不在校学生数 / How many are not at school, office by office",
    tags=STATUS,
    operation_id="readAbsentTallies",
)
def tallies(request: ActingRequest, area: int | None = PLACE) -> HttpResponse:
    chosen = _area(request.actor, area)
    content = AbsentTallies(
        area=chosen,
        offices=[
            AbsentTallyShown(
                place=one.place,
                office=one.name,
                is_area=one.is_area,
                overdue_suspensions=one.overdue,
                dropouts=one.dropouts,
                lost=one.lost,
            )
            for one in absences.tallies(request.actor, area=chosen, today=timezone.localdate())
        ],
    )
    return answer(200, content.model_dump(mode="json"))


def _movement(one: Movement) -> MovementShown:
    return MovementShown(
        at_start=one.at_start, new=one.new, returned=one.returned, at_end=one.at_end, unknown=one.unknown
    )


@router.get(
    "/status/absent/report",
    response={200: DropoutReportShown, **READ_ERRORS},
    summary="辍学月报 / The monthly report of dropouts: numbers alone",
    tags=STATUS,
    operation_id="readDropoutReport",
)
def report(request: ActingRequest, area: int | None = PLACE, month: str = MONTH) -> HttpResponse:
    day = date.fromisoformat(f"{month}-01") if month else timezone.localdate()
    found = absences.dropout_report(request.actor, area=_area(request.actor, area), month=day)
    content = DropoutReportShown(
        area=found.area,
        first=found.first,
        next=found.next,
        total=_movement(found.total),
        offices=[
            OfficeMovementShown(
                place=one.place, office=one.name, is_area=one.is_area, movement=_movement(one.movement)
            )
            for one in found.offices
        ],
        reasons=[ReasonMovementShown(reason=code, movement=_movement(one)) for code, one in found.reasons],
    )
    return answer(200, content.model_dump(mode="json"))
