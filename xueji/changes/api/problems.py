"""Problem records over HTTP: what waits, one record, statements, papers, decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import File, Form
from ninja.files import UploadedFile
from ninja.params.functions import Query
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    DONE_BEFORE,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Sent,
    Text,
    Whole,
    act_door,
    answer,
    cursor_of,
    done_once,
    download,
    file_sent,
    in_words,
    key_of,
    router,
    writes,
)
from xueji.changes.actions.problems import by_hand, decisions, papers, statements
from xueji.changes.actions.problems.cases import NotNow
from xueji.changes.api import problem_shapes
from xueji.changes.api.problem_shapes import (
    PROBLEMS,
    PaperFiled,
    ProblemLine,
    ProblemLines,
    ProblemRecord,
    paper_shown,
)
from xueji.changes.queries import problems
from xueji.changes.queries.last_acts import last_act_of
from xueji.changes.queries.problems import Paper
from xueji.changes.rules.problem_records import (
    BY_HAND,
    BY_KIND,
    BY_OUTCOME,
    CORRECTABLE,
    MOST_PAPER_BYTES,
    PAPER_NAMES,
    STATE_NAMES,
    Act,
    CaseState,
    Remedy,
    Side,
)
from xueji.students.actions import note_listed

MOST_WORDS = 500

# Closed lists as JSON Schema shows them.
KindByHand: Any = Literal[tuple(sorted(BY_HAND))]
RemedyName: Any = Literal[tuple(remedy.value for remedy in Remedy)]
SideName: Any = Literal[tuple(side.value for side in Side)]
OutcomeName: Any = Literal[tuple(BY_OUTCOME)]
PaperName: Any = Literal[tuple(PAPER_NAMES)]
TabName: Any = Literal[problems.TABS]


TAB: Any = Query(
    "open",
    description="state: 待本校说明；decide: 待本单位核查；open: 办理中；closed: 已办结 / state: waits for the own school;"
    " decide: waits for the own desk; open: under way; closed",
)


@router.get(
    "/problems",
    response={200: ProblemLines, **READ_ERRORS},
    summary="问题学籍列表 / Problem records, oldest first",
    tags=PROBLEMS,
    operation_id="listProblems",
)
def listed(
    request: ActingRequest, tab: TabName = TAB, after: str = AFTER, limit: int = PAGE_SIZE
) -> HttpResponse:
    request.actor.require("problems.view")
    key = key_of(after, UUID)
    page = problems.listed(
        request.actor, tab, today=timezone.localdate(), after=key[0] if key else None, size=limit
    )
    note_seen(request, *(line.id for line in page.items), fields=("name", "problem"))
    items = [
        ProblemLine(
            id=line.id,
            **in_words("problem", line.problem, (BY_KIND[line.problem].zh, BY_KIND[line.problem].en)),
            name=line.name,
            office=line.office,
            **in_words("state", line.state, STATE_NAMES[CaseState(line.state)]),
            received_on=line.received_on,
            due_on=line.due_on,
            outcome=line.outcome,
        ).model_dump(mode="json")
        for line in page.items
    ]
    return answer(200, {"items": items, "next": cursor_of((page.after,) if page.after else None)})


@router.get(
    "/problems/{uuid:case_id}",
    response={200: ProblemRecord, **READ_ERRORS},
    summary="一条问题学籍 / One problem record",
    description="学校只看到自己一方；核查单位看到双方。 A school sees its own side alone, the desk both.",
    tags=PROBLEMS,
    operation_id="getProblem",
)
def one(request: ActingRequest, case_id: UUID) -> HttpResponse:
    request.actor.require("problems.view")
    content = problem_shapes.content_of(request, case_id)
    note_seen(request, case_id, fields=("identity", "problem"))
    return answer(200, content)


def note_seen(request: ActingRequest, *case_ids: UUID, fields: tuple[str, ...]) -> None:
    """Record that the pupils of these problem records were shown."""
    note_listed(problems.students_of(case_ids), by=request.actor, fields=fields, duty="problems.view")


@router.get(
    "/problems/{uuid:case_id}/papers/{uuid:paper_id}",
    response=READ_ERRORS,
    summary="一份材料 / One paper",
    description="查阅会留下记录。 Opening a paper leaves an event.",
    tags=PROBLEMS,
    operation_id="getPaper",
    openapi_extra={
        "responses": {
            200: {
                "description": "材料原件 / the paper as it was filed",
                "content": {
                    media: {"schema": {"type": "string", "contentMediaType": media}}
                    for media in ("image/jpeg", "image/png", "application/pdf")
                },
            }
        }
    },
)
def paper(request: ActingRequest, case_id: UUID, paper_id: UUID) -> HttpResponse:
    about, content = papers.open_paper(case_id, paper_id, by=request.actor)
    return download(content, media_type=about.media_type, file_name=about.file_name)


# Acts ------------------------------------------------------------------------------------

Words = Annotated[Text, Field(min_length=1, max_length=MOST_WORDS, examples=["已核对户口簿。"])]


class Proposal(Sent):
    """The corrected values; what is left out stays as it is. An empty document number: there is none."""

    name: Annotated[Text, Field(max_length=100)] | None = None
    document_type: Annotated[Text, Field(max_length=100)] | None = None
    document_number: Annotated[Text, Field(max_length=100)] | None = None
    sex: Annotated[Text, Field(max_length=100)] | None = None
    birth_on: Annotated[Text, Field(max_length=100)] | None = None
    nationality: Annotated[Text, Field(max_length=100)] | None = None

    def given(self) -> dict[str, str]:
        """Return what was given, by field."""
        found: dict[str, str | None] = self.model_dump(include=set(CORRECTABLE))
        return {key: text for key, text in found.items() if text is not None}


class StatementSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "remedy": "correct",
                    "statement": "号码录错一位，已核对户口簿。",
                    "proposal": {"document_number": "330902201909010008"},
                }
            ]
        }
    )

    remedy: RemedyName = Field(description="prove, correct or delete")
    statement: Words
    about: SideName | Literal[""] = Field(
        "", description="只在两条记录都属本校时填写 / only where both records are the own school's"
    )
    proposal: Proposal = Proposal()


class DecisionSent(Sent):
    outcome: OutcomeName = Field(description="one of the `outcomes` of the record")
    reason: Words
    version: Whole = Field(description="所见版本 / the version that was looked at")


class ReturnSent(Sent):
    reason: Words
    version: Whole = Field(description="所见版本 / the version that was looked at")


class OpeningSent(Sent):
    pupil: UUID
    problem: KindByHand
    statement: Words = Field(description="核验日期、来源和反馈内容 / day, source and answer of the check")


def step(
    request: ActingRequest,
    case_id: UUID,
    sent: Sent,
    take: Callable[[], object],
    was_mine: Callable[[], bool],
) -> HttpResponse:
    """Take a step of a case, once. A step that the caller took before is told as it stands.

    The act commits in the national role and the answer is remembered in the transaction of
    the request; after a crash between the two the repetition finds the act done, by itself.
    """

    def attempt() -> tuple[int, Any]:
        try:
            take()
        except NotNow:
            if not was_mine():
                raise
            return 200, problem_shapes.content_of(request, case_id, note=DONE_BEFORE)
        return 200, problem_shapes.content_of(request, case_id)

    return done_once(request, sent, attempt)


@act_door(
    "/problems",
    ProblemRecord,
    status=201,
    summary="登记问题学籍 / Open a problem record on an enrolled pupil",
    description="主管部门按人口库核验反馈登记。 An authority opens it as the population register answered.",
    tags=PROBLEMS,
    operation_id="openProblem",
)
def open_one(request: ActingRequest, sent: OpeningSent) -> Any:
    case = by_hand.open_on_student(
        sent.pupil,
        problem=sent.problem,
        statement=sent.statement,
        by=request.actor,
        today=timezone.localdate(),
    )
    return problem_shapes.content_of(request, case.id)


@router.post(
    "/problems/{uuid:case_id}/papers",
    response={201: PaperFiled, **WRITE_ERRORS},
    summary="上传材料 / File a paper",
    description="JPG、PNG 或 PDF，每份不超过 2 MB；同一文件只保存一份。 JPG, PNG or PDF of at most 2 MB; the same file"
    " is kept once.",
    tags=PROBLEMS,
    operation_id="filePaper",
    openapi_extra=writes(201),
)
def file_paper(
    request: ActingRequest,
    case_id: UUID,
    file: Annotated[UploadedFile, File(description="JPG, PNG, PDF")],
    kind: Annotated[PaperName, Form(description="材料种类 / kind of paper")],
) -> HttpResponse:
    def act() -> tuple[int, Any]:
        kept = papers.file_evidence(
            case_id,
            by=request.actor,
            kind=kind,
            file_name=(file.name or "").encode("utf-8", "replace").decode(),
            # One byte more than is taken shows that it is too much.
            content=file.read(MOST_PAPER_BYTES + 1),
        )
        about = Paper(kept.id, kept.place, kept.kind, kept.file_name, kept.media_type, kept.filed_at)
        return 201, paper_shown(about).model_dump(mode="json")

    return done_once(request, file_sent(file, kind), act)


@router.post(
    "/problems/{uuid:case_id}/statement",
    response={200: ProblemRecord, **WRITE_ERRORS},
    summary="学校说明 / State what is to be done",
    description="佐证、变更或删除。填报学校更正或删除自己上报的一行，即可办结；其余由核查单位作出结论。 Prove, correct or delete."
    " The school that filed the row settles the case by correcting or dropping it; all else is decided at the desk.",
    tags=PROBLEMS,
    operation_id="stateProblem",
    openapi_extra=writes(200),
)
def state(request: ActingRequest, case_id: UUID, sent: StatementSent) -> HttpResponse:
    def take() -> object:
        return statements.state(
            case_id,
            by=request.actor,
            remedy=sent.remedy,
            statement=sent.statement,
            about=sent.about,
            proposal=sent.proposal.given(),
            today=timezone.localdate(),
        )

    def was_mine() -> bool:
        party = problems.party_of(case_id, request.actor.place)
        stated = party is not None and (party.stated_by, party.remedy, party.statement)
        return stated == (request.actor.account_id, sent.remedy, sent.statement.strip())

    return step(request, case_id, sent, take, was_mine)


@router.post(
    "/problems/{uuid:case_id}/decision",
    response={200: ProblemRecord, **WRITE_ERRORS},
    summary="作出结论 / End a problem record at its desk",
    tags=PROBLEMS,
    operation_id="decideProblem",
    openapi_extra=writes(200),
)
def decide(request: ActingRequest, case_id: UUID, sent: DecisionSent) -> HttpResponse:
    def take() -> object:
        return decisions.decide(
            case_id,
            by=request.actor,
            outcome=sent.outcome,
            reason=sent.reason,
            version=sent.version,
            today=timezone.localdate(),
        )

    return step(
        request, case_id, sent, take, lambda: decided_by_me(request, case_id, sent.outcome, sent.version)
    )


@router.post(
    "/problems/{uuid:case_id}/return",
    response={200: ProblemRecord, **WRITE_ERRORS},
    summary="退回学校补充 / Return a problem record to its schools",
    tags=PROBLEMS,
    operation_id="returnProblem",
    openapi_extra=writes(200),
)
def give_back(request: ActingRequest, case_id: UUID, sent: ReturnSent) -> HttpResponse:
    def take() -> object:
        return decisions.give_back(
            case_id,
            by=request.actor,
            reason=sent.reason,
            version=sent.version,
            today=timezone.localdate(),
        )

    return step(
        request, case_id, sent, take, lambda: decided_by_me(request, case_id, Act.RETURN, sent.version)
    )


def decided_by_me(request: ActingRequest, case_id: UUID, act: str, version: int) -> bool:
    """Return whether the last act on a case was this one, by the caller, on the version that was looked at."""
    last = last_act_of(case_id)
    if last is None or (last.act, last.by) != (act, request.actor.account_id):
        return False
    return problems.version_of(case_id) == version + 1
