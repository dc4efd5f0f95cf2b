"""Rosters and new pupils over HTTP: the same checks and the same desks as the pages."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query
from pydantic import ConfigDict, Field, create_model

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    STATUS_OF_REFUSAL,
    WRITE_ERRORS,
    ActingRequest,
    Finding,
    Identifier,
    NotFound,
    Problem,
    Sent,
    Text,
    Whole,
    answer,
    cursor_of,
    done_once,
    file_sent,
    key_of,
    router,
    writes,
)
from xueji.access.rules import places
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.actions.rosters import Examined, NotNow
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches, findings
from xueji.changes.queries.corrected import corrected_file
from xueji.changes.queries.inbox import OverdueKey, overdue_schools
from xueji.changes.queries.last_acts import last_act_of
from xueji.changes.queries.schools import require_open, school_with_identifier
from xueji.changes.queries.template import template_for
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_columns import Field as Column
from xueji.changes.rules.roster_findings import BY_CODE
from xueji.changes.rules.roster_steps import STATE_NAMES, Act, State
from xueji.lib.errors import Refused
from xueji.organisations.models import School
from xueji.organisations.rules import divisions
from xueji.spreadsheets.rules.limits import MAX_FILE_BYTES

MOST_EXCEPTIONS = 1_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 1_000
ROSTERS, PUPILS = ["rosters"], ["pupils"]


class FileTooLarge(Refused):
    code = "file-too-large"


class Rejected(Refused):
    code = "rejected"


# What is answered ------------------------------------------------------------------------


class Progress(Schema):
    """How far the worker is with a batch."""

    stage: str
    done: int
    total: int


class Batch(Schema):
    """A roster on its way over the desks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11",
                    "school": "2133000001",
                    "state": "with_leader",
                    "state_zh": "待学校审核",
                    "state_en": "With the leader in charge",
                    "door": "workbook",
                    "file": "2026新生.xlsx",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "rows": 45,
                    "accepted": 43,
                    "rejected": 2,
                    "warnings": 1,
                    "excepted": 0,
                    "registered": 0,
                    "version": 2,
                    "uploaded_at": "2026-09-02T09:30:00+08:00",
                    "due_on": "2026-11-01",
                    "closed_on": None,
                    "unreadable": None,
                    "progress": None,
                    "note_zh": None,
                    "note_en": None,
                }
            ]
        }
    )

    id: UUID
    school: str = Field(description="学校标识码 / school identifier")
    state: str
    state_zh: str
    state_en: str
    door: str = Field(description="workbook, form or api")
    file: str
    sha256: str
    rows: int
    accepted: int
    rejected: int
    warnings: int
    excepted: int
    registered: int
    version: int = Field(description="每办理一步加一 / grows by one with every act")
    uploaded_at: datetime
    due_on: date | None
    closed_on: date | None
    unreadable: Problem | None = Field(None, description="文件无法使用的原因 / why the file cannot be used")
    progress: Progress | None = None
    note_zh: str | None = None
    note_en: str | None = None


class Batches(Schema):
    items: list[Batch]
    next: str | None


class Findings(Schema):
    items: list[Finding]
    next: str | None


class Checked(Schema):
    """What a roster is found to be: rows = accepted + rejected. The same as `xueji roster_check --json`."""

    file: str
    sha256: str
    batch: UUID | None
    rows: int
    accepted: int
    rejected: int
    warnings: int
    seconds: float
    findings: list[Finding]


class PupilSubmitted(Schema):
    """A pupil submitted as a roster of one row."""

    batch: Batch
    findings: list[Finding] = Field(description="提示和待核查事项 / warnings, and what has to be checked")


class PupilChecked(Schema):
    """What the checks say of one pupil; nothing was written."""

    accepted: bool
    findings: list[Finding]


def refusal_content(kept: dict[str, str]) -> dict[str, str]:
    """Return a refusal that a batch keeps as the API says it."""
    return {"code": kept["code"], "message_zh": kept["zh"], "message_en": kept["en"]}


