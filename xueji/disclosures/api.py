"""What leaves, over HTTP: approvals and exports read, an export asked for.

What needs a person who proves who it is (recording with a paper, reviewing, releasing, fetching, tracing) is for the
pages alone: a program's token proves nobody.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Listing,
    Sent,
    Text,
    answer,
    cursor_of,
    done_once,
    in_words,
    key_of,
    router,
    writes,
)
from xueji.disclosures.actions import exports as actions
from xueji.disclosures.actions.approvals import VIEW, NoSuchApproval
from xueji.disclosures.actions.exports import NoSuchExport
from xueji.disclosures.models import Approval, Export
from xueji.disclosures.queries import approvals, exports
from xueji.disclosures.queries.exports import ExportView
from xueji.disclosures.rules.approvals import (
    APPROVAL_STATE_NAMES,
    EXPORT_STATE_NAMES,
    KIND_NAMES,
    LONGEST_TEXT,
    ApprovalKind,
    ApprovalState,
    ExportState,
)
from xueji.disclosures.rules.fields import BY_KEY

DISCLOSURES = ["disclosures"]
FieldName: Any = Literal[tuple(BY_KEY)]


class ApprovalLineShown(Schema):
    id: UUID
    kind: str
    kind_zh: str
    kind_en: str
    state: str
    state_zh: str
    state_en: str
    statute: str
    government: str
    document_number: str
    recipient: str
    row_cap: int
    valid_from: date
    valid_until: date


class ApprovalShown(ApprovalLineShown):
    purpose: str
    range_place: int = Field(description="the office or school at the head of the range")
    range: str
    fields: list[str]
    certificate_sha256: str = Field(description="fingerprint of the recipient's certificate")
    rows_left: int = Field(description="how many rows may still leave under it")


class ExportLineShown(Schema):
    id: UUID
    approval: UUID
    document_number: str
    recipient: str
    state: str
    state_zh: str
    state_en: str
    requested_at: datetime


class ExportShown(ExportLineShown):
    range: str
    grade: int | None
    fields: list[str]
    reason_zh: str = Field(description="why it was refused or failed; empty otherwise")
    reason_en: str
    rows: int | None = Field(description="pupils in the file, once it is made")
    canaries: int | None = Field(description="invented rows among them")
    sha256: str | None = Field(description="of the encrypted file")
    expires_at: datetime | None


class ExportSent(Sent):
    """Which pupils and fields, under which approval. A second person releases it on the page."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "approval": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11",
                    "place": 330902000000,
                    "fields": ["name", "school", "grade"],
                }
            ]
        }
    )

    approval: UUID
    place: int = Field(ge=0, lt=10**12, description="学校或行政区划的位置 / place of the school or area")
    grade: int | None = Field(None, ge=1, le=12)
    fields: list[FieldName] = Field(min_length=1, max_length=len(BY_KEY))
    note: Annotated[Text, Field(max_length=LONGEST_TEXT)] = ""


def approval_line(one: Approval) -> dict[str, Any]:
    return {
        "id": one.pk,
        **in_words("kind", one.kind, KIND_NAMES[ApprovalKind(one.kind)]),
        **in_words("state", one.state, APPROVAL_STATE_NAMES[ApprovalState(one.state)]),
        "statute": one.statute,
        "government": one.government,
        "document_number": one.document_number,
        "recipient": one.recipient,
        "row_cap": one.row_cap,
        "valid_from": one.valid_from,
        "valid_until": one.valid_until,
    }


def export_line(one: Export) -> dict[str, Any]:
    return {
        "id": one.pk,
        "approval": one.approval_id,
        "document_number": one.approval.document_number,
        "recipient": one.approval.recipient,
        **in_words("state", one.state, EXPORT_STATE_NAMES[ExportState(one.state)]),
        "requested_at": one.requested_at,
    }


