"""Unified admission over HTTP: lists, who is awaited and who came, disputes, kindergarten records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query
from pydantic import Field, create_model

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Finding,
    Identifier,
    Listing,
    NotFound,
    Problem,
    Sent,
    Text,
    Whole,
    act_door,
    answer,
    cursor_of,
    done_once,
    file_sent,
    key_of,
    router,
    writes,
)
from xueji.access.rules.permissions import Level
from xueji.changes.actions import preschool
from xueji.changes.actions.admissions import arrivals, disputes, lists, undoing
from xueji.changes.actions.admissions.lists import NoSuchList, Terms
from xueji.changes.actions.problems.cases import no_such_case
from xueji.changes.api.rosters import name_of, require_size
from xueji.changes.api.shapes import Batch, batch_content, batch_of
from xueji.changes.models import AdmissionList
from xueji.changes.queries import admissions as queries
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.rules import admissions as rules
from xueji.changes.rules import preschool as preschool_rules
from xueji.changes.rules.admission_checks import Checked
from xueji.changes.rules.admission_findings import severity_of
from xueji.changes.rules.admissions import LIST_STATE_NAMES, NOT_COME_REASONS, ROW_STATE_NAMES, ListState
from xueji.changes.rules.problem_records import OUTCOME_NAMES, STATE_NAMES
from xueji.lib import masks
from xueji.organisations.queries import name_at, place_of_identifier

ADMISSIONS = ["admissions"]
LONGEST_CELL = 200
MOST_PUPILS = 3_000

StageName: Any = Literal[rules.STAGES]
StatusName: Any = Literal[queries.STATUSES]
ReasonName: Any = Literal[tuple(NOT_COME_REASONS)]


# What is answered ------------------------------------------------------------------------


class AdmissionListShown(Schema):
    """A list of admitted pupils (录取名单)."""

    id: UUID
    name: str
    document: str
    school_year: int
    stage: str
    report_by: date | None
    state: str = Field(description="checked, issued or withdrawn")
    state_zh: str
    state_en: str
    office: str = Field(description="导入单位 / the authority that gave it in")
    file: str
    rows: int
    accepted: int
    rejected: int
    warnings: int
    uploaded_at: datetime
    issued_on: date | None
    version: int
    counts: dict[str, int] = Field(description="学生按状态计数 / pupils by where they stand, once issued")


class AdmissionChecked(Schema):
    """What a list is found to be: rows = accepted + rejected. Nothing was written."""

    rows: int
    accepted: int
    rejected: int
    warnings: int
    findings: list[Finding]


class AdmittedPupil(Schema):
    """An admitted pupil; the number is masked as on the pages."""

    id: UUID
    list: UUID
    list_name: str
    school: str
    name: str
    sex: str
    birth_on: date | None
    document_type: str
    document_number: str
    exam_number: str
    status: str = Field(
        description="awaited, reported, disputed, registered, not_come, elsewhere or cancelled"
    )
    status_zh: str
    status_en: str
    reason: str
    report_by: date | None
    is_known: bool = Field(description="the enrolment continues a record that exists")
    roster: UUID | None = Field(description="the roster by which the pupil is registered")
    dispute: UUID | None


class SchoolArrivals(Schema):
    """How far a school is with a list."""

    school: str
    name: str
    counts: dict[str, int]


class DisputeAnswer(Schema):
    """What a school answers."""

    place: int
    office: str
    attends: bool | None
    since: str
    statement: str
    stated_on: date | None
    papers: int
    outcome: str


class DisputeShown(Schema):
    """A duplicate admission as the caller may see it: a school its own answer, the desk all."""

    id: UUID
    name: str
    state: str
    state_zh: str
    state_en: str
    due_on: date | None
    closed_on: date | None
    outcome: str
    outcome_zh: str
    outcome_en: str
    answer: str
    answers: list[DisputeAnswer]
    can_answer: bool
    can_decide: bool
    can_undo: bool
    undo_until: date | None = Field(
        description="上一级主管部门可以撤销结论到哪天 / until when it can be undone"
    )
    version: int | None


class PupilsChanged(Schema):
    """How many pupils were changed."""

    pupils: int


class KindergartenRecord(Schema):
    """What a kindergarten knew of a child, by the keys of a pupil to be submitted."""

    kindergarten: str
    entered_on: date | None
    left_on: date | None
    values: dict[str, str]


# What is sent ----------------------------------------------------------------------------


def cells(keys: Sequence[str], name: str) -> Any:
    """Return the schema of a row: its texts by key."""
    fields: dict[str, Any] = {key: (Annotated[Text, Field(max_length=LONGEST_CELL)], "") for key in keys}
    return create_model(name, __base__=Sent, **fields)


AdmittedRow: Any = cells(lists.KEYS, "AdmittedRow")
ChildRow: Any = cells(preschool_rules.KEYS, "ChildRow")


class AdmissionListSent(Sent):
    """A list with its rows; a file goes to /admission-lists/file."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    document: Annotated[Text, Field(max_length=100)] = ""
    school_year: Annotated[int, Field(ge=2000, le=2100, strict=True)]
    stage: StageName
    report_by: date | None = None
    pupils: Annotated[list[AdmittedRow], Field(min_length=1, max_length=MOST_PUPILS)]

    def terms(self) -> Terms:
        return Terms(self.name, self.school_year, self.stage, self.document, self.report_by)

    def given(self) -> lists.Given:
        return lists.from_values([one.model_dump() for one in self.pupils])