def batch_content(
    batch: RosterBatch, *, note: tuple[str, str] | None = None, progress: batches.Progress | None = None
) -> dict[str, Any]:
    """Return a batch as the API shows it. The batch comes with its school."""
    zh, en = STATE_NAMES[State(batch.state)]
    why = batch.refusal
    shown = Batch(
        id=batch.id,
        school=batch.school.identifier,
        state=batch.state,
        state_zh=zh,
        state_en=en,
        door=batch.door,
        file=batch.file_name,
        sha256=batch.sha256,
        rows=batch.rows,
        accepted=batch.accepted,
        rejected=batch.rejected,
        warnings=batch.warnings,
        excepted=batch.excepted,
        registered=batch.registered,
        version=batch.version,
        uploaded_at=batch.uploaded_at,
        due_on=batch.due_on,
        closed_on=batch.closed_on,
        unreadable=Problem.model_validate(refusal_content(why)) if why else None,
        progress=Progress(stage=progress.stage, done=progress.done, total=progress.total)
        if progress
        else None,
        note_zh=note[0] if note else None,
        note_en=note[1] if note else None,
    )
    return shown.model_dump(mode="json")


def told(found: Examined) -> list[dict[str, Any]]:
    return [one.as_json() for one in findings.of_checked(found.checked)]


def batch_of(request: ActingRequest, batch_id: UUID) -> RosterBatch:
    """Return the batch in scope. Raises NotAllowed, NoSuchBatch."""
    request.actor.require("roster.view")
    batch = batches.batch_with(batch_id)
    if batch is None:
        raise rosters.NoSuchBatch(
            "没有这个名册，或它不在您的管理范围内。请核对编号。",
            "There is no such roster, or it lies outside your area; check its id.",
        )
    return batch


def workbook(content: bytes, name: str) -> HttpResponse:
    disposition = f"attachment; filename=\"roster.xlsx\"; filename*=UTF-8''{quote(name, safe='')}"
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})


def is_workbook(description: str) -> dict[str, Any]:
    """Return what the description says of an operation that answers a workbook."""
    schema = {"type": "string", "contentMediaType": XLSX}
    return {"responses": {200: {"description": description, "content": {XLSX: {"schema": schema}}}}}


# Files -----------------------------------------------------------------------------------

RosterSent = Annotated[
    UploadedFile, File(description=".xlsx 或 .csv，最多 200,000 行 / .xlsx or .csv, at most 200,000 rows")
]


def require_size(file: UploadedFile) -> None:
    """Raise FileTooLarge for more than a roster can have."""
    most = MAX_FILE_BYTES >> 20
    if (file.size or 0) > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"文件超过 {most} MB。请删去无关的工作表和图片，或分成几个文件上传。",
            f"The file has more than {most} MB. Remove sheets and pictures that do not belong to it, or split it.",
        )


def name_of(file: UploadedFile) -> str:
    """Return the name of an upload as it can be kept."""
    kept = (file.name or "").replace("\0", "").encode("utf-8", "replace").decode()[-200:]
    return kept or "roster"


@router.post(
    "/rosters",
    response={200: Batch, 202: Batch, **WRITE_ERRORS, 413: Problem},
    summary="上传新生名册 / Upload a roster",
    description="文件先保存，再由后台检查（202）；用 GET /rosters/{id} 查看进度。同一学校的同一文件不会重复处理，"
    "直接返回已有名册（200）。\n\nThe file is kept and the worker checks it (202); see GET /rosters/{id}. The same"
    " file of the same school is the roster it already is (200).",
    tags=ROSTERS,
    operation_id="uploadRoster",
    openapi_extra=writes(200, 202),
)
def upload(request: ActingRequest, file: RosterSent, school: Annotated[Identifier, Form()]) -> HttpResponse:
    def act() -> tuple[int, Any]:
        receiver = school_with_identifier(school)
        batch, is_new = rosters.receive(
            file.read(), file_name=name_of(file), school=receiver, by=request.actor
        )
        waits = batch.state == State.UPLOADED
        if waits:
            # A repetition takes up what was left lying; checking twice is harmless.
            jobs.check_roster.defer(batch_id=str(batch.id))
        note = None if is_new else SAME_FILE
        return (202 if waits else 200), batch_content(batch, note=note)

    require_size(file)
    return done_once(request, file_sent(file, school), act)


