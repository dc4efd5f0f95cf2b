"""Papers over HTTP: filed by pupil, handed out by case."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile

from xueji.access.api import (
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    answer,
    done_once,
    download,
    file_sent,
    router,
    writes,
)
from xueji.changes.rules.problem_records import MOST_PAPER_BYTES
from xueji.status.actions import papers
from xueji.status.api.shapes import STATUS, PaperName, PaperShown, paper_shown
from xueji.status.queries import cases as queries


class PapersShown(Schema):
    items: list[PaperShown]


@router.get(
    "/status/pupils/{uuid:pupil_id}/papers",
    response={200: PapersShown, **READ_ERRORS},
    summary="学生的材料 / The valid papers of a pupil, to an office that holds the pupil or has a change of it under way",
    tags=STATUS,
    operation_id="listStatusPapers",
)
def listed(request: ActingRequest, pupil_id: UUID) -> HttpResponse:
    found = papers.papers_of(pupil_id, by=request.actor, today=timezone.localdate())
    return answer(200, PapersShown(items=[paper_shown(one) for one in found]).model_dump(mode="json"))


@router.post(
    "/status/pupils/{uuid:pupil_id}/papers",
    response={201: PapersShown, **WRITE_ERRORS},
    summary="上传材料 / File a paper of a pupil",
    description="本单位的学生，或本账号按号码和姓名查找后存有草稿的学生，或本单位有在办业务的学生。JPG、PNG 或 PDF，每份不超过 2 MB；同一文件只保存一份，有效期内可用于"
    "其他业务。\n\nOf a pupil of the own office, or about whom the account keeps a draft by a match, or the office has an open case. JPG, PNG or PDF of at most 2 MB;"
    " the same file is kept once, and serves other changes while it is valid.",
    tags=STATUS,
    operation_id="fileStatusPaper",
    openapi_extra=writes(201),
)
def file_paper(
    request: ActingRequest,
    pupil_id: UUID,
    file: Annotated[UploadedFile, File(description="JPG, PNG, PDF")],
    kind: Annotated[PaperName, Form(description="材料种类 / kind of paper")],
) -> HttpResponse:
    def act() -> tuple[int, Any]:
        kept = papers.file_paper(
            pupil_id,
            kind=kind,
            file_name=(file.name or "").encode("utf-8", "replace").decode(),
            # One byte more than is taken shows that it is too much.
            content=file.read(MOST_PAPER_BYTES + 1),
            by=request.actor,
            today=timezone.localdate(),
        )
        held = queries.papers_of(pupil_id, today=timezone.localdate(), with_discreet=True)
        found = [one for one in held if one.id == kept]
        return 201, PapersShown(items=[paper_shown(one) for one in found]).model_dump(mode="json")

    return done_once(request, file_sent(file, kind), act)


@router.get(
    "/status/cases/{uuid:case_id}/papers/{uuid:paper_id}",
    response={200: None, **READ_ERRORS},
    summary="下载材料 / A paper that a case rests on; an event says who opened it",
    tags=STATUS,
    operation_id="readStatusPaper",
)
def read_paper(request: ActingRequest, case_id: UUID, paper_id: UUID) -> HttpResponse:
    opened = papers.open_paper(case_id, paper_id, by=request.actor, today=timezone.localdate())
    return download(opened.content, media_type=opened.media_type, file_name=opened.file_name)