class ListVersionSent(Sent):
    version: Whole


class WithdrawalSent(Sent):
    reason: Annotated[Text, Field(max_length=200)] = ""


class ArrivalsSent(Sent):
    pupils: Annotated[list[UUID], Field(min_length=1, max_length=MOST_PUPILS)]
    school: Identifier
    class_number: Annotated[Text, Field(min_length=1, max_length=16)]
    study_mode: Literal["1", "2"] = "1"


class AbsenceSent(Sent):
    pupils: Annotated[list[UUID], Field(min_length=1, max_length=MOST_PUPILS)]
    reason: ReasonName


class AwaitedSent(Sent):
    pupils: Annotated[list[UUID], Field(min_length=1, max_length=MOST_PUPILS)]


class AttendanceSent(Sent):
    attends: bool
    since: date | None = Field(None, description="到校就读日期 / since when, if the child attends")
    statement: Annotated[Text, Field(min_length=1, max_length=500)]


class VerdictSent(Sent):
    place: Annotated[
        int,
        Field(
            ge=0, lt=10**12, description="所选学校的 place；0：均不在读 / the school; 0: none has the child"
        ),
    ]
    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    version: Whole


class VerdictUndoSent(Sent):
    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    version: Whole


class KindergartenChildSent(Sent):
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    document_number: Annotated[Text, Field(min_length=1, max_length=30)]


class KindergartenChildrenSent(Sent):
    children: Annotated[list[ChildRow], Field(min_length=1, max_length=MOST_PUPILS)]
    dry_run: bool = False


# How it is shown ---------------------------------------------------------------------------


def list_shown(found: AdmissionList, counts: dict[str, int] | None = None) -> AdmissionListShown:
    zh, en = LIST_STATE_NAMES[ListState(found.state)]
    return AdmissionListShown(
        id=found.id,
        name=found.name,
        document=found.document,
        school_year=found.school_year,
        stage=found.stage,
        report_by=found.report_by,
        state=found.state,
        state_zh=zh,
        state_en=en,
        office=name_at(found.place),
        file=found.file_name,
        rows=found.rows,
        accepted=found.accepted,
        rejected=found.rejected,
        warnings=found.warnings,
        uploaded_at=found.uploaded_at,
        issued_on=found.issued_on,
        version=found.version,
        counts=counts or {},
    )


def list_of(request: ActingRequest, list_id: UUID) -> AdmissionList:
    """Return the list in scope. Raises NotAllowed, NoSuchList."""
    request.actor.require("admission.view")
    found = queries.list_with(list_id)
    if found is None or request.actor.level is Level.SCHOOL:
        raise NoSuchList(
            "没有这份录取名单，或它不在您的管理范围内。请核对编号。",
            "There is no such list, or it lies outside your area; check its id.",
        )
    return found