OF_SCHOOL: Any = Query(..., description="学校标识码 / school identifier")
SAME_FILE = (
    "同一文件此前已上传，本次没有任何改变。",
    "The same file was uploaded before; nothing was changed.",
)


@router.post(
    "/rosters/check",
    response={200: Checked, **READ_ERRORS, 409: Problem, 413: Problem},
    summary="试检查名册 / Check a roster without uploading it",
    description="只检查，不写入任何内容。 A dry run: nothing is written.",
    tags=ROSTERS,
    operation_id="checkRoster",
)
def check(request: ActingRequest, file: RosterSent, school: Annotated[Identifier, Form()]) -> HttpResponse:
    started = time.monotonic()
    checking = own(request, school)
    require_size(file)
    content = file.read()
    found = rosters.check_file(content, file_name=name_of(file), school=checking, today=timezone.localdate())
    shown = {
        "file": name_of(file),
        "sha256": hashlib.sha256(content).hexdigest(),
        "batch": None,
        "rows": found.rows,
        "accepted": found.accepted.height,
        "rejected": found.rows - found.accepted.height,
        "warnings": found.warnings,
        "seconds": round(time.monotonic() - started, 3),
        "findings": told(found),
    }
    return answer(200, shown)


def own(request: ActingRequest, identifier: str) -> School:
    """Return an open school for which one may upload. Raises NoSuchSchool, NotAllowed, SchoolNotOpen."""
    school = school_with_identifier(identifier)
    request.actor.require("roster.upload", school.place)
    require_open(school)
    return school


@router.get(
    "/rosters/template.xlsx",
    response=READ_ERRORS,
    summary="下载名册模板 / Template of a school",
    tags=ROSTERS,
    operation_id="rosterTemplate",
    openapi_extra=is_workbook(
        "带有本校班级和代码表的工作簿 / workbook with the classes of the school and the code lists"
    ),
)
def template(
    request: ActingRequest, school: Identifier = OF_SCHOOL, layout: Literal["short", "national"] = "short"
) -> HttpResponse:
    found = school_with_identifier(school)
    request.actor.require("roster.upload", found.place)
    return workbook(template_for(found, layout), f"{found.organisation.name}-{layout}.xlsx")


# Rosters ---------------------------------------------------------------------------------

OFFICE: Any = Query("", max_length=50, description="标识码或名称的一部分 / part of identifier or name")
LATE: Any = Query(False, description="只看逾期未注册的 / only those overdue")
StateName = Literal[
    "uploaded", "unreadable", "checked", "with_leader", "with_authority", "registered", "withdrawn"
]


