"""What the endpoints of problem records answer: a record as its reader may see it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from xueji.access.api import ActingRequest, Listing, in_words
from xueji.changes.actions.problems.cases import no_such_case
from xueji.changes.queries import problems
from xueji.changes.queries.problems import COMPARED, DeskCase, Paper, Record, SchoolCase, Statement
from xueji.changes.rules.problem_records import (
    BY_KIND,
    OUTCOME_NAMES,
    PAPER_NAMES,
    PAPERS,
    STATE_NAMES,
    CaseState,
    Remedy,
)
from xueji.lib import masks
from xueji.organisations.queries import name_at

PROBLEMS = ["problems"]

# What is answered ------------------------------------------------------------------------


class ProblemLine(Schema):
    """A problem record in a list."""

    id: UUID
    problem: str = Field(
        description="number-duplicate, number-unknown, name-mismatch, number-changed, same-person"
    )
    problem_zh: str
    problem_en: str
    name: str
    office: str = Field(description="学校 / school")
    state: str = Field(description="with_schools, with_desk or closed")
    state_zh: str
    state_en: str
    received_on: date | None
    due_on: date | None
    outcome: str


class ProblemLines(Listing[ProblemLine]):
    """Problem records."""


class PaperFiled(Schema):
    """A paper of a school; its content is at /problems/{id}/papers/{paper}."""

    id: UUID
    kind: str = Field(description="attendance, identity or other")
    kind_zh: str
    kind_en: str
    file: str
    media_type: str
    filed_at: datetime


class ProblemSide(Schema):
    """One of the records of a case, as codes by field; document numbers are masked."""

    side: str = Field(description="filed: the row of the roster; standing: the record it collides with")
    standing: str = Field(description="filed, enrolled, left or on-its-way")
    values: dict[str, str]


class ProblemStatement(Schema):
    """A school concerned: its record and what it stated. A school sees its own alone."""

    office: str
    remedy: str | None
    about: str = Field(description="filed, standing, or empty: both")
    statement: str
    stated_on: date | None
    due_on: date | None
    proposal: dict[str, str] = Field(description="更正后的内容 / corrected values, by field")
    record: ProblemSide | None
    papers: list[PaperFiled]


class RemedyOpen(Schema):
    """A way in which the caller's school can answer now."""

    remedy: str
    papers: list[str] = Field(description="papers that this remedy needs")
    missing: list[str] = Field(description="those not yet filed")


class OutcomeOpen(Schema):
    """An outcome that the statements allow the desk now."""

    outcome: str
    name_zh: str
    name_en: str
    effect_zh: str
    effect_en: str


class ProblemRecord(Schema):
    """A problem record as the caller may see it: a school its own side, the desk and offices above both."""

    id: UUID
    problem: str
    problem_zh: str
    problem_en: str
    name: str
    state: str
    state_zh: str
    state_en: str
    due_on: date | None
    closed_on: date | None
    outcome: str
    outcome_zh: str
    outcome_en: str
    answer: str = Field(description="what the desk answered")
    opening: str = Field(description="on what grounds an authority opened it")
    version: int | None = Field(description="for a decision; null for those who do not decide")
    filed: ProblemSide | None
    statements: list[ProblemStatement]
    remedies: list[RemedyOpen] = Field(description="empty where the caller cannot answer now")
    outcomes: list[OutcomeOpen] = Field(description="empty where the caller cannot decide now")
    can_return: bool
    continued_by: UUID | None = Field(
        description="the record opened because a correction of this one collided with yet another record"
    )
    note_zh: str | None = None
    note_en: str | None = None


def shown_values(values: dict[str, str]) -> dict[str, str]:
    """Return values by field with a document number masked, as the pages show them."""
    return {
        key: masks.document(value) if key == "document_number" else value for key, value in values.items()
    }


def side_shown(record: Record | None) -> ProblemSide | None:
    if record is None:
        return None
    values = {key: record.values[key] for key in COMPARED if record.values.get(key)}
    return ProblemSide(side=record.side, standing=record.standing, values=shown_values(values))


