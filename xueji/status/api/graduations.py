"""Graduation over HTTP: last grades with what stands in the way, the school's request, decisions, and the undo of all or some."""

from __future__ import annotations

from collections.abc import Callable
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
    ActingRequest,
    Listing,
    Sent,
    Text,
    Whole,
    act_door,
    answer,
    cursor_of,
    key_of,
    router,
)
from xueji.lib import masks
from xueji.status.actions import graduations as actions
from xueji.status.actions.cases import NotNow
from xueji.status.actions.readings import note_leavers
from xueji.status.api.shapes import STATUS
from xueji.status.queries import graduations as queries
from xueji.status.queries.last_acts import was_last
from xueji.status.rules.graduation import STAYS, Choice, Finding, State
from xueji.students.rules.code_lists import DESTINATIONS

MOST_CHOSEN = 2_000
GraduationState: Any = Literal[("", *(state.value for state in State))]
STATE: Any = Query("", description="状态，空为全部 / state; empty: all")
OutcomeCode = Literal["07", "08", "09", "00"]
DestinationCode: Any = Literal[("", *(row.code for row in DESTINATIONS.rows))]


class FindingShown(Schema):
    code: str
    is_stop: bool = Field(description="false: a hint alone")
    message_zh: str
    message_en: str


class LastGradeShown(Schema):
    grade_id: int
    grade: int
    entry_year: int
    pupils: int
    request: UUID | None
    state: str = Field(description="of the request; empty without one")


class InTheWay(Schema):
    pupil: UUID
    name: str = Field(description="masked outside the school")
    class_name: str
    is_blocked: bool
    findings: list[FindingShown]


class GradeShown(LastGradeShown):
    findings: list[FindingShown] = Field(description="what concerns the whole grade")
    in_the_way: list[InTheWay] = Field(
        description="妨碍毕业的事项 / pupils with something in the way or to be noted"
    )


class GradesShown(Schema):
    items: list[LastGradeShown]


class GraduationLine(Schema):
    id: UUID
    school: str
    grade: int
    entry_year: int
    state: str
    pupils: int
    received_on: date
    due_on: date | None


class LeaverShown(Schema):
    pupil: UUID
    name: str = Field(description="masked outside the school")
    outcome: str = Field(description="07 毕业, 08 结业, 09 肄业, 00 暂不办理 / stays")
    destination: str = Field(description="毕业去向 / code of the destination; empty: not known yet")
    reason: str
    state: str = Field(description="listed, done, aside (something stood in the way), undone")
    aside: list[str] = Field(description="codes of what stood in the way at the effect")


class GraduationShown(Schema):
    id: UUID
    state: str
    grade: int
    entry_year: int
    graduates_on: date
    needs_authority: bool
    due_on: date | None
    effect_on: date | None
    undo_until: date | None
    reason: str = Field(description="why it was returned or undone")
    version: int
    going: int = Field(description="pupils who leave on approval; who left, once it is done")
    blocked: int
    findings: list[FindingShown]
    pupils: list[LeaverShown]


def _finding(found: Finding) -> FindingShown:
    return FindingShown(code=found.code, is_stop=found.is_stop, message_zh=found.zh, message_en=found.en)


def _grade(one: queries.LastGrade) -> dict[str, Any]:
    return {
        "grade_id": one.id,
        "grade": one.facts.number,
        "entry_year": one.facts.entry_year,
        "pupils": one.pupils,
        "request": one.request_id,
        "state": one.request_state.value if one.request_state else "",
    }


def _shown(request: ActingRequest, request_id: UUID) -> dict[str, Any]:
    asked, preview = actions.look_ahead(request_id, by=request.actor)
    listed = queries.listed(asked.id)
    is_own, is_over = request.actor.place == asked.place, asked.effect_on is not None
    return GraduationShown(
        id=asked.id,
        state=asked.state,
        grade=asked.number,
        entry_year=asked.entry_year,
        graduates_on=asked.graduates_on,
        needs_authority=asked.needs_authority,
        due_on=asked.due_on,
        effect_on=asked.effect_on,
        undo_until=asked.undo_until,
        reason=asked.reason,
        version=asked.version,
        going=sum(one.state == "done" for one in listed) if is_over else len(preview.standing.going),
        blocked=sum(one.state == "aside" for one in listed) if is_over else len(preview.standing.blocked),
        findings=[] if is_over else [_finding(one) for one in preview.findings],
        pupils=[
            LeaverShown(
                pupil=one.student_id,
                name=one.name if is_own else masks.name(one.name),
                outcome=one.outcome,
                destination=one.destination,
                reason=one.reason,
                state=one.state,
                aside=list(one.aside),
            )
            for one in listed
        ],
    ).model_dump(mode="json")


# Looking ---------------------------------------------------------------------------------