def content_of(request: ActingRequest, list_id: UUID) -> dict[str, Any]:
    """Return a list as the API shows it, with the pupils of the caller's area counted."""
    found = list_of(request, list_id)
    return list_shown(found, queries.tally(list_id=found.id)).model_dump(mode="json")


def checked_shown(found: Checked) -> dict[str, Any]:
    """Return the dry run of a list."""
    told = [
        queries.told(row, key, code, severity_of(code), json.loads(params)).as_json()
        for row, key, code, params in found.findings.iter_rows()
    ]
    accepted = lists.accepted_of(found).height
    return {
        "rows": found.rows.height,
        "accepted": accepted,
        "rejected": found.rows.height - accepted,
        "warnings": lists.warnings_of(found),
        "findings": told,
    }


def pupil_shown(one: queries.Admitted) -> AdmittedPupil:
    zh, en = ROW_STATE_NAMES[one.status]
    return AdmittedPupil(
        id=one.id,
        list=one.list_id,
        list_name=one.list_name,
        school=one.school,
        name=one.name,
        sex=one.sex,
        birth_on=one.birth_on,
        document_type=one.document_type,
        document_number=masks.document(one.document),
        exam_number=one.exam_number,
        status=one.status,
        status_zh=zh,
        status_en=en,
        reason=one.reason,
        report_by=one.report_by,
        is_known=one.is_known,
        roster=one.batch_id,
        dispute=one.case_id,
    )


def dispute_content(request: ActingRequest, case_id: UUID) -> dict[str, Any]:
    """Return a dispute as the caller may see it. Raises NoSuchCase."""
    request.actor.require("problems.view")
    found = queries.dispute_of(case_id, by=request.actor, today=timezone.localdate())
    if found is None:
        raise no_such_case()
    zh, en = STATE_NAMES[found.state]
    outcome = OUTCOME_NAMES.get(found.outcome, ("", "")) if found.is_own else ("", "")
    shown = DisputeShown(
        id=found.id,
        name=found.name,
        state=found.state,
        state_zh=zh,
        state_en=en,
        due_on=found.due_on,
        closed_on=found.closed_on,
        outcome=found.outcome,
        outcome_zh=outcome[0],
        outcome_en=outcome[1],
        answer=found.answer,
        answers=[
            DisputeAnswer(
                place=one.place,
                office=one.office,
                attends=one.attends,
                since=one.since,
                statement=one.statement,
                stated_on=one.stated_on,
                papers=len(one.papers),
                outcome=one.outcome,
            )
            for one in found.answers
        ],
        can_answer=found.can_answer,
        can_decide=found.can_decide,
        can_undo=found.can_undo,
        undo_until=found.undo_until,
        version=found.version,
    )
    return shown.model_dump(mode="json")


# Lists ---------------------------------------------------------------------------------------

ListFile = Annotated[
    UploadedFile, File(description=".xlsx 或 .csv，最多 50,000 行 / .xlsx or .csv, at most 50,000 rows")
]
BatchName = Annotated[Text, Form(max_length=100, description="批次名称 / name of the batch")]
YearSent = Annotated[int, Form(ge=2000, le=2100, description="入学年份 / year of entry")]
StageSent = Annotated[StageName, Form(description="学段 / stage")]


@router.post(
    "/admission-lists/check",
    response={200: AdmissionChecked, **READ_ERRORS, 409: Problem},
    summary="试检查录取名单 / Check a list of admitted pupils",
    description="只检查，不写入任何内容。 A dry run: nothing is written.",
    tags=ADMISSIONS,
    operation_id="checkAdmissionList",
)
def check(request: ActingRequest, sent: AdmissionListSent) -> HttpResponse:
    found = lists.dry_run(sent.given(), sent.terms(), by=request.actor, today=timezone.localdate())
    return answer(200, checked_shown(found))


