"""Reorganisations over HTTP: request with plan, dry run, decision, undo. Schools go by identifier, or by place without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    READ_ERRORS,
    ActingRequest,
    Sent,
    Text,
    Whole,
    act_door,
    answer,
    cursor_of,
    key_of,
    router,
)
from xueji.changes.rules.admissions import STAGES
from xueji.organisations.queries import place_of_identifier
from xueji.status.actions import reorganisations as actions
from xueji.status.actions.reorganisations import AwaitedSaid, ClassSaid, Said
from xueji.status.queries import reorganisations as queries
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.reorganisation import Kind

TAGS = ["schools"]
MOST_CLASSES = 2_000
StageName: Any = Literal[STAGES]
KindName: Any = Literal[tuple(kind.value for kind in Kind)]
SchoolMark = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{10}|[0-9]{12})$",
        description="学校标识码；没有的填 12 位位置 / identifier, or the twelve digits of the place where there is none",
        examples=["2133000001"],
    ),
]


class ReorganisationFinding(Schema):
    """Something that stands in the way, or is only worth a look."""

    code: str
    stops: bool
    message_zh: str
    message_en: str


class SchoolCountShown(Schema):
    """A school before and after."""

    school: str
    name: str
    classes_before: int
    classes_after: int
    pupils_before: int
    pupils_after: int
    is_closed: bool


class ReorganisedClass(Schema):
    """A class with where it goes or went. `pupils`: before the effect those who sit in it, since then those who went."""

    school: str = Field(description="原校 / name of the school as it was")
    number: str
    name: str
    grade: int
    pupils: int
    to_school: str = Field(description="接收学校；空为留在原校 / name; empty: it stays")
    new_number: str
    new_name: str


class ReorganisationAwaited(Schema):
    """Admitted pupils who have not come, and where they are to come."""

    school: str = Field(description="原校 / name of the school that they were admitted to")
    stage: str
    school_year: int
    pupils: int
    to_school: str = Field(description="报到学校；空为原校 / name; empty: the old school")
    is_unsaid: bool = Field(description="计划须说明到哪里报到 / the plan has to say where")


class ReorganisationLine(Schema):
    """A request in a list."""

    id: UUID
    kind: str = Field(description="merge, split, close")
    state: str = Field(description="draft, with_leader, done, withdrawn, undone")
    sources: list[str] = Field(description="names")
    targets: list[str] = Field(description="names")
    effective_on: date
    office: str


class Reorganisations(Schema):
    items: list[ReorganisationLine]
    next: str | None


class ReorganisationShown(Schema):
    """A request; while it is open with its dry run, which writes nothing."""

    id: UUID
    kind: str
    state: str
    version: int
    effective_on: date
    document: str
    archives_place: int | None = Field(
        description="留存档案的接收单位 / who takes what a closed school keeps"
    )
    effect_on: date | None
    undo_until: date | None
    findings: list[ReorganisationFinding]
    schools: list[SchoolCountShown]
    classes: list[ReorganisedClass]
    awaited: list[ReorganisationAwaited]


class AwaitedPupilsSent(Sent):
    """Where admitted pupils who have not come are to come, if not where their grade goes. Without `to` at the old school."""

    school: SchoolMark
    stage: StageName
    school_year: Whole
    to: SchoolMark | None = None


class ClassSent(Sent):
    """Where one class goes. Without `to` it stays; number and name are found where none is given or it is taken."""

    school: SchoolMark
    number: Annotated[Text, Field(min_length=1, max_length=16, examples=["2026101"])]
    to: SchoolMark | None = None
    new_number: Annotated[Text, Field(max_length=16)] = ""
    new_name: Annotated[Text, Field(max_length=40)] = ""


class ReorganisationSent(Sent):
    """A request with its plan. Where one school receives and `classes` is empty, all classes go there, but for a split."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "merge",
                    "sources": ["2133000001"],
                    "targets": ["2133000002"],
                    "effective_on": "2026-09-10",
                    "document": "定教〔2026〕8号",
                    "archives_to": "2133000002",
                }
            ]
        }
    )

    kind: KindName
    sources: list[SchoolMark] = Field(min_length=1, max_length=rules.MOST_SCHOOLS)
    targets: list[SchoolMark] = Field(min_length=1, max_length=rules.MOST_SCHOOLS)
    effective_on: date
    document: Annotated[Text, Field(max_length=100)] = ""
    archives_to: SchoolMark | None = Field(
        None,
        description="接收学校，或本主管部门的位置 / a receiving school, or the place of the own authority",
    )
    note: Annotated[Text, Field(max_length=500)] = ""
    classes: list[ClassSent] = Field([], max_length=MOST_CLASSES)
    awaited: list[AwaitedPupilsSent] = Field([], max_length=rules.MOST_SCHOOLS * 10)


class StepSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 2}]})

    version: Whole = Field(description="the version that was looked at")


class ReasonedSent(StepSent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "reason": "班号有误"}]})

    reason: Annotated[Text, Field(min_length=1, max_length=500)]


def place_of(mark: str) -> int:
    """Return the place that a mark names; one that no school has where there is none."""
    if len(mark) == 12:
        return int(mark)
    found = place_of_identifier(mark)
    if found is None:
        raise actions.NoSuchSchool(
            f"没有标识码为 {mark} 的学校，请核对。",
            f"There is no school with the identifier {mark}; check it.",
        )
    return found


def shown(request: ActingRequest, request_id: UUID) -> dict[str, Any]:
    asked, preview = actions.look_ahead(request_id, by=request.actor, today=timezone.localdate())
    facts, is_open = preview.facts, asked.state in rules.OPEN
    now = {one.id: one.pupils for one in facts.classes}
    return ReorganisationShown(
        id=asked.id,
        kind=asked.kind,
        state=asked.state,
        version=asked.version,
        effective_on=asked.effective_on,
        document=asked.document,
        archives_place=asked.archives_place,
        effect_on=asked.effect_on,
        undo_until=asked.undo_until,
        findings=[
            ReorganisationFinding(code=one.code, stops=one.is_stop, message_zh=one.zh, message_en=one.en)
            for one in (preview.findings if is_open else ())
        ],
        schools=[
            SchoolCountShown(
                school=one.school.identifier or f"{one.school.place:012d}",
                name=one.school.name,
                classes_before=one.classes_before,
                classes_after=one.classes_after,
                pupils_before=one.pupils_before,
                pupils_after=one.pupils_after,
                is_closed=one.is_closed,
            )
            for one in (rules.school_counts(facts) if is_open else ())
        ],
        classes=[
            ReorganisedClass(
                school=one.source,
                number=one.number,
                name=one.name,
                grade=one.grade,
                pupils=now.get(one.class_id, 0) if is_open else one.pupils,
                to_school=one.target,
                new_number=one.new_number,
                new_name=one.new_name,
            )
            for one in queries.went(asked.id)
        ],
        awaited=[
            ReorganisationAwaited(
                school=facts.sources[line.awaited.school_id].name,
                stage=line.awaited.stage,
                school_year=line.awaited.entry_year,
                pupils=line.awaited.pupils,
                to_school=facts.targets[line.target_id].name if line.target_id else "",
                is_unsaid=line.is_unsaid,
            )
            for line in (
                rules.awaited_lines(facts)
                if is_open
                else [rules.AwaitedLine(one, target) for one, target in queries.awaited_moved(asked)]
            )
        ],
    ).model_dump(mode="json")


@router.get(
    "/reorganisations",
    response={200: Reorganisations, **READ_ERRORS},
    summary="学校撤并 / Reorganisations of the area, the newest first",
    tags=TAGS,
    operation_id="listReorganisations",
)
def listed(request: ActingRequest, after: str = AFTER) -> HttpResponse:
    key = key_of(after, UUID)
    found = queries.listed(request.actor, before=key[0] if key else None)
    items = [
        ReorganisationLine(
            id=one.id,
            kind=one.kind,
            state=one.state,
            sources=list(one.sources),
            targets=list(one.targets),
            effective_on=one.effective_on,
            office=one.office,
        )
        for one in found
    ]
    following = (found[-1].id,) if len(found) == queries.PAGE else None
    return answer(200, Reorganisations(items=items, next=cursor_of(following)).model_dump(mode="json"))


