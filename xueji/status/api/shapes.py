"""What the endpoints of status business answer, and how a case is shown: one shape for each thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import (
    ActingRequest,
    Fault,
    Hindrance,
    Listing,
    Text,
    cursor_of,
    in_words,
    key_of,
    problem,
    status_of,
)
from xueji.access.scope import Actor
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import calendar
from xueji.status.actions import cases
from xueji.status.actions.cases import FieldsMissing, Stopped
from xueji.status.actions.readings import note_case_seen
from xueji.status.queries import cases as queries
from xueji.status.queries.cases import SENDING, CaseView, PaperLine
from xueji.status.queries.discreet import case_content
from xueji.status.queries.images import rows_of
from xueji.status.rules.business import Named
from xueji.status.rules.kind import Kind, Obstacle
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.papers import BY_KIND as PAPER_OF
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import PARTY_NAMES, Desk, Party
from xueji.status.rules.steps import ACT_NAMES, STATE_NAMES, Act, State

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


Words = Annotated[Text, Field(max_length=MOST_WORDS)]
FieldsSent = dict[Annotated[Text, Field(max_length=40)], Words]


class CodeShown(Schema):
    code: str
    zh: str
    en: str


# A code with its words, in three fields of one name: told by `in_words`.


class OfKind(Schema):
    kind: str
    kind_zh: str
    kind_en: str


class InState(Schema):
    state: str
    state_zh: str
    state_en: str


class AtParty(Schema):
    party: str
    party_zh: str
    party_en: str


class OfAct(Schema):
    act: str
    act_zh: str
    act_en: str


def kind_in_words(kind: Named) -> dict[str, Any]:
    return in_words("kind", kind.code, (kind.zh, kind.en))


def party_in_words(party: Party) -> dict[str, Any]:
    return in_words("party", party.value, PARTY_NAMES[party])


# What is shown of a case -----------------------------------------------------------------


class DeskShown(AtParty):
    """One desk on the way. `office` is empty where the reader may not know it yet."""

    office: str
    purpose: str = Field(description="decide, or record: takes note and cannot refuse")
    days: int = Field(description="working days it has")
    has_effect: bool


class ChangedRow(Schema):
    """One row of the record before and after; only columns that change, numbers and private values left out."""

    record: str = Field(description="student, identifier, family, enrolment, mark, paper")
    before: dict[str, Any] | None
    after: dict[str, Any] | None


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


class SaidShown(OfAct):
    """One act on the case: by which office, never by whom."""

    office: str
    reason_code: str
    reason: str
    on: date
    is_stand_in: bool = Field(description="a colleague of the office acted for the one who is away")


class PaperShown(OfKind):
    id: UUID
    file: str
    size: int
    filed_on: date
    valid_until: date | None


class CaseShown(OfKind, InState):
    """A case as the caller's office may see it. `acts` is what the caller can do now."""

    id: UUID
    pupil: UUID
    name: str
    stated: dict[str, Any] = Field(description="what was filed, by field; private values masked")
    filed_on: date
    due_on: date | None
    effect_on: date | None
    undo_until: date | None
    closed_on: date | None
    is_from_paper: bool = Field(
        description="办理于纸质，事后补录 / handled on paper, entered afterwards (art. 4)"
    )
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


class CaseLineShown(OfKind, InState):
    id: UUID
    name: str = Field(description="masked")
    on: date
    due_on: date | None
    party: str
    office: str


class CaseLines(Listing[CaseLineShown]):
    """Cases of an office."""


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
    return DeskShown(
        **party_in_words(desk.party),
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
        **in_words("kind", kind.kind, (kind.zh, kind.en)),
        id=paper.id,
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
    request: ActingRequest,
    case_id: UUID,
    *,
    note: tuple[str, str] | None = None,
    is_reading: bool = False,
) -> dict[str, Any]:
    """Return a case as the caller may see it; where it is only read, that is recorded. Raises NoSuchCase."""
    by, today = request.actor, timezone.localdate()
    case = queries.seen_by(case_id, by=by, today=today)
    if case is None:
        raise cases.no_such_case()
    if is_reading:
        # As on the page: what is discreet and can no longer be undone is not shown any more.
        if case.is_discreet and case_content(case_id, by=by, today=today) is None:
            raise cases.no_such_case()
        note_case_seen(case, by=by)
    ahead = queries.ahead_of(case, today=today) if case.is_open and case.effect_on is None else None
    has_effect = case.effect_on is not None and case.state is not State.UNDONE
    plan = queries.done_by(case) if has_effect else ahead.plan if ahead else None
    days, offices = calendar(), case.offices or {}
    is_own = case.starter_place == by.place
    shown = CaseShown(
        id=case.id,
        pupil=case.student_id,
        name=case.name,
        **kind_in_words(case.kind),
        **in_words("state", case.state, STATE_NAMES[case.state]),
        stated=stated_shown(case.kind, case.payload),
        filed_on=case.filed_on,
        due_on=case.due_on,
        effect_on=case.effect_on,
        undo_until=case.undo_until,
        closed_on=case.closed_on,
        is_from_paper=case.is_from_paper,
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
                **in_words("act", one.act, ACT_NAMES[Act(one.act)]),
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


def refused_with_detail(refused: Refused) -> tuple[int, dict[str, Any]]:
    """Return a refusal with the fields that are wrong, or with each thing that stands in the way."""
    if isinstance(refused, FieldsMissing):
        faults = [one.model_dump() for one in faults_of(refused.faults)]
        return status_of(refused), problem(refused, errors=faults)
    if isinstance(refused, Stopped):
        found = [one.model_dump() for one in hindrances(refused.obstacles)]
        return status_of(refused), problem(refused, obstacles=found)
    raise refused


def lines_shown(found: Sequence[queries.CaseLine], key: tuple[Any, ...] | None) -> CaseLines:
    return CaseLines(
        items=[
            CaseLineShown(
                **kind_in_words(one.kind),
                **in_words("state", one.state, STATE_NAMES[one.state]),
                id=one.id,
                name=masks.name(one.name),
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
