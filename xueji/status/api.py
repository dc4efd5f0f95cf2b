"""Status business over HTTP: kinds, dry run, filing, decisions, papers, drafts.

What a caller may do and see is what the pages show: the same queries, the same actions, the same refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Fault,
    Hindrance,
    Sent,
    Text,
    Whole,
    answer,
    cursor_of,
    done_once,
    file_sent,
    key_of,
    problem,
    router,
    status_of,
    writes,
)
from xueji.access.scope import Actor
from xueji.changes.rules.problem_records import MOST_PAPER_BYTES
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import calendar, offices_at
from xueji.status.actions import cases, drafts, matching, papers
from xueji.status.actions.cases import FieldsMissing, NotNow, Preview, Stopped
from xueji.status.queries import cases as queries
from xueji.status.queries.acts import last_act_of, own_open_case
from xueji.status.queries.cases import SENDING, CaseView, PaperLine
from xueji.status.queries.images import rows_of
from xueji.status.rules.kind import Kind, Obstacle, Starter
from xueji.status.rules.kinds import BY_CODE, KINDS
from xueji.status.rules.papers import BY_KIND as PAPER_OF
from xueji.status.rules.papers import PAPERS
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import PARTY_NAMES, Desk
from xueji.status.rules.steps import ACT_NAMES, STATE_NAMES, STEPS, Act, State

STATUS = ["status"]
MOST_WORDS, MOST_FIELDS, MOST_PAPERS = 500, 60, 60

# Closed lists as JSON Schema shows them.
KindCode: Any = Literal[tuple(BY_CODE)]
KindName: Any = Literal[("", *BY_CODE)]
StateName: Any = Literal[("", *(state.value for state in State))]
TabName: Any = Literal[tuple(queries.TABS)]
PaperName: Any = Literal[tuple(PAPER_OF)]
STATE_FILTER: Any = Query("", description="状态，空为全部 / state; empty: all")
KIND_FILTER: Any = Query("", description="变动种类，空为全部 / kind of change; empty: all")


# The table of kinds ----------------------------------------------------------------------


class CodeShown(Schema):
    code: str
    zh: str
    en: str


class FieldShown(Schema):
    """What has to be stated for a kind."""

    key: str
    zh: str
    en: str
    input: str = Field(description="text, day, code, class, school, number, yes")
    is_required: bool
    is_private: bool = Field(description="masked when it is read back")
    help_zh: str
    help_en: str
    codes: list[CodeShown] = Field(description="for `code`: the list")


class RefusalShown(Schema):
    """A reason for which a desk may refuse, with its article."""

    code: str
    zh: str
    en: str
    article: str


class KindShown(Schema):
    """A kind of change: one row of the table."""

    code: str
    zh: str
    en: str
    source: str
    change_code: str = Field(description="JY/T 1001 学籍异动类别; empty where the standard has none")
    starter: str = Field(description="school, receiving_school, authority: who files")
    fields: list[FieldShown]
    refusals: list[RefusalShown]
    beside: list[str] = Field(description="kinds that may be open beside it")
    may_be_undone: bool


class StepShown(Schema):
    """One permitted step of a case; the same for all kinds."""

    source: str | None
    who: str = Field(description="starter, desk, above, system")
    act: str
    act_zh: str
    act_en: str
    target: str


class KindsShown(Schema):
    kinds: list[KindShown]
    papers: list[CodeShown] = Field(
        description="kinds of paper; which a change needs is said by /status/check"
    )
    steps: list[StepShown]
    states: list[CodeShown]


def kind_shown(kind: Kind) -> KindShown:
    return KindShown(
        code=kind.code,
        zh=kind.zh,
        en=kind.en,
        source=kind.source,
        change_code=kind.change_code,
        starter=kind.starter.value,
        fields=[
            FieldShown(
                key=one.key,
                zh=one.zh,
                en=one.en,
                input=one.input.value,
                is_required=one.is_required,
                is_private=one.is_private,
                help_zh=one.help_zh,
                help_en=one.help_en,
                codes=[
                    CodeShown(code=row.code, zh=row.zh, en=row.en)
                    for row in (one.codes.rows if one.codes else ())
                ],
            )
            for one in kind.fields
        ],
        refusals=[
            RefusalShown(code=one.code, zh=one.zh, en=one.en, article=one.article) for one in kind.refusals
        ],
        beside=sorted(kind.beside),
        may_be_undone=kind.may_be_undone,
    )


@router.get(
    "/status/kinds",
    response={200: KindsShown, **READ_ERRORS},
    summary="变动种类 / Kinds of change, with fields, papers and steps",
    tags=STATUS,
    operation_id="listStatusKinds",
)
def kinds(request: ActingRequest) -> HttpResponse:
    request.actor.require("status.view")
    content = KindsShown(
        kinds=[kind_shown(kind) for kind in KINDS],
        papers=[CodeShown(code=one.kind, zh=one.zh, en=one.en) for one in PAPERS],
        steps=[
            StepShown(
                source=step.source,
                who=step.who,
                act=step.act,
                act_zh=ACT_NAMES[step.act][0],
                act_en=ACT_NAMES[step.act][1],
                target=step.target,
            )
            for step in STEPS
        ],
        states=[CodeShown(code=state, zh=zh, en=en) for state, (zh, en) in STATE_NAMES.items()],
    )
    return answer(200, content.model_dump(mode="json"))


# What is shown of a case -----------------------------------------------------------------


class DeskShown(Schema):
    """One desk on the way. `office` is empty where the reader may not know it yet."""

    party: str
    party_zh: str
    party_en: str
    office: str
    purpose: str = Field(description="decide, or record: takes note and cannot refuse")
    days: int = Field(description="working days it has")
    has_effect: bool


class ChangedRow(Schema):
    """One row of the record before and after; only columns that change, numbers and private values left out."""

    record: str = Field(description="student, identifier, family, enrolment, mark, paper")
    before: dict[str, Any] | None
    after: dict[str, Any] | None


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


class TurnShown(Schema):
    """A desk's turn: its clock in working days, pauses not counted."""

    desk: int = Field(description="number in `route`, from 0")
    received_on: date
    due_on: date
    is_provisional: bool = Field(description="a year that it counts through is not announced yet")
    paused_on: date | None
    paused_days: int
    ended_on: date | None
    days: int
    days_used: int
    act: str