@router.get(
    "/rosters",
    response={200: Batches, **READ_ERRORS},
    summary="名册列表 / Rosters, latest upload first",
    tags=ROSTERS,
    operation_id="listRosters",
)
def listed(
    request: ActingRequest,
    state: StateName | None = None,
    school: Text = OFFICE,
    late: bool = LATE,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    request.actor.require("roster.view")
    key = key_of(after, UUID)
    page = batches.rosters(
        today=timezone.localdate(),
        state=state or "",
        office=school,
        is_late=late,
        after=key[0] if key else None,
        size=limit,
    )
    shown = {
        "items": [batch_content(batch) for batch in page.items],
        "next": cursor_of((page.after,) if page.after else None),
    }
    return answer(200, shown)


class Overdue(Schema):
    """A school with rosters that are not registered two months after entry."""

    school: str = Field(description="学校标识码 / school identifier")
    name: str
    county: str
    county_name: str
    rosters: int
    pupils: int
    due_on: date = Field(description="最早的期限 / the earliest due day")


class OverdueList(Schema):
    items: list[Overdue]
    next: str | None


COUNTY: Any = Query(
    "",
    pattern="^([0-9]{6})?$",
    description="区划代码：只看该区划的学校 / division: only its schools",
)


@router.get(
    "/rosters/overdue",
    response={200: OverdueList, **READ_ERRORS},
    summary="逾期未注册的学校 / Schools with overdue rosters, the latest first",
    description="入学两个月后仍未完成注册。 Not registered two months after entry.",
    tags=ROSTERS,
    operation_id="listOverdueSchools",
)
def overdue(
    request: ActingRequest, county: str = COUNTY, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    request.actor.require("roster.view")
    page = overdue_schools(
        today=timezone.localdate(),
        below=places.place(county) if county else None,
        after=overdue_key(after),
        size=limit,
    )
    items = [
        Overdue(
            school=one.identifier,
            name=one.name,
            county=places.division_of(one.place),
            county_name=divisions.full_name(places.division_of(one.place)),
            rosters=one.batches,
            pupils=one.pupils,
            due_on=one.due_on,
        ).model_dump(mode="json")
        for one in page.items
    ]
    return answer(200, {"items": items, "next": cursor_of(page.after)})


def overdue_key(cursor: str) -> OverdueKey | None:
    """Return the key of an overdue school in a cursor. Raises InvalidRequest."""
    key = key_of(cursor, date.fromisoformat, int)
    return None if key is None else (key[0], key[1])


@router.get(
    "/rosters/{uuid:batch_id}",
    response={200: Batch, **READ_ERRORS},
    summary="一份名册 / One roster",
    tags=ROSTERS,
    operation_id="getRoster",
)
def one(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    batch = batch_of(request, batch_id)
    return answer(200, batch_content(batch, progress=batches.progress_of(batch.id)))


@router.get(
    "/rosters/{uuid:batch_id}/findings",
    response={200: Findings, **READ_ERRORS},
    summary="检查结果 / Findings in order of rows",
    tags=ROSTERS,
    operation_id="listFindings",
)
def findings_of(
    request: ActingRequest,
    batch_id: UUID,
    code: Literal[tuple(BY_CODE)] | None = None,  # type: ignore[valid-type]
    severity: Literal["error", "warning"] | None = None,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    batch = batch_of(request, batch_id)
    page = batches.findings_page(
        batch.id,
        code=code or "",
        severity=severity or "",
        after=key_of(after, int, str, str),
        size=limit,
    )
    return answer(200, {"items": [one.as_json() for one in page.items], "next": cursor_of(page.after)})


@router.get(
    "/rosters/{uuid:batch_id}/corrected.xlsx",
    response={**READ_ERRORS, 409: Problem},
    summary="更正用工作簿 / Rejected rows to be put right",
    tags=ROSTERS,
    operation_id="correctedRoster",
    openapi_extra=is_workbook(
        "未通过的行，原因写在最后一列 / rejected rows with the reason in the last column"
    ),
)
def corrected(request: ActingRequest, batch_id: UUID, language: Literal["zh", "en"] = "zh") -> HttpResponse:
    request.actor.require("roster.upload")
    batch = batch_of(request, batch_id)
    if batch.state in (State.UPLOADED, State.UNREADABLE):
        raise NotFound(
            "该名册还没有检查结果，请稍后再试。", "This roster has no findings yet; try again later."
        )
    made = corrected_file(batch, in_english=language == "en")
    return workbook(made.content, made.name)


# Acts of the desks -----------------------------------------------------------------------

Reason = Annotated[
    Text, Field(max_length=200, description="学校会看到 / the school reads it", examples=["未到校报到"])
]


class Submission(Sent):
    version: Whole | None = Field(None, description="所见版本 / the version that was looked at")


class Approval(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 2, "except_rows": [7], "reason": "未到校报到"}]}
    )

    version: Whole = Field(description="所见版本 / the version that was looked at")
    except_rows: list[Whole] = Field([], max_length=MOST_EXCEPTIONS, description="除外的行 / rows taken out")
    reason: Reason = ""


class Return(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Annotated[Text, Field(min_length=1, max_length=200, examples=["信息与户口簿不一致"])]


class Undoing(Sent):
    version: Whole | None = Field(None, description="所见版本 / the version that was looked at")
    reason: Reason = ""


DONE_BEFORE = (
    "这一步此前已由您办理，本次没有任何改变。",
    "You did this before; nothing was changed.",
)


def step(
    request: ActingRequest, batch_id: UUID, sent: Sent, act: Act, take: Callable[[RosterBatch], RosterBatch]
) -> HttpResponse:
    """Take a step of a batch, once. A step that the caller took before is told as it stands.

    The act commits in the national role and the answer is remembered in the transaction of
    the request; after a crash between the two the repetition finds the act done, by itself.
    """
    version = getattr(sent, "version", None)

    def attempt() -> tuple[int, Any]:
        batch = batch_of(request, batch_id)
        try:
            if version is not None and version != batch.version:
                raise NotNow(
                    "该批次刚刚被其他同事处理过，请查看当前状态后再操作。",
                    "A colleague has just acted on this batch; see where it is now before going on.",
                )
            taken = take(batch)
        except NotNow:
            batch = batch_of(request, batch_id)
            last = last_act_of(batch.id)
            is_mine = last is not None and (last.act, last.by) == (act, request.actor.account_id)
            if not is_mine or version not in (None, batch.version - 1):
                raise
            return 200, batch_content(batch, note=DONE_BEFORE)
        waits = act is Act.APPROVE and taken.state == State.WITH_AUTHORITY == batch.state
        return (202 if waits else 200), batch_content(taken)

    return done_once(request, sent, attempt)


@router.post(
    "/rosters/{uuid:batch_id}/submit",
    response={200: Batch, **WRITE_ERRORS},
    summary="提交名册 / Submit a checked roster to the leader",
    tags=ROSTERS,
    operation_id="submitRoster",
    openapi_extra=writes(200),
)
def submit(request: ActingRequest, batch_id: UUID, sent: Submission) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.submit(batch.id, by=request.actor, today=timezone.localdate())

    return step(request, batch_id, sent, Act.SUBMIT, take)


@router.post(
    "/rosters/{uuid:batch_id}/approve",
    response={200: Batch, 202: Batch, **WRITE_ERRORS},
    summary="同意 / Approve, except some rows if need be",
    description=f"学校主管领导审核，主管部门核准。核准超过 {jobs.ROWS_AT_ONCE} 人时由后台注册（202）。\n\nFirst the leader in charge"
    f" at the school, then the officer of the authority. More than {jobs.ROWS_AT_ONCE} pupils are registered by the worker (202).",
    tags=ROSTERS,
    operation_id="approveRoster",
    openapi_extra=writes(200, 202),
)
def approve(request: ActingRequest, batch_id: UUID, sent: Approval) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        if batch.state == State.WITH_AUTHORITY and batch.accepted - batch.excepted > jobs.ROWS_AT_ONCE:
            rosters.may_decide(batch, Act.APPROVE, by=request.actor, version=sent.version)
            if sent.except_rows and not sent.reason.strip():
                raise rosters.ReasonMissing(
                    "请填写理由：学校需要知道为什么退回。", "Give a reason: the school has to know why."
                )
            jobs.register_later(batch, by=request.actor, except_rows=sent.except_rows, reason=sent.reason)
            return batch
        return rosters.decide(
            batch.id,
            act=Act.APPROVE,
            by=request.actor,
            today=timezone.localdate(),
            reason=sent.reason,
            except_rows=sent.except_rows,
            version=sent.version,
        )

    return step(request, batch_id, sent, Act.APPROVE, take)


@router.post(
    "/rosters/{uuid:batch_id}/return",
    response={200: Batch, **WRITE_ERRORS},
    summary="退回 / Return to the school with a reason",
    tags=ROSTERS,
    operation_id="returnRoster",
    openapi_extra=writes(200),
)
def give_back(request: ActingRequest, batch_id: UUID, sent: Return) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.decide(
            batch.id,
            act=Act.RETURN,
            by=request.actor,
            today=timezone.localdate(),
            reason=sent.reason,
            version=sent.version,
        )

    return step(request, batch_id, sent, Act.RETURN, take)


@router.post(
    "/rosters/{uuid:batch_id}/undo",
    response={200: Batch, **WRITE_ERRORS},
    summary="撤回 / Take the whole roster back, until the authority approved",
    tags=ROSTERS,
    operation_id="undoRoster",
    openapi_extra=writes(200),
)
def undo(request: ActingRequest, batch_id: UUID, sent: Undoing) -> HttpResponse:
    def take(batch: RosterBatch) -> RosterBatch:
        return rosters.undo(batch.id, by=request.actor, today=timezone.localdate(), reason=sent.reason)

    return step(request, batch_id, sent, Act.UNDO, take)


# One new pupil ---------------------------------------------------------------------------


def property_of(column: Column) -> tuple[Any, Any]:
    """Return a column of the roster as a property of a pupil: text, as it would stand in the cell."""
    c = column.column
    notes = " / ".join(text for text in (c.note_zh, c.note_en) if text)
    heading = f"{c.header_zh} / {c.header_en}"
    about = f"{heading}. {notes}" if notes else heading
    shown = Field(
        None, description=about, max_length=LONGEST_CELL, examples=[c.example] if c.example else None
    )
    return Text | None, shown


PROPERTIES: dict[str, Any] = {
    f.column.key: property_of(f) for f in FIELDS if f.column.key != "school_identifier"
}
NewPupil = create_model(
    "NewPupil",
    __base__=Sent,
    __doc__="新生的各项内容，写法与名册单元格相同：代码或名称均可。 A new pupil, each value as it would stand in a cell:"
    " code or label.",
    **PROPERTIES,
)

SYNTHETIC_PUPIL: dict[str, Any] = {
    "name": "示例学生",
    "document_type": "居民身份证",
    # Check digit right, sequence 000, which is never issued.
    "document_number": "330902201909010008",
    "class_number": "2026101",
    "ethnicity": "汉族",
    "nationality": "中国",
    "overseas": "否",
    "entry_mode": "就近入学",
    "study_mode": "走读",
    "present_address": "示例路1号",
    "member1_name": "王建国",
    "member1_relation": "父亲",
    "member1_phone": "13800000000",
}


class PupilSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"school": "2133000001", "pupil": SYNTHETIC_PUPIL}]}
    )

    school: Identifier
    pupil: NewPupil  # type: ignore[valid-type]

    def values(self) -> dict[str, str]:
        """Return what was given, without what is empty."""
        given: dict[str, str | None] = self.pupil.model_dump()  # type: ignore[attr-defined]
        return {key: text for key, text in given.items() if text}


