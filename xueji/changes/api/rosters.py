"""Rosters over HTTP: checked, uploaded, listed, and what was found in them."""

from __future__ import annotations

import hashlib
import time
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Identifier,
    Listing,
    NotFound,
    Problem,
    Text,
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
from xueji.changes.api import shapes
from xueji.changes.api.shapes import (
    ROSTERS,
    Batch,
    Batches,
    Checked,
    Findings,
    batch_of,
    is_workbook,
    own,
    told,
    workbook,
)
from xueji.changes.queries import batches
from xueji.changes.queries.corrected import corrected_file
from xueji.changes.queries.inbox import OverdueKey, overdue_schools
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.queries.template import template_for
from xueji.changes.rules.roster_findings import BY_CODE
from xueji.changes.rules.roster_steps import State
from xueji.lib.errors import Refused
from xueji.organisations.rules import divisions
from xueji.spreadsheets.rules.limits import MAX_FILE_BYTES


class FileTooLarge(Refused):
    code = "file-too-large"


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
        return (202 if waits else 200), shapes.batch_content(batch, note=note)

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
    found = rosters.check_file(
        content, file_name=name_of(file), school=checking, by=request.actor, today=timezone.localdate()
    )
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
        "items": [shapes.batch_content(batch) for batch in page.items],
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


class OverdueList(Listing[Overdue]):
    """Schools with overdue rosters."""


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
    return answer(200, shapes.batch_content(batch, progress=batches.progress_of(batch.id)))


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
