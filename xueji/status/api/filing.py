"""Changes looked at before they are filed, filed, and the pupil found whom a family names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import (
    WRITE_ERRORS,
    ActingRequest,
    Fault,
    Hindrance,
    Sent,
    Text,
    act_door,
    answer,
    done_once,
    router,
    writes,
)
from xueji.access.scope import Actor
from xueji.organisations.queries import offices_at
from xueji.status.actions import cases, matching
from xueji.status.actions.cases import FieldsMissing, Preview, Stopped
from xueji.status.api import shapes
from xueji.status.api.shapes import (
    MOST_FIELDS,
    MOST_PAPERS,
    STATUS,
    CaseShown,
    ChangedRow,
    DeskShown,
    FieldsSent,
    KindCode,
    desk_shown,
    faults_of,
    hindrances,
    refused_with_detail,
    rows_shown,
)
from xueji.status.queries import cases as queries
from xueji.status.queries.acts import own_open_case
from xueji.status.queries.cases import SENDING
from xueji.status.rules.kind import Kind, Starter
from xueji.status.rules.papers import BY_KIND as PAPER_OF


class PaperNeeded(Schema):
    kind: str
    zh: str
    en: str
    is_required: bool


class LookAhead(Schema):
    """What would happen if a change were filed now. Nothing was written."""

    can_be_filed: bool
    waits: bool = Field(description="it could be filed, and would wait until others clear the way")
    faults: list[Fault]
    obstacles: list[Hindrance]
    papers: list[PaperNeeded]
    route: list[DeskShown]
    rows: list[ChangedRow]


class ChangeSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "suspension",
                    "pupil": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11",
                    "fields": {"reason": "illness", "since": "2026-09-10"},
                    "papers": ["01938f40-7c1a-7e55-9b0a-6f1f9d7f2b12"],
                }
            ]
        }
    )

    kind: KindCode = Field(description="of /status/kinds")
    pupil: UUID
    fields: FieldsSent = Field(
        {}, max_length=MOST_FIELDS, description="by key of the kind's fields; days as 2026-09-01"
    )
    papers: list[UUID] = Field([], max_length=MOST_PAPERS, description="ids of papers of the pupil")


class FilingSent(ChangeSent):
    is_from_paper: bool = Field(False, description="handled on paper while the system was away")


def papers_among(kind: Kind, student_id: UUID, ids: Sequence[UUID], *, today: date) -> set[str]:
    """Return the kinds of the papers of these ids that are valid today."""
    wanted = set(ids)
    held = queries.papers_of(student_id, today=today, with_discreet=kind.is_discreet)
    return {one.kind for one in held if one.id in wanted}


@router.post(
    "/status/check",
    response={200: LookAhead, **WRITE_ERRORS},
    summary="预演 / What would happen if a change were filed; nothing is written",
    description="缺什么、谁来清理、经过哪些环节、哪些记录会变。 What is missing, who must clear the way, which desks decide,"
    " which rows change.",
    tags=STATUS,
    operation_id="checkStatusCase",
)
def check(request: ActingRequest, sent: ChangeSent) -> HttpResponse:
    by, today = request.actor, timezone.localdate()
    kind = cases.kind_of(sent.kind)
    given = papers_among(kind, sent.pupil, sent.papers, today=today) if sent.papers else set()
    preview = cases.look_ahead(kind, sent.pupil, dict(sent.fields), by=by, today=today, papers=given)
    return answer(200, ahead_shown(kind, preview, by).model_dump(mode="json"))


def ahead_shown(kind: Kind, preview: Preview, by: Actor) -> LookAhead:
    # A school that asks for a pupil learns where the pupil is when its authority has approved, not before.
    is_outside = kind.starter is Starter.RECEIVING_SCHOOL
    origin = preview.facts.school.place if is_outside else None
    offices = {one.place: one.name for one in offices_at({desk.place for desk in preview.route})}
    needed = kind.papers(preview.facts, preview.payload)
    is_stopped = bool(preview.faults or preview.stops)
    return LookAhead(
        can_be_filed=not is_stopped,
        waits=not is_stopped and bool(preview.waits),
        faults=faults_of(preview.faults),
        obstacles=hindrances(preview.obstacles),
        papers=[
            PaperNeeded(
                kind=one.kind,
                zh=PAPER_OF[one.kind].zh,
                en=PAPER_OF[one.kind].en,
                is_required=one.is_required,
            )
            for one in needed
        ],
        route=[
            desk_shown(desk, "" if is_outside and desk.party in SENDING else offices.get(desk.place, ""))
            for desk in preview.route
        ],
        rows=rows_shown(preview.plan, by, hidden=origin),
    )


FILED_BEFORE = ("这项业务此前已由您提交，没有重复提交。", "You filed this before; it was not filed again.")


@router.post(
    "/status/cases",
    response={201: CaseShown, **WRITE_ERRORS},
    summary="提交变动 / File a change",
    description="提交后到达第一个环节；有他人须先清理的事项时等待。 It goes to the first desk, or waits where others must clear the"
    " way first. `obstacles` of a refusal names each thing that stands in the way.",
    tags=STATUS,
    operation_id="fileStatusCase",
    openapi_extra=writes(201),
)
def file(request: ActingRequest, sent: FilingSent) -> HttpResponse:
    by, today = request.actor, timezone.localdate()

    def act() -> tuple[int, Any]:
        try:
            filed = cases.file_case(
                sent.kind,
                sent.pupil,
                dict(sent.fields),
                by=by,
                today=today,
                paper_ids=sent.papers,
                is_from_paper=sent.is_from_paper,
            )
        except (FieldsMissing, Stopped) as refused:
            # It commits in the national role; after a crash before its answer was kept it is there already.
            before = own_open_case(cases.kind_of(sent.kind), sent.pupil, sent.fields, by=by)
            if before is None:
                return refused_with_detail(refused)
            return 201, shapes.content_of(request, before, note=FILED_BEFORE)
        return 201, shapes.content_of(request, filed.id)

    return done_once(request, sent, act)


class MatchSent(Sent):
    number: Annotated[Text, Field(min_length=1, max_length=40)] = Field(
        description="学籍号或证件号 / student number or document number"
    )
    name: Annotated[Text, Field(min_length=1, max_length=100)]


class Matched(Schema):
    pupil: UUID
    ticket: str = Field(
        description="一日内有效，保存该生的草稿时交回 / valid for a day; given back when a draft is kept for the pupil"
    )


@act_door(
    "/status/match",
    Matched,
    summary="查找转入学生 / Find the pupil whom a family names, by number and name together",
    description="号码和姓名都一致才有结果，不说明学生在哪里；查不到会计次。 Both must match; it never says where the pupil is, and"
    " misses are counted.",
    tags=STATUS,
    operation_id="matchPupil",
)
def match(request: ActingRequest, sent: MatchSent) -> Any:
    found = matching.match(number=sent.number, name=sent.name, by=request.actor, now=timezone.now())
    return {"pupil": str(found.student_id), "ticket": matching.ticket_of(found)}