class SaidShown(Schema):
    """One act on the case: by which office, never by whom."""

    act: str
    act_zh: str
    act_en: str
    office: str
    reason_code: str
    reason: str
    on: date
    is_stand_in: bool = Field(description="a colleague of the office acted for the one who is away")


class PaperShown(Schema):
    id: UUID
    kind: str
    kind_zh: str
    kind_en: str
    file: str
    size: int
    filed_on: date
    valid_until: date | None


class CaseShown(Schema):
    """A case as the caller's office may see it. `acts` is what the caller can do now."""

    id: UUID
    pupil: UUID
    name: str
    kind: str
    kind_zh: str
    kind_en: str
    state: str
    state_zh: str
    state_en: str
    stated: dict[str, Any] = Field(description="what was filed, by field; private values masked")
    filed_on: date
    due_on: date | None
    effect_on: date | None
    undo_until: date | None
    closed_on: date | None
    version: int = Field(description="for every act: the version that was looked at")
    at: int = Field(description="number of the desk in `route`")
    route: list[DeskShown]
    turns: list[TurnShown]
    said: list[SaidShown]
    papers: list[PaperShown]
    obstacles: list[Hindrance] = Field(description="what stands in the way now")
    rows: list[ChangedRow] = Field(description="what approval would do, or what was done")
    acts: list[str]
    tracking_code: str | None = Field(
        None, description="the family's code, for the office that filed; null for others"
    )
    note_zh: str | None = None
    note_en: str | None = None


class CaseLineShown(Schema):
    id: UUID
    kind: str
    kind_zh: str
    kind_en: str
    name: str = Field(description="masked")
    state: str
    state_zh: str
    state_en: str
    on: date
    due_on: date | None
    party: str
    office: str


class CaseLines(Schema):
    items: list[CaseLineShown]
    next: str | None


def hindrances(found: Sequence[Obstacle]) -> list[Hindrance]:
    return [
        Hindrance(
            code=one.code,
            weight=one.weight.value,
            owner=one.owner.value,
            field=one.field,
            article=one.article,
            message_zh=one.zh,
            message_en=one.en,
        )
        for one in found
    ]


def faults_of(faults: Sequence[Any]) -> list[Fault]:
    return [Fault(field=f"fields.{one.key}", message_zh=one.zh, message_en=one.en) for one in faults]