@router.post(
    "/pupils",
    response={201: PupilSubmitted, 202: PupilSubmitted, **WRITE_ERRORS},
    summary="录入一名新生 / Submit one new pupil",
    description="检查全部通过则作为一人的名册提交（201）；证件号待核查或疑似同一人的，登记为问题学籍（202）；否则不保存，"
    "返回问题（422）。\n\nWith all checks passed the pupil is submitted as a roster of one (201). A number that has to be"
    " checked, or a suspected same person, opens a problem record (202). Otherwise nothing is kept and the findings"
    " are answered (422).",
    tags=PUPILS,
    operation_id="submitPupil",
    openapi_extra=writes(201, 202),
)
def submit_pupil(request: ActingRequest, sent: PupilSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        batch, found = rosters.enrol_one(
            sent.values(),
            school=school_with_identifier(sent.school),
            by=request.actor,
            today=timezone.localdate(),
            door="api",
        )
        if batch is None:
            return STATUS_OF_REFUSAL[Rejected.code], {
                "code": Rejected.code,
                "message_zh": "未保存：请按提示改正后重新提交。",
                "message_en": "Nothing was kept: correct it as the findings say and send it again.",
                "findings": told(found),
            }
        return (201 if batch.accepted else 202), {"batch": batch_content(batch), "findings": told(found)}

    return done_once(request, sent, act)


@router.post(
    "/pupils/check",
    response={200: PupilChecked, **READ_ERRORS, 409: Problem, 415: Problem},
    summary="试检查一名新生 / Check one pupil without submitting",
    description="只检查，不写入任何内容。 A dry run: nothing is written.",
    tags=PUPILS,
    operation_id="checkPupil",
)
def check_pupil(request: ActingRequest, sent: PupilSent) -> HttpResponse:
    school = own(request, sent.school)
    found = rosters.check_one(sent.values(), school=school, by=request.actor, today=timezone.localdate())
    return answer(200, {"accepted": not found.accepted.is_empty(), "findings": told(found)})
