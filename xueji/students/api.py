"""Pupils and classes over HTTP. Numbers are masked as on the pages."""

from __future__ import annotations

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
    Identifier,
    Listing,
    Text,
    answer,
    router,
    wrong_cursor,
)
from xueji.access.queries import scope_of
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.api import school_in_scope
from xueji.organisations.models import Class, School
from xueji.students import queries
from xueji.students.actions import LIST_FIELDS, RECORD_FIELDS, note_listed, note_read
from xueji.students.actions_look_ups import find_by_number
from xueji.students.queries import Key, Listed, Question, Record
from xueji.students.rules.code_lists import OPEN_STATES
from xueji.students.rules.schemes import NUMBER_SCHEME
from xueji.students.rules.search_terms import SHORTEST_NUMBER, Kind, term_of

PUPILS, SCHOOLS = ["pupils"], ["schools"]
MOST_MOVED = 1_000
SEARCH: Any = Query(
    "", max_length=100, description="姓名、拼音、首字母或完整号码 / name, pinyin, initials or a whole number"
)
OF_SCHOOL: Any = Query(None, description="学校标识码 / school identifier")
OF_CLASS: Any = Query(None, description="班号，须同时给出 school / class number, together with school")

STATES = (queries.OPEN, queries.ENDED, queries.ANY, *sorted(OPEN_STATES))


class NoSuchPupil(Refused):
    code = "no-such-pupil"


class NoSuchClass(Refused):
    code = "no-such-class"