def paper_shown(paper: Paper) -> PaperFiled:
    return PaperFiled(
        id=paper.id,
        **in_words("kind", paper.kind, PAPER_NAMES[paper.kind]),
        file=paper.file_name,
        media_type=paper.media_type,
        filed_at=paper.filed_at,
    )


def statement_shown(statement: Statement) -> ProblemStatement:
    party = statement.party
    return ProblemStatement(
        office=statement.office,
        remedy=statement.remedy,
        about=party.about,
        statement=party.statement,
        stated_on=party.stated_on,
        due_on=party.due_on,
        proposal=shown_values(statement.proposal) if statement.remedy is Remedy.CORRECT else {},
        record=side_shown(statement.record),
        papers=[paper_shown(one) for one in statement.papers],
    )


def own_side(case: SchoolCase) -> dict[str, Any]:
    """Return what only the view of a school has."""
    party = case.party
    remedies = [
        RemedyOpen(remedy=remedy, papers=list(PAPERS[remedy]), missing=list(case.papers_missing[remedy]))
        for remedy in BY_KIND[party.problem].remedies
    ]
    has_stated = party.stated_on is not None
    own = Statement(
        party=party,
        office=name_at(party.place),
        record=case.standing,
        remedy=Remedy(party.remedy) if party.remedy and has_stated else None,
        proposal=case.proposal,
        papers=case.papers,
    )
    state = CaseState.WITH_DESK if has_stated else CaseState.WITH_SCHOOLS
    return {
        "problem": party.problem,
        "name": party.name,
        "state": CaseState.CLOSED if party.closed_on else state,
        "due_on": party.due_on,
        "closed_on": party.closed_on,
        "outcome": party.outcome,
        "answer": party.answer,
        "version": None,
        "filed": side_shown(case.filed),
        "statements": [statement_shown(own)],
        "remedies": remedies if case.can_state and not BY_KIND[party.problem].is_of_admission else [],
        "outcomes": [],
        "can_return": False,
    }


def both_sides(desk: DeskCase) -> dict[str, Any]:
    """Return what only the view of a desk has."""
    case = desk.case
    outcomes = [
        OutcomeOpen(outcome=o.code, name_zh=o.zh, name_en=o.en, effect_zh=o.effect_zh, effect_en=o.effect_en)
        for o in desk.outcomes
    ]
    return {
        "problem": case.problem,
        "name": case.name,
        "state": CaseState(case.state),
        "due_on": case.due_on,
        "closed_on": case.closed_on,
        "outcome": case.outcome,
        "answer": desk.acts[-1][3] if desk.acts else "",
        "version": case.version if desk.can_decide or desk.can_return else None,
        "filed": side_shown(desk.filed),
        "statements": [statement_shown(one) for one in desk.statements],
        "remedies": [],
        "outcomes": outcomes,
        "can_return": desk.can_return,
    }


def content_of(
    request: ActingRequest, case_id: UUID, *, note: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return a case as the caller may see it. Raises NoSuchCase."""
    case = problems.seen_by(case_id, by=request.actor, today=timezone.localdate())
    if case is None:
        raise no_such_case()
    facts = both_sides(case) if isinstance(case, DeskCase) else own_side(case)
    code, state, outcome = facts.pop("problem"), facts.pop("state"), facts.pop("outcome")
    problem = BY_KIND[code]
    shown = ProblemRecord(
        id=case_id,
        **in_words("problem", code, (problem.zh, problem.en)),
        **in_words("state", state, STATE_NAMES[state]),
        **in_words("outcome", outcome, OUTCOME_NAMES.get(outcome, ("", ""))),
        opening=case.opening,
        continued_by=case.continued_by,
        note_zh=note[0] if note else None,
        note_en=note[1] if note else None,
        **facts,
    )
    return shown.model_dump(mode="json")
