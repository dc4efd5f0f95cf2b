"""What the endpoints of rosters and new pupils answer, and how a batch is shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from xueji.access.api import ActingRequest, Finding, Listing, Problem, download, in_words
from xueji.changes.actions import rosters
from xueji.changes.actions.rosters import Examined
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches, findings
from xueji.changes.queries.schools import require_open, school_with_identifier
from xueji.changes.rules.roster_steps import STATE_NAMES, State
from xueji.organisations.models import School

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


ROSTERS, PUPILS = ["rosters"], ["pupils"]


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


class Batches(Listing[Batch]):
    """Rosters."""


class Findings(Listing[Finding]):
    """Findings of a roster."""


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
    why = batch.refusal
    shown = Batch(
        id=batch.id,
        school=batch.school.identifier,
        **in_words("state", batch.state, STATE_NAMES[State(batch.state)]),
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
    return download(content, media_type=XLSX, file_name=name, plain="roster.xlsx")


def is_workbook(description: str) -> dict[str, Any]:
    """Return what the description says of an operation that answers a workbook."""
    schema = {"type": "string", "contentMediaType": XLSX}
    return {"responses": {200: {"description": description, "content": {XLSX: {"schema": schema}}}}}


def own(request: ActingRequest, identifier: str) -> School:
    """Return an open school for which one may upload. Raises NoSuchSchool, NotAllowed, SchoolNotOpen."""
    school = school_with_identifier(identifier)
    request.actor.require("roster.upload", school.place)
    require_open(school)
    return school