class PupilListed(Schema):
    """A pupil in a list; the student number is masked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11",
                    "name": "示例学生",
                    "sex": "2",
                    "state": "01",
                    "is_enrolled": True,
                    "number": "G330*************08",
                    "school": "定海区第一小学",
                    "place": 330902000001,
                    "class_number": "2026101",
                    "class_name": "1班",
                    "stage": "primary",
                    "entry_year": 2026,
                    "grade": 1,
                }
            ]
        }
    )

    id: UUID
    name: str
    sex: str
    state: str = Field(description="学籍状态代码 / state of the enrolment (JY/T 1001 XSDQZT)")
    is_enrolled: bool
    number: str = Field(description="学籍号，已遮盖 / student number, masked")
    school: str
    place: int
    class_number: str
    class_name: str
    stage: str
    entry_year: int | None
    grade: int | None


class Pupils(Listing[PupilListed]):
    """Pupils."""


class NumberShown(Schema):
    """A number of the pupil, masked; `until` is set on former ones."""

    scheme: str = Field(description="S 学籍号 / student number; R, H, M, T, F, P, O 证件号 / documents")
    masked: str
    since: date
    until: date | None


class EnrolmentShown(Schema):
    """An enrolment, from when to when."""

    id: UUID
    school: str
    stage: str
    entry_year: int
    class_number: str
    class_name: str
    state: str
    entered_on: date
    started_on: date
    ended_on: date | None
    entry_mode: str
    study_mode: str


class PupilShown(Schema):
    """A pupil with numbers and enrolments. Addresses, phones and family are not given out here."""

    id: UUID
    name: str
    sex: str
    birth_on: date
    nationality: str
    ethnicity: str
    overseas: str
    document_type: str
    version: int
    numbers: list[NumberShown]
    enrolments: list[EnrolmentShown]


class ClassShown(Schema):
    """A class with its head count."""

    number: str
    name: str
    stage: str
    grade: int
    entry_year: int
    pupils: int
    states: dict[str, int] = Field(
        description="按学籍状态 / by state of the enrolment", examples=[{"01": 43}]
    )


class Classes(Schema):
    items: list[ClassShown]


def listed_content(pupil: Listed) -> dict[str, Any]:
    return PupilListed(
        id=pupil.id,
        name=pupil.name,
        sex=pupil.sex,
        state=pupil.state,
        is_enrolled=bool(pupil.state) and pupil.ended_on is None,
        number=masks.student_number(pupil.number),
        school=pupil.school,
        place=pupil.place,
        class_number=pupil.class_number,
        class_name=pupil.class_name,
        stage=pupil.stage,
        entry_year=pupil.entry_year,
        grade=pupil.grade,
    ).model_dump(mode="json")


def record_content(record: Record) -> dict[str, Any]:
    pupil = record.student
    return PupilShown(
        id=pupil.id,
        name=pupil.name,
        sex=pupil.sex,
        birth_on=pupil.birth_on,
        nationality=pupil.nationality,
        ethnicity=pupil.ethnicity,
        overseas=pupil.overseas,
        document_type=pupil.document_type,
        version=pupil.version,
        numbers=[
            NumberShown(
                scheme=one.scheme,
                masked=masks.student_number(one.value)
                if one.scheme == NUMBER_SCHEME
                else masks.document(one.value),
                since=one.since,
                until=one.until,
            )
            for one in record.numbers
        ],
        enrolments=[
            EnrolmentShown(
                id=stay.id,
                school=stay.school,
                stage=stay.stage,
                entry_year=stay.entry_year,
                class_number=stay.class_number,
                class_name=stay.class_name,
                state=stay.state,
                entered_on=stay.entered_on,
                started_on=stay.started_on,
                ended_on=stay.ended_on,
                entry_mode=stay.entry_mode,
                study_mode=stay.study_mode,
            )
            for stay in record.stays
        ],
    ).model_dump(mode="json")


def class_of(school: School, number: str) -> Class:
    """Return the class of a school with this number. Raises NoSuchClass."""
    found: Class | None = Class.objects.filter(school=school, number=number).first()
    if found is None:
        raise NoSuchClass(
            f"该校没有班号 {number}，请核对。", f"This school has no class {number}; check the number."
        )
    return found


ClassNumber = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,16}$", description="班号 / class number")]


@router.get(
    "/pupils",
    response={200: Pupils, **READ_ERRORS},
    summary="查找学生 / Find pupils by name, pinyin, initials or number",
    description="按姓名（或拼音、首字母）开头查找，或按完整的学籍号、证件号查找；按姓名排序。 By the beginning of a name, of its pinyin"
    " or initials, or by a whole number; in order of name. 按号码查不到会计次，超过当日限额的不再回答（409）。 Look-ups by number"
    " that find nothing are counted; beyond the budget of the day they are not answered (409).",
    tags=PUPILS,
    operation_id="listPupils",
)
def listed(
    request: ActingRequest,
    q: Text = SEARCH,
    school: Identifier | None = OF_SCHOOL,
    class_number: ClassNumber | None = OF_CLASS,
    state: Literal[STATES] = queries.OPEN,  # type: ignore[valid-type]
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    actor = request.actor
    actor.require("students.view")
    try:
        key = Key.decoded(after) if after else None
    except ValueError as error:
        raise wrong_cursor() from error
    scope, class_id = actor.scope, None
    if school is not None:
        chosen = school_in_scope(actor, school, "students.view")
        scope = scope_of(chosen.place)
        class_id = class_of(chosen, class_number).pk if class_number is not None else None
    elif class_number is not None:
        raise NoSuchClass(
            "班号须与学校标识码一起给出（school）。", "Give the class number together with its `school`."
        )
    term = term_of(q)
    is_number = term is not None and term.kind is Kind.NUMBER
    if is_number and len(term.text) < SHORTEST_NUMBER:  # type: ignore[union-attr]  # there is one
        # Numbers are kept as hashes and found whole only.
        return answer(200, {"items": [], "next": None})
    question = Question(scope=scope, term=term, state=state, class_id=class_id, after=key)
    if is_number:
        found = find_by_number(question, by=actor, today=timezone.localdate(), page=limit)
    else:
        found = queries.find(question, page=limit)
    note_listed([pupil.id for pupil in found.pupils], by=actor, fields=LIST_FIELDS, duty="students.view")
    shown = {
        "items": [listed_content(pupil) for pupil in found.pupils],
        "next": found.after.encoded() if found.after else None,
    }
    return answer(200, shown)


@router.get(
    "/pupils/{uuid:pupil_id}",
    response={200: PupilShown, **READ_ERRORS},
    summary="一名学生 / One pupil",
    tags=PUPILS,
    operation_id="getPupil",
)
def one(request: ActingRequest, pupil_id: UUID) -> HttpResponse:
    request.actor.require("students.view")
    record = queries.record_of(pupil_id)
    if record is None:
        raise NoSuchPupil(
            "没有这名学生，或不在您的管理范围内。请核对编号。",
            "There is no such pupil, or not in your area; check the id.",
        )
    note_read(
        pupil_id, place=record.student.place, by=request.actor, fields=RECORD_FIELDS, duty="students.view"
    )
    return answer(200, record_content(record))


@router.get(
    "/schools/{identifier}/classes",
    response={200: Classes, **READ_ERRORS},
    summary="班级与人数 / Open classes of a school with their head counts",
    tags=SCHOOLS,
    operation_id="listClasses",
)
def classes(request: ActingRequest, identifier: Identifier) -> HttpResponse:
    school = school_in_scope(request.actor, identifier, "students.view")
    shown = [
        ClassShown(
            number=one.number,
            name=one.name,
            stage=one.stage,
            grade=one.grade,
            entry_year=one.entry_year,
            pupils=one.pupils,
            states=one.states,
        ).model_dump(mode="json")
        for one in queries.classes_of(school.pk)
    ]
    return answer(200, {"items": shown})