@router.get(
    "/status/graduations/grades",
    response={200: GradesShown, **READ_ERRORS},
    summary="毕业年级 / Last grades of the own school",
    tags=STATUS,
    operation_id="listLastGrades",
)
def grades(request: ActingRequest) -> HttpResponse:
    request.actor.require("status.view")
    found = queries.last_grades(request.actor.place, today=timezone.localdate(), using="default")
    content = GradesShown(items=[LastGradeShown(**_grade(one)) for one in found])
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/graduations/grades/{int:grade_id}",
    response={200: GradeShown, **READ_ERRORS},
    summary="什么妨碍毕业 / What stands in the way of the pupils of a last grade",
    tags=STATUS,
    operation_id="readLastGrade",
)
def grade(request: ActingRequest, grade_id: int) -> HttpResponse:
    preview = actions.what_blocks(grade_id, by=request.actor, today=timezone.localdate())
    is_own = request.actor.place == preview.grade.place
    note_leavers([line.student_id for line in preview.standing.lines if line.findings], by=request.actor)
    content = GradeShown(
        **_grade(preview.grade),
        findings=[_finding(one) for one in preview.findings],
        in_the_way=[
            InTheWay(
                pupil=line.student_id,
                name=line.name if is_own else masks.name(line.name),
                class_name=line.class_name,
                is_blocked=line.is_blocked,
                findings=[_finding(one) for one in line.findings],
            )
            for line in preview.standing.lines
            if line.findings
        ],
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/graduations",
    response={200: Listing[GraduationLine], **READ_ERRORS},
    summary="毕业申请 / Requests for graduation of the school or the area, the newest first",
    tags=STATUS,
    operation_id="listGraduations",
)
def listing(
    request: ActingRequest, state: GraduationState = STATE, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    request.actor.require("status.view")
    key = key_of(after, UUID)
    page = queries.requests_of(request.actor, state=state, after=key[0] if key else None, size=limit)
    content = Listing[GraduationLine](
        items=[
            GraduationLine(
                id=one.id,
                school=one.school,
                grade=one.number,
                entry_year=one.entry_year,
                state=one.state.value,
                pupils=one.pupils,
                received_on=one.received_on,
                due_on=one.due_on,
            )
            for one in page.items
        ],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/status/graduations/{uuid:request_id}",
    response={200: GraduationShown, **READ_ERRORS},
    summary="一份毕业申请 / A request: what approval would do or did, and its pupils",
    tags=STATUS,
    operation_id="readGraduation",
)
def show(request: ActingRequest, request_id: UUID) -> HttpResponse:
    content = _shown(request, request_id)
    note_leavers([UUID(one["pupil"]) for one in content["pupils"]], by=request.actor)
    return answer(200, content)


# Acts ------------------------------------------------------------------------------------


def taken(request: ActingRequest, request_id: UUID, act: str, take: Callable[[], object]) -> Any:
    """Take a step; one that the caller took before, by a request whose answer got lost, is told as it stands."""
    try:
        take()
    except NotNow:
        if not was_last(request_id, f"status.graduation.{act}", by=request.actor):
            raise
    return _shown(request, request_id)


class BeginSent(Sent):
    grade_id: Annotated[int, Field(strict=True, ge=1, lt=2**63)] = Field(
        description="of /status/graduations/grades"
    )


@act_door(
    "/status/graduations",
    GraduationShown,
    status=201,
    summary="开始办理毕业 / Open the request of a last grade",
    tags=STATUS,
    operation_id="beginGraduation",
)
def begin(request: ActingRequest, sent: BeginSent) -> Any:
    opened = actions.begin(sent.grade_id, by=request.actor, today=timezone.localdate())
    return _shown(request, opened.id)


class ChoiceSent(Sent):
    pupil: UUID
    outcome: OutcomeCode = "07"
    destination: DestinationCode = ""
    reason: Annotated[Text, Field(max_length=200)] = ""


class ChoicesSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"pupils": [{"pupil": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11", "outcome": STAYS, "reason": "休学"}]}]
        }
    )  # fmt: skip

    pupils: list[ChoiceSent] = Field(min_length=1, max_length=MOST_CHOSEN)


@act_door(
    "/status/graduations/{uuid:request_id}/pupils",
    GraduationShown,
    summary="填写办理结果和去向 / Say outcome and destination of pupils",
    tags=STATUS,
    operation_id="chooseOutcomes",
)
def choose(request: ActingRequest, request_id: UUID, sent: ChoicesSent) -> Any:
    choices = {one.pupil: Choice(one.outcome, one.destination, one.reason) for one in sent.pupils}
    actions.choose(request_id, choices, by=request.actor, today=timezone.localdate())
    return _shown(request, request_id)


class GraduationActSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"act": "approve", "version": 3}]})

    act: Literal["propose", "approve", "return", "withdraw"]
    version: Whole = Field(description="the version that was looked at")
    graduates_on: date | None = Field(
        None, description="毕业日期，提交时填写 / for propose; today if left out"
    )
    reason: Annotated[Text, Field(max_length=500)] = Field("", description="退回时填写 / for return")


@act_door(
    "/status/graduations/{uuid:request_id}/act",
    GraduationShown,
    summary="提交、同意、退回或撤回 / Propose, approve, return or withdraw a request",
    tags=STATUS,
    operation_id="actOnGraduation",
)
def act_on(request: ActingRequest, request_id: UUID, sent: GraduationActSent) -> Any:
    def take() -> object:
        today = timezone.localdate()
        known: dict[str, Any] = {"by": request.actor, "today": today, "version": sent.version}
        match sent.act:
            case "propose":
                return actions.propose(request_id, graduates_on=sent.graduates_on or today, **known)
            case "approve":
                return actions.approve(request_id, **known)
            case "return":
                return actions.send_back(request_id, reason=sent.reason, **known)
            case _:
                return actions.withdraw(request_id, **known)

    return taken(request, request_id, sent.act, take)


class UndoSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "误办", "pupils": ["01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11"]}]
        }
    )

    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    pupils: list[UUID] | None = Field(
        None,
        min_length=1,
        max_length=MOST_CHOSEN,
        description="只撤销这些学生，缺省为全部 / these pupils alone; all if left out",
    )


@act_door(
    "/status/graduations/{uuid:request_id}/undo",
    GraduationShown,
    summary="撤销毕业 / Undo a graduation, for all of its pupils or for some",
    tags=STATUS,
    operation_id="undoGraduation",
)
def undo(request: ActingRequest, request_id: UUID, sent: UndoSent) -> Any:
    actions.undo(
        request_id,
        reason=sent.reason,
        by=request.actor,
        today=timezone.localdate(),
        students=sent.pupils,
    )
    return _shown(request, request_id)