@router.post(
    "/admission-lists",
    response={200: AdmissionListShown, 201: AdmissionListShown, **WRITE_ERRORS},
    summary="导入录取名单 / Give in a list of admitted pupils",
    description="逐行检查并保存检查结果，学校还看不到；由本单位另一位同事下达。同一名单不会重复处理（200）。\n\nChecked row by"
    " row and kept with its findings; no school sees it until a second person issues it. The same list is the one"
    " it already is (200).",
    tags=ADMISSIONS,
    operation_id="giveInAdmissionList",
    openapi_extra=writes(200, 201),
)
def give_in(request: ActingRequest, sent: AdmissionListSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        found, is_new = lists.give_in(
            sent.given(),
            sent.terms(),
            file_name=sent.name,
            by=request.actor,
            today=timezone.localdate(),
            door="api",
        )
        return (201 if is_new else 200), list_shown(found).model_dump(mode="json")

    return done_once(request, sent, act)


@router.post(
    "/admission-lists/file",
    response={200: AdmissionListShown, 201: AdmissionListShown, **WRITE_ERRORS, 413: Problem},
    summary="上传录取名单文件 / Upload a list of admitted pupils",
    tags=ADMISSIONS,
    operation_id="uploadAdmissionList",
    openapi_extra=writes(200, 201),
)
def upload(
    request: ActingRequest, file: ListFile, name: BatchName, school_year: YearSent, stage: StageSent
) -> HttpResponse:
    def act() -> tuple[int, Any]:
        found, is_new = lists.give_in(
            lists.from_file(file.read(), name_of(file)),
            Terms(name, school_year, stage),
            file_name=name_of(file),
            by=request.actor,
            today=timezone.localdate(),
        )
        return (201 if is_new else 200), list_shown(found).model_dump(mode="json")

    request.actor.require("admission.give_in")
    require_size(file)
    return done_once(request, file_sent(file, name, str(school_year), stage), act)


@router.get(
    "/admission-lists",
    response={200: Listing[AdmissionListShown], **READ_ERRORS},
    summary="录取名单列表 / Lists of admitted pupils, latest first",
    tags=ADMISSIONS,
    operation_id="listAdmissionLists",
)
def listed(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    request.actor.require("admission.view")
    key = key_of(after, UUID)
    page = queries.lists(after=key[0] if key else None, size=limit)
    return answer(
        200,
        {
            "items": [list_shown(one).model_dump(mode="json") for one in page.items],
            "next": cursor_of((page.after,)) if page.after else None,
        },
    )


@router.get(
    "/admission-lists/{uuid:list_id}",
    response={200: AdmissionListShown, **READ_ERRORS},
    summary="一份录取名单 / One list of admitted pupils",
    tags=ADMISSIONS,
    operation_id="getAdmissionList",
)
def show(request: ActingRequest, list_id: UUID) -> HttpResponse:
    return answer(200, content_of(request, list_id))


@router.get(
    "/admission-lists/{uuid:list_id}/findings",
    response={200: Listing[Finding], **READ_ERRORS},
    summary="录取名单的检查结果 / Findings of a list, by row",
    tags=ADMISSIONS,
    operation_id="listAdmissionFindings",
)
def findings(
    request: ActingRequest, list_id: UUID, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    found = list_of(request, list_id)
    key = key_of(after, int, str, str)
    page = queries.findings_page(found.id, after=key, size=limit)
    return answer(200, {"items": [one.as_json() for one in page.items], "next": cursor_of(page.after)})


@router.get(
    "/admission-lists/{uuid:list_id}/schools",
    response={200: list[SchoolArrivals], **READ_ERRORS},
    summary="各校报到进度 / How far each school is",
    tags=ADMISSIONS,
    operation_id="listAdmissionSchools",
)
def schools(request: ActingRequest, list_id: UUID) -> HttpResponse:
    found = list_of(request, list_id)
    return answer(
        200,
        [
            {"school": one.identifier, "name": one.name, "counts": one.counts}
            for one in queries.progress_of(found.id)
        ],
    )


@act_door(
    "/admission-lists/{uuid:list_id}/issue",
    AdmissionListShown,
    summary="下达录取名单 / Issue a list to its schools",
    description="由另一位同事办理；再检查一次，两校录取同一学生的自动登记为重复招生。 By a second person; checked once more,"
    " and a child whom two schools admit opens a dispute by itself.",
    tags=ADMISSIONS,
    operation_id="issueAdmissionList",
)
def issue(request: ActingRequest, list_id: UUID, sent: ListVersionSent) -> Any:
    lists.issue(list_id, by=request.actor, today=timezone.localdate(), version=sent.version)
    return content_of(request, list_id)


@act_door(
    "/admission-lists/{uuid:list_id}/withdraw",
    AdmissionListShown,
    summary="撤回录取名单 / Take a list back",
    tags=ADMISSIONS,
    operation_id="withdrawAdmissionList",
)
def withdraw(request: ActingRequest, list_id: UUID, sent: WithdrawalSent) -> Any:
    lists.withdraw(list_id, by=request.actor, today=timezone.localdate(), reason=sent.reason)
    return content_of(request, list_id)


# Pupils --------------------------------------------------------------------------------------

WHERE: Any = Query(None, description="学生的状态 / where the pupil stands")
OF_LIST: Any = Query(None, alias="list", description="录取名单的编号 / id of a list")
AT_SCHOOL: Any = Query(None, description="录取学校标识码 / identifier of the admitted school")


@router.get(
    "/admissions",
    response={200: Listing[AdmittedPupil], **READ_ERRORS},
    summary="录取学生 / Admitted pupils, by name",
    description="学校看本校，主管部门看所辖学校。 A school sees its own, an authority those of its schools.",
    tags=ADMISSIONS,
    operation_id="listAdmissions",
)
def pupils(
    request: ActingRequest,
    status: StatusName | None = WHERE,
    of_list: UUID | None = OF_LIST,
    school: Identifier | None = AT_SCHOOL,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    request.actor.require("admission.view")
    place = place_of_identifier(school) if school else None
    if school and place is None:
        raise NotFound("没有这所学校，请核对标识码。", "There is no such school; check its identifier.")
    key = key_of(after, str, UUID)
    page = queries.pupils(
        list_id=of_list,
        place=place,
        status=status or "",
        after=key,
        size=limit,
    )
    return answer(
        200,
        {
            "items": [pupil_shown(one).model_dump(mode="json") for one in page.items],
            "next": cursor_of(page.after),
        },
    )


@act_door(
    "/admissions/report",
    Batch,
    summary="录取新生报到入班 / Put those who have come into a class",
    description="按原学籍或学前教育记录填成一份新生名册，检查后提交学校审核；信息不全的留在检查结果中。 A roster filled from what is"
    " known of the pupils, checked and submitted; where something is missing, nothing is submitted and it says so.",
    tags=ADMISSIONS,
    operation_id="reportAdmissions",
)
def report(request: ActingRequest, sent: ArrivalsSent) -> Any:
    batch = arrivals.report(
        sent.pupils,
        class_number=sent.class_number,
        study_mode=sent.study_mode,
        school=school_with_identifier(sent.school),
        by=request.actor,
        today=timezone.localdate(),
    )
    return batch_content(batch_of(request, batch.id))


@act_door(
    "/admissions/not-come",
    PupilsChanged,
    summary="登记未报到 / Note who has not come",
    tags=ADMISSIONS,
    operation_id="noteAdmissionsNotCome",
)
def not_come(request: ActingRequest, sent: AbsenceSent) -> Any:
    count = arrivals.not_come(sent.pupils, reason=sent.reason, by=request.actor, today=timezone.localdate())
    return {"pupils": count}


@act_door(
    "/admissions/await",
    PupilsChanged,
    summary="恢复为待报到 / Wait again for pupils who had not come",
    tags=ADMISSIONS,
    operation_id="awaitAdmissions",
)
def await_again(request: ActingRequest, sent: AwaitedSent) -> Any:
    return {"pupils": arrivals.await_again(sent.pupils, by=request.actor, today=timezone.localdate())}


# Disputes ------------------------------------------------------------------------------------


@router.get(
    "/admission-disputes/{uuid:case_id}",
    response={200: DisputeShown, **READ_ERRORS},
    summary="重复招生 / A duplicate admission",
    description="在 /problems 中列出（admission-duplicate）；材料用 /problems/{id}/papers 上传。 Listed under /problems; papers are"
    " filed at /problems/{id}/papers.",
    tags=ADMISSIONS,
    operation_id="getAdmissionDispute",
)
def dispute(request: ActingRequest, case_id: UUID) -> HttpResponse:
    return answer(200, dispute_content(request, case_id))


@act_door(
    "/admission-disputes/{uuid:case_id}/statement",
    DisputeShown,
    summary="说明学生是否在本校就读 / State whether the child attends",
    description="各校说法一致的自动办结。 The same answer of all schools settles it.",
    tags=ADMISSIONS,
    operation_id="stateAdmissionDispute",
)
def state(request: ActingRequest, case_id: UUID, sent: AttendanceSent) -> Any:
    disputes.state(
        case_id,
        attends=sent.attends,
        since=sent.since,
        statement=sent.statement,
        by=request.actor,
        today=timezone.localdate(),
    )
    return dispute_content(request, case_id)


@act_door(
    "/admission-disputes/{uuid:case_id}/decision",
    DisputeShown,
    summary="决定学生就读学校 / Decide which school the child attends",
    tags=ADMISSIONS,
    operation_id="decideAdmissionDispute",
)
def decide(request: ActingRequest, case_id: UUID, sent: VerdictSent) -> Any:
    disputes.decide(
        case_id,
        school=sent.place,
        reason=sent.reason,
        version=sent.version,
        by=request.actor,
        today=timezone.localdate(),
    )
    return dispute_content(request, case_id)


@act_door(
    "/admission-disputes/{uuid:case_id}/undo",
    DisputeShown,
    summary="撤销结论 / Undo a decision within 30 days, by the authority above",
    description="恢复到作出结论之前；此后已报到、注册或另有录取的，先撤回后来的办理。 As it was before the decision; what stands on it"
    " since is taken back first.",
    tags=ADMISSIONS,
    operation_id="undoAdmissionDispute",
)
def undo(request: ActingRequest, case_id: UUID, sent: VerdictUndoSent) -> Any:
    undoing.undo(
        case_id, reason=sent.reason, version=sent.version, by=request.actor, today=timezone.localdate()
    )
    return dispute_content(request, case_id)


# Kindergarten records ------------------------------------------------------------------------


@act_door(
    "/preschool-records",
    AdmissionChecked,
    summary="导入学前教育记录 / Import kindergarten records",
    description="dry_run 为真时只检查。再次导入同一儿童，以后一次为准。 With dry_run nothing is written; a later import of a child"
    " takes the place of an earlier one.",
    tags=ADMISSIONS,
    operation_id="importPreschoolRecords",
)
def import_records(request: ActingRequest, sent: KindergartenChildrenSent) -> Any:
    done = preschool.import_records(
        preschool.from_values([one.model_dump() for one in sent.children]),
        file_name="api",
        by=request.actor,
        today=timezone.localdate(),
        is_dry_run=sent.dry_run,
    )
    told = [one.as_json() for one in done.findings]
    return {
        "rows": done.rows,
        "accepted": done.accepted,
        "rejected": done.rejected,
        "warnings": sum(one["severity"] == "warning" for one in told),
        "findings": told,
    }


@act_door(
    "/preschool-records/find",
    KindergartenRecord,
    summary="调取学前教育记录 / Pick up a kindergarten record",
    description="姓名和身份证件号都一致才有答复；每次查询都留有记录。 Name and number must both fit; every look is recorded.",
    tags=ADMISSIONS,
    operation_id="findPreschoolRecord",
)
def find(request: ActingRequest, sent: KindergartenChildSent) -> Any:
    found, values = preschool.find(
        name=sent.name, document_number=sent.document_number, by=request.actor, today=timezone.localdate()
    )
    shown = KindergartenRecord(
        kindergarten=found.kindergarten,
        entered_on=found.entered_on,
        left_on=found.left_on,
        values=values,
    )
    return shown.model_dump(mode="json")
