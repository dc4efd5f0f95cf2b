"""One new pupil over HTTP: a roster of one row."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from pydantic import ConfigDict, Field, create_model

from xueji.access.api import (
    READ_ERRORS,
    STATUS_OF_REFUSAL,
    WRITE_ERRORS,
    ActingRequest,
    Identifier,
    Problem,
    Sent,
    Text,
    answer,
    done_once,
    router,
    writes,
)
from xueji.changes.actions import rosters
from xueji.changes.api import shapes
from xueji.changes.api.shapes import PUPILS, PupilChecked, PupilSubmitted, own, told
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_columns import Field as Column
from xueji.lib.errors import Refused

LONGEST_CELL = 1_000


class Rejected(Refused):
    code = "rejected"


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
        return (201 if batch.accepted else 202), {
            "batch": shapes.batch_content(batch),
            "findings": told(found),
        }

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