@router.get(
    "/disclosures/approvals",
    response={200: Listing[ApprovalLineShown], **READ_ERRORS},
    summary="对外提供的批准 / Approvals for data to leave",
    tags=DISCLOSURES,
    operation_id="listApprovals",
)
def list_approvals(request: ActingRequest, limit: int = PAGE_SIZE, after: str = AFTER) -> HttpResponse:
    request.actor.require(VIEW)
    key = key_of(after, UUID)
    page = approvals.listed(after=key[0] if key else None, size=limit)
    content = Listing[ApprovalLineShown](
        items=[ApprovalLineShown(**approval_line(one)) for one in page.items],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/disclosures/approvals/{uuid:approval_id}",
    response={200: ApprovalShown, **READ_ERRORS},
    summary="一项批准 / One approval",
    tags=DISCLOSURES,
    operation_id="getApproval",
)
def get_approval(request: ActingRequest, approval_id: UUID) -> HttpResponse:
    request.actor.require(VIEW)
    found = approvals.approval_of(approval_id)
    if found is None:
        raise NoSuchApproval(
            "没有这项批准，或不属于本单位。", "There is no such approval, or it is another office's."
        )
    one = found.one
    content = ApprovalShown(
        **approval_line(one),
        purpose=one.purpose,
        range_place=one.scope_lo,
        range=found.range_name,
        fields=one.fields,
        certificate_sha256=one.fingerprint,
        rows_left=found.left,
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/disclosures/exports",
    response={200: Listing[ExportLineShown], **READ_ERRORS},
    summary="导出 / Exports",
    tags=DISCLOSURES,
    operation_id="listExports",
)
def list_exports(request: ActingRequest, limit: int = PAGE_SIZE, after: str = AFTER) -> HttpResponse:
    request.actor.require(VIEW)
    key = key_of(after, UUID)
    page = exports.listed(after=key[0] if key else None, size=limit)
    content = Listing[ExportLineShown](
        items=[ExportLineShown(**export_line(one)) for one in page.items],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/disclosures/exports/{uuid:export_id}",
    response={200: ExportShown, **READ_ERRORS},
    summary="一次导出 / One export",
    tags=DISCLOSURES,
    operation_id="getExport",
)
def get_export(request: ActingRequest, export_id: UUID) -> HttpResponse:
    request.actor.require(VIEW)
    found = exports.export_of(export_id)
    if found is None:
        raise NoSuchExport(
            "没有这项导出，或不属于本单位。", "There is no such export, or it is another office's."
        )
    return answer(200, export_shown(found).model_dump(mode="json"))


def export_shown(found: ExportView) -> ExportShown:
    one, made = found.one, found.disclosure
    return ExportShown(
        **export_line(one),
        range=found.range_name,
        grade=one.grade,
        fields=one.fields,
        reason_zh=one.reason,
        reason_en=one.reason_en,
        rows=made.rows if made else None,
        canaries=made.canaries if made else None,
        sha256=made.sha256 if made else None,
        expires_at=one.expires_at,
    )


@router.post(
    "/disclosures/exports",
    response={201: ExportShown, **WRITE_ERRORS},
    summary="申请导出 / Ask for an export",
    description="须有本单位已生效的批准；由另一人在页面上放行，加密文件也在页面上下载。\n\nNeeds an approval in force of the own office. A second"
    " person releases it on the page, where the encrypted file is fetched as well.",
    tags=DISCLOSURES,
    operation_id="requestExport",
    openapi_extra=writes(201),
)
def request_export(request: ActingRequest, sent: ExportSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        made = actions.request_export(
            sent.approval,
            range_place=sent.place,
            fields=sent.fields,
            grade=sent.grade,
            note=sent.note,
            by=request.actor,
            today=timezone.localdate(),
        )
        found = exports.export_of(made.pk)
        assert found is not None  # noqa: S101 - it was made a line above
        return 201, export_shown(found).model_dump(mode="json")

    return done_once(request, sent, act)