def desk_shown(desk: Desk, office: str) -> DeskShown:
    zh, en = PARTY_NAMES[desk.party]
    return DeskShown(
        party=desk.party.value,
        party_zh=zh,
        party_en=en,
        office=office,
        purpose=desk.purpose.value,
        days=desk.days,
        has_effect=desk.has_effect,
    )


def rows_shown(plan: Plan | None, by: Actor, *, hidden: int | None) -> list[ChangedRow]:
    return [
        ChangedRow(record=one.record, before=one.before, after=one.after)
        for one in (rows_of(plan, by, hidden=hidden) if plan else ())
    ]


def paper_shown(paper: PaperLine) -> PaperShown:
    kind = PAPER_OF[paper.kind]
    return PaperShown(
        id=paper.id,
        kind=paper.kind,
        kind_zh=kind.zh,
        kind_en=kind.en,
        file=paper.file_name,
        size=paper.size,
        filed_on=paper.filed_on,
        valid_until=paper.valid_until,
    )


def stated_shown(kind: Kind, payload: Mapping[str, Any]) -> dict[str, Any]:
    private = {field.key for field in kind.fields if field.is_private}
    return {
        key: masks.document(str(value)) if key in private and value else value
        for key, value in payload.items()
    }


def content_of(
    request: ActingRequest, case_id: UUID, *, note: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return a case as the caller may see it. Raises NoSuchCase."""
    by, today = request.actor, timezone.localdate()
    case = queries.seen_by(case_id, by=by, today=today)
    if case is None:
        raise cases.no_such_case()
    ahead = queries.ahead_of(case, today=today) if case.is_open and case.effect_on is None else None
    has_effect = case.effect_on is not None and case.state is not State.UNDONE
    plan = queries.done_by(case) if has_effect else ahead.plan if ahead else None
    days, offices = calendar(), case.offices or {}
    state, is_own = STATE_NAMES[case.state], case.starter_place == by.place
    shown = CaseShown(
        id=case.id,
        pupil=case.student_id,
        name=case.name,
        kind=case.kind.code,
        kind_zh=case.kind.zh,
        kind_en=case.kind.en,
        state=case.state.value,
        state_zh=state[0],
        state_en=state[1],
        stated=stated_shown(case.kind, case.payload),
        filed_on=case.filed_on,
        due_on=case.due_on,
        effect_on=case.effect_on,
        undo_until=case.undo_until,
        closed_on=case.closed_on,
        version=case.version,
        at=case.at,
        route=[
            desk_shown(desk, "" if is_hidden(case, desk) else offices.get(desk.place, ""))
            for desk in case.route
        ],
        turns=[
            TurnShown(
                desk=one.ordinal,
                received_on=one.received_on,
                due_on=one.due_on,
                is_provisional=one.is_provisional,
                paused_on=one.paused_on,
                paused_days=one.paused_days,
                ended_on=one.ended_on,
                days=one.days,
                days_used=one.days_used
                if one.days_used is not None
                else max(0, days.days_used(one.received_on, one.paused_on or today) - one.paused_days),
                act=one.act,
            )
            for one in case.turns
        ],
        said=[
            SaidShown(
                act=one.act,
                act_zh=ACT_NAMES[Act(one.act)][0],
                act_en=ACT_NAMES[Act(one.act)][1],
                office="" if is_office_hidden(case, one.office) else offices.get(one.office, ""),
                reason_code=one.reason_code,
                reason=one.reason,
                on=one.on,
                is_stand_in=one.is_stand_in,
            )
            for one in case.said
        ],
        papers=[paper_shown(one) for one in case.papers],
        obstacles=hindrances(ahead.obstacles if ahead else ()),
        rows=rows_shown(plan, by, hidden=case.place if case.hides_origin else None),
        acts=[act.value for act in case.acts],
        tracking_code=queries.code_of(case) or None if is_own else None,
        note_zh=note[0] if note else None,
        note_en=note[1] if note else None,
    )
    return shown.model_dump(mode="json")


def is_hidden(case: CaseView, desk: Desk) -> bool:
    return case.hides_origin and desk.party in SENDING and desk.place != case.starter_place


def is_office_hidden(case: CaseView, office: int) -> bool:
    return any(is_hidden(case, desk) for desk in case.route if desk.place == office)


# Looking ahead, filing -------------------------------------------------------------------


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
    fields: dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=MOST_WORDS)]] = (
        Field({}, max_length=MOST_FIELDS, description="by key of the kind's fields; days as 2026-09-01")
    )
    papers: list[UUID] = Field([], max_length=MOST_PAPERS, description="ids of papers of the pupil")


class FilingSent(ChangeSent):
    is_from_paper: bool = Field(False, description="handled on paper while the system was away")


def papers_among(student_id: UUID, ids: Sequence[UUID], *, today: date) -> set[str]:
    """Return the kinds of the papers of these ids that are valid today."""
    wanted = set(ids)
    return {one.kind for one in queries.papers_of(student_id, today=today) if one.id in wanted}


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
    given = papers_among(sent.pupil, sent.papers, today=today) if sent.papers else set()
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


def refused_with_detail(refused: Refused) -> tuple[int, dict[str, Any]]:
    """Return a refusal with the fields that are wrong, or with each thing that stands in the way."""
    if isinstance(refused, FieldsMissing):
        faults = [one.model_dump() for one in faults_of(refused.faults)]
        return status_of(refused), problem(refused, errors=faults)
    if isinstance(refused, Stopped):
        found = [one.model_dump() for one in hindrances(refused.obstacles)]
        return status_of(refused), problem(refused, obstacles=found)
    raise refused


FILED_BEFORE = ("这项业务此前已由您提交，没有重复提交。", "You filed this before; it was not filed again.")
DONE_BEFORE = ("这一步此前已由您办理，本次没有任何改变。", "You did this before; nothing was changed.")


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
            return 201, content_of(request, before, note=FILED_BEFORE)
        return 201, content_of(request, filed.id)

    return done_once(request, sent, act)


class MatchSent(Sent):
    number: Annotated[Text, Field(min_length=1, max_length=40)] = Field(
        description="学籍号或证件号 / student number or document number"
    )
    name: Annotated[Text, Field(min_length=1, max_length=100)]


class Matched(Schema):
    pupil: UUID


@router.post(
    "/status/match",
    response={200: Matched, **WRITE_ERRORS},
    summary="查找转入学生 / Find the pupil whom a family names, by number and name together",
    description="号码和姓名都一致才有结果，不说明学生在哪里；查不到会计次。 Both must match; it never says where the pupil is, and"
    " misses are counted.",
    tags=STATUS,
    operation_id="matchPupil",
    openapi_extra=writes(200),
)
def match(request: ActingRequest, sent: MatchSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        found = matching.match(number=sent.number, name=sent.name, by=request.actor, now=timezone.now())
        return 200, {"pupil": str(found)}

    return done_once(request, sent, act)


# Reading cases ---------------------------------------------------------------------------

TAB: Any = Query(
    "todo",
    description="todo: 本单位待办；filed: 本单位提交；clear: 等待本校清理；closed: 已办结 / todo: waits for the own office; filed by"
    " it; clear: waits for the own school to clear the way; closed",
)


def lines_shown(found: Sequence[queries.CaseLine], key: tuple[Any, ...] | None) -> CaseLines:
    return CaseLines(
        items=[
            CaseLineShown(
                id=one.id,
                kind=one.kind.code,
                kind_zh=one.kind.zh,
                kind_en=one.kind.en,
                name=masks.name(one.name),
                state=one.state.value,
                state_zh=STATE_NAMES[one.state][0],
                state_en=STATE_NAMES[one.state][1],
                on=one.on,
                due_on=one.due_on,
                party=one.party.value,
                office=one.desk,
            )
            for one in found
        ],
        next=cursor_of(key),
    )


def day_and_case(after: str) -> tuple[date, UUID] | None:
    key = key_of(after, date.fromisoformat, UUID)
    return None if key is None else (key[0], key[1])


@router.get(
    "/status/cases",
    response={200: CaseLines, **READ_ERRORS},
    summary="变动列表 / Changes of the own office, by desk, kind and state",
    tags=STATUS,
    operation_id="listStatusCases",
)
def listed(
    request: ActingRequest,
    tab: TabName = TAB,
    kind: KindName = KIND_FILTER,
    state: StateName = STATE_FILTER,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    request.actor.require("status.view")
    page = queries.listed(request.actor, tab, kind=kind, state=state, after=day_and_case(after), size=limit)
    return answer(200, lines_shown(page.items, page.after).model_dump(mode="json"))


@router.get(
    "/status/cases/{uuid:case_id}",
    response={200: CaseShown, **READ_ERRORS},
    summary="一项变动 / A change: its desks, days, decisions, papers, and what is possible now",
    tags=STATUS,
    operation_id="getStatusCase",
)
def one_case(request: ActingRequest, case_id: UUID) -> HttpResponse:
    request.actor.require("status.view")
    return answer(200, content_of(request, case_id))


# Acts ------------------------------------------------------------------------------------

Words = Annotated[Text, Field(max_length=MOST_WORDS)]


class ActSent(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Words = ""


class ReasonSent(Sent):
    version: Whole = Field(description="所见版本 / the version that was looked at")
    reason: Annotated[Text, Field(min_length=1, max_length=MOST_WORDS)]


class RefusalSent(ActSent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": 2, "reason_code": "data_mismatch", "reason": ""}]}
    )

    reason_code: Annotated[Text, Field(min_length=1, max_length=24)] = Field(
        description="of the kind's `refusals`; words only explain it"
    )


class AnswerSent(ActSent):
    fields: dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=MOST_WORDS)]] = (
        Field({}, max_length=MOST_FIELDS, description="what is stated otherwise; the rest stays")
    )
    papers: list[UUID] = Field([], max_length=MOST_PAPERS)


def step(
    request: ActingRequest, case_id: UUID, sent: Any, act: Act, take: Callable[[], object]
) -> HttpResponse:
    """Take a step of a case, once. A step that the caller took before is told as it stands.

    The act commits in the national role and the answer is remembered in the transaction of
    the request; after a crash between the two the repetition finds the act done, by itself.
    """

    def attempt() -> tuple[int, Any]:
        try:
            take()
        except NotNow:
            last = last_act_of(case_id)
            is_mine = last is not None and (last.act, last.by) == (act, request.actor.account_id)
            if last is None or not is_mine or last.version != sent.version + 1:
                raise
            return 200, content_of(request, case_id, note=DONE_BEFORE)
        except (FieldsMissing, Stopped) as refused:
            return refused_with_detail(refused)
        return 200, content_of(request, case_id)

    return done_once(request, sent, attempt)


def known_of(request: ActingRequest, sent: Any) -> dict[str, Any]:
    return {
        "by": request.actor,
        "today": timezone.localdate(),
        "reason": sent.reason,
        "version": sent.version,
    }


@router.post(
    "/status/cases/{uuid:case_id}/approve",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="同意 / Approve at the desk whose turn it is",
    tags=STATUS,
    operation_id="approveStatusCase",
    openapi_extra=writes(200),
)
def approve(request: ActingRequest, case_id: UUID, sent: ActSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.APPROVE, lambda: cases.approve(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/refuse",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="不同意 / Refuse, for a reason of the closed list",
    tags=STATUS,
    operation_id="refuseStatusCase",
    openapi_extra=writes(200),
)
def refuse(request: ActingRequest, case_id: UUID, sent: RefusalSent) -> HttpResponse:
    return step(
        request,
        case_id,
        sent,
        Act.REFUSE,
        lambda: cases.refuse(case_id, reason_code=sent.reason_code, **known_of(request, sent)),
    )


@router.post(
    "/status/cases/{uuid:case_id}/return",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="退回补正 / Return for completion; the desk's clock pauses",
    tags=STATUS,
    operation_id="returnStatusCase",
    openapi_extra=writes(200),
)
def send_back(request: ActingRequest, case_id: UUID, sent: ReasonSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.RETURN, lambda: cases.send_back(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/answer",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="补正 / Complete what was returned; the desk's clock goes on",
    tags=STATUS,
    operation_id="answerStatusCase",
    openapi_extra=writes(200),
)
def complete(request: ActingRequest, case_id: UUID, sent: AnswerSent) -> HttpResponse:
    return step(
        request,
        case_id,
        sent,
        Act.ANSWER,
        lambda: cases.answer(
            case_id, typed=dict(sent.fields) or None, paper_ids=sent.papers, **known_of(request, sent)
        ),
    )


@router.post(
    "/status/cases/{uuid:case_id}/withdraw",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="撤回 / Take a case back before it has an effect",
    tags=STATUS,
    operation_id="withdrawStatusCase",
    openapi_extra=writes(200),
)
def withdraw(request: ActingRequest, case_id: UUID, sent: ActSent) -> HttpResponse:
    return step(
        request, case_id, sent, Act.WITHDRAW, lambda: cases.withdraw(case_id, **known_of(request, sent))
    )


@router.post(
    "/status/cases/{uuid:case_id}/undo",
    response={200: CaseShown, **WRITE_ERRORS},
    summary="撤销结果 / Undo what a case did, by the authority above",
    tags=STATUS,
    operation_id="undoStatusCase",
    openapi_extra=writes(200),
)
def undo(request: ActingRequest, case_id: UUID, sent: ReasonSent) -> HttpResponse:
    return step(request, case_id, sent, Act.UNDO, lambda: cases.undo(case_id, **known_of(request, sent)))


# Papers ----------------------------------------------------------------------------------


class PapersShown(Schema):
    items: list[PaperShown]


@router.post(
    "/status/pupils/{uuid:pupil_id}/papers",
    response={201: PapersShown, **WRITE_ERRORS},
    summary="上传材料 / File a paper of a pupil",
    description="JPG、PNG 或 PDF，每份不超过 2 MB；同一文件只保存一份，有效期内可用于其他业务。 JPG, PNG or PDF of at most 2 MB; the"
    " same file is kept once, and serves other changes while it is valid.",
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
        found = [one for one in queries.papers_of(pupil_id, today=timezone.localdate()) if one.id == kept]
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
    return HttpResponse(
        opened.content,
        content_type=opened.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(opened.file_name)}",
            "X-Content-Type-Options": "nosniff",
        },
    )


# Drafts ----------------------------------------------------------------------------------


class DraftShown(Schema):
    """A draft of the own office. It locks nothing."""

    id: UUID
    kind: str
    pupil: UUID | None
    name: str = Field(description="masked")
    fields: dict[str, Any] = Field(description="what was typed so far; private values masked")
    created_on: date
    changed_at: datetime


class DraftsShown(Schema):
    items: list[DraftShown]
    next: str | None


class DraftSent(Sent):
    kind: KindCode
    pupil: UUID | None = None
    name: Annotated[Text, Field(max_length=100)] = ""
    fields: dict[Annotated[Text, Field(max_length=40)], Annotated[Text, Field(max_length=MOST_WORDS)]] = (
        Field({}, max_length=MOST_FIELDS)
    )
    id: UUID | None = Field(None, description="a draft of the own office that this one replaces")


def draft_shown(one: queries.DraftLine) -> DraftShown:
    known = {key: value for key, value in one.typed.items() if not key.startswith("_")}
    return DraftShown(
        id=one.id,
        kind=one.kind.code,
        pupil=one.student_id,
        name=masks.name(one.name) if one.name else "",
        fields=stated_shown(one.kind, known),
        created_on=one.created_on,
        changed_at=one.changed_at,
    )


@router.get(
    "/status/drafts",
    response={200: DraftsShown, **READ_ERRORS},
    summary="草稿 / Drafts of the own office, the newest first",
    tags=STATUS,
    operation_id="listStatusDrafts",
)
def drafts_listed(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    request.actor.require("status.view")
    key = key_of(after, UUID)
    page = queries.drafts(request.actor, after=key[0] if key else None, size=limit)
    content = DraftsShown(
        items=[draft_shown(one) for one in page.items],
        next=cursor_of((page.after,) if page.after else None),
    )
    return answer(200, content.model_dump(mode="json"))


@router.post(
    "/status/drafts",
    response={200: DraftShown, **WRITE_ERRORS},
    summary="保存草稿 / Keep a draft",
    tags=STATUS,
    operation_id="keepStatusDraft",
    openapi_extra=writes(200),
)
def keep(request: ActingRequest, sent: DraftSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        kept = drafts.keep_draft(
            sent.kind,
            dict(sent.fields),
            by=request.actor,
            today=timezone.localdate(),
            draft_id=sent.id,
            student_id=sent.pupil,
            name=sent.name,
        )
        line = queries.draft_of(kept, request.actor)
        if line is None:
            raise drafts.no_such_draft()
        return 200, draft_shown(line).model_dump(mode="json")

    return done_once(request, sent, act)


class Dropped(Schema):
    dropped: UUID


@router.post(
    "/status/drafts/{uuid:draft_id}/drop",
    response={200: Dropped, **WRITE_ERRORS},
    summary="删除草稿 / Delete a draft; one that is gone already is no fault",
    tags=STATUS,
    operation_id="dropStatusDraft",
    openapi_extra=writes(200),
)
def drop(request: ActingRequest, draft_id: UUID) -> HttpResponse:
    def act() -> tuple[int, Any]:
        request.actor.require("status.view")
        drafts.drop_draft(draft_id, by=request.actor)
        return 200, {"dropped": str(draft_id)}

    return done_once(request, "", act)