@router.get(
    "/reorganisations/{uuid:request_id}",
    response={200: ReorganisationShown, **READ_ERRORS},
    summary="一份撤并申请 / One request; while it is open with its dry run",
    tags=TAGS,
    operation_id="readReorganisation",
)
def one(request: ActingRequest, request_id: UUID) -> HttpResponse:
    return answer(200, shown(request, request_id))


@act_door(
    "/reorganisations",
    ReorganisationShown,
    status=201,
    summary="准备学校撤并 / Prepare a merger, split or closure; the answer is its dry run",
    description="经办人准备；试算不写入学籍。 By an officer; the dry run writes nothing to any enrolment.",
    tags=TAGS,
    operation_id="prepareReorganisation",
)
def prepare(request: ActingRequest, sent: ReorganisationSent) -> Any:
    by, today = request.actor, timezone.localdate()
    by.require(rules.PREPARE)
    said = Said(
        kind=Kind(sent.kind),
        sources=[place_of(mark) for mark in sent.sources],
        targets=[place_of(mark) for mark in sent.targets],
        effective_on=sent.effective_on,
        document=sent.document,
        archives_place=None if sent.archives_to is None else place_of(sent.archives_to),
        note=sent.note,
    )
    classes = [
        ClassSaid(
            place_of(one.school),
            one.number,
            None if one.to is None else place_of(one.to),
            one.new_number,
            one.new_name,
        )
        for one in sent.classes
    ]
    awaited = [
        AwaitedSaid(
            place_of(one.school),
            one.stage,
            one.school_year,
            None if one.to is None else place_of(one.to),
        )
        for one in sent.awaited
    ]
    made = actions.begin(said, classes=classes, awaited=awaited, by=by, today=today)
    return shown(request, made.id)


def step(request: ActingRequest, request_id: UUID, sent: Any, verb: Callable[..., object]) -> Any:
    """Take a step of a request and return how it stands then."""
    known: dict[str, Any] = {"by": request.actor, "today": timezone.localdate(), "version": sent.version}
    if isinstance(sent, ReasonedSent):
        known["reason"] = sent.reason
    verb(request_id, **known)
    return shown(request, request_id)


@act_door(
    "/reorganisations/{uuid:request_id}/propose",
    ReorganisationShown,
    summary="提交主管领导 / Put a request before the leader",
    tags=TAGS,
    operation_id="proposeReorganisation",
)
def propose(request: ActingRequest, request_id: UUID, sent: StepSent) -> Any:
    return step(request, request_id, sent, actions.propose)


@act_door(
    "/reorganisations/{uuid:request_id}/approve",
    ReorganisationShown,
    summary="同意，立即生效 / Approve as the leader; all of it takes effect at once",
    tags=TAGS,
    operation_id="approveReorganisation",
)
def approve(request: ActingRequest, request_id: UUID, sent: StepSent) -> Any:
    return step(request, request_id, sent, actions.approve)


@act_door(
    "/reorganisations/{uuid:request_id}/return",
    ReorganisationShown,
    summary="退回修改 / Return a request to who prepares it",
    tags=TAGS,
    operation_id="returnReorganisation",
)
def send_back(request: ActingRequest, request_id: UUID, sent: ReasonedSent) -> Any:
    return step(request, request_id, sent, actions.send_back)


@act_door(
    "/reorganisations/{uuid:request_id}/withdraw",
    ReorganisationShown,
    summary="撤回 / Take a request back; one that is being prepared is given up",
    tags=TAGS,
    operation_id="withdrawReorganisation",
)
def withdraw(request: ActingRequest, request_id: UUID, sent: StepSent) -> Any:
    return step(request, request_id, sent, actions.withdraw)


@act_door(
    "/reorganisations/{uuid:request_id}/undo",
    ReorganisationShown,
    summary="撤销 / Undo a reorganisation within 30 days, by the authority above",
    tags=TAGS,
    operation_id="undoReorganisation",
)
def undo(request: ActingRequest, request_id: UUID, sent: ReasonedSent) -> Any:
    return step(request, request_id, sent, actions.undo)
