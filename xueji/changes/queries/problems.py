"""Reads of problem records: what waits for whom, a case as one school sees it, and as its desk does.

Everything runs in the scope of the reader: a school gets its own party and its own record
and nothing of the other side; a desk stands above all that are concerned and gets both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor, current_scope
from xueji.changes.encryption import unseal
from xueji.changes.models import Case, CaseParty, Decision, Evidence, RosterBatch, RosterRow
from xueji.changes.queries.pages import Page, page_of
from xueji.changes.rules.problem_records import (
    BY_KIND,
    OF_ADMISSION,
    PAPERS,
    Act,
    CaseState,
    Outcome,
    Remedy,
    Side,
    outcomes_for,
    step_from,
)
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_steps import CLOSED, RowState, State
from xueji.organisations.models import Organisation
from xueji.students.encryption import associated
from xueji.students.models import Enrolment, FamilyMember, Identifier, Student
from xueji.students.rules.schemes import NUMBER_SCHEME

KIND = "problem"
CODE_LISTS = {f.column.key: f.code_list for f in FIELDS if f.code_list is not None}

# What a desk compares side by side, in this order.
COMPARED = (
    "name",
    "sex",
    "birth_on",
    "document_type",
    "document_number",
    "nationality",
    "ethnicity",
    "class_number",
    "entered_on",
    "member1_name",
    "member2_name",
)

# Lists -----------------------------------------------------------------------------------

TABS = ("state", "decide", "open", "closed")


@dataclass(frozen=True)
class Line:
    """A problem record in a list. `stated` says whether the school of the line has stated."""

    id: UUID
    problem: str
    name: str
    place: int
    office: str
    received_on: date | None
    due_on: date | None
    state: str
    stated: bool
    outcome: str


# One line per case for a desk and for an office above; one per party for its school.
LINES = {
    "state": """
        SELECT p.case_id AS id, p.problem, p.name, p.place, p.received_on, p.due_on, 'with_schools' AS state,
            false AS stated, p.outcome
        FROM changes_caseparty p
        WHERE p.place = %(desk)s AND p.place >= %(lo)s AND p.place < %(hi)s
            AND p.closed_on IS NULL AND p.stated_on IS NULL""",
    "decide": """
        SELECT c.id, c.problem, c.name, c.place, c.received_on, c.due_on, c.state, true AS stated, c.outcome
        FROM changes_case c
        WHERE c.desk_place = %(desk)s AND c.place >= %(lo)s AND c.place < %(hi)s AND c.closed_on IS NULL
            AND (c.state = 'with_desk' OR c.state = 'with_schools' AND c.due_on < %(today)s)""",
    "open": """
        SELECT DISTINCT ON (p.case_id) p.case_id AS id, p.problem, coalesce(c.name, p.name) AS name,
            coalesce(c.place, p.place) AS place, coalesce(c.received_on, p.received_on) AS received_on,
            coalesce(c.due_on, p.due_on) AS due_on,
            coalesce(c.state, CASE WHEN p.stated_on IS NULL THEN 'with_schools' ELSE 'with_desk' END) AS state,
            p.stated_on IS NOT NULL AS stated, p.outcome
        FROM changes_caseparty p LEFT JOIN changes_case c ON c.id = p.case_id
        WHERE p.place >= %(lo)s AND p.place < %(hi)s AND p.closed_on IS NULL""",
    "closed": """
        SELECT DISTINCT ON (p.case_id) p.case_id AS id, p.problem, coalesce(c.name, p.name) AS name,
            coalesce(c.place, p.place) AS place, p.received_on, p.due_on, 'closed' AS state,
            true AS stated, p.outcome
        FROM changes_caseparty p LEFT JOIN changes_case c ON c.id = p.case_id
        WHERE p.place >= %(lo)s AND p.place < %(hi)s AND p.closed_on IS NOT NULL""",
}

LIST = """
SELECT l.id, l.problem, l.name, l.place, coalesce(o.name, ''), l.received_on, l.due_on, l.state, l.stated,
    l.outcome
FROM ({lines} {window} ORDER BY 1 {order} LIMIT %(limit)s) l
LEFT JOIN organisations_organisation o ON o.place = l.place ORDER BY l.id {order}
"""


def tabs_of(by: Actor) -> list[str]:
    """Return the lists that this reader has: only who may state or decide has something to do."""
    mine = {"state": by.may("problems.state"), "decide": by.may("problems.decide")}
    return [tab for tab in TABS if mine.get(tab, True)]


def listed(
    by: Actor,
    tab: str,
    *,
    today: date,
    after: UUID | None = None,
    before: UUID | None = None,
    size: int = 50,
) -> Page[Line, UUID]:
    """Return a page of problem records, oldest first. `tab` is one of TABS. One query."""
    scope = current_scope()
    known: dict[str, Any] = {
        "desk": by.place,
        "lo": scope.lo,
        "hi": scope.hi,
        "today": today,
        "limit": size + 1,
    }
    id_column = "c.id" if tab == "decide" else "p.case_id"
    window, order = "", "ASC"
    if after:
        window, known["key"] = f"AND {id_column} > %(key)s", after
    elif before:
        window, order, known["key"] = f"AND {id_column} < %(key)s", "DESC", before
    with connections["default"].cursor() as cursor:
        cursor.execute(LIST.format(lines=LINES[tab], window=window, order=order), known)
        found = [Line(*row) for row in cursor.fetchall()]
    return page_of(
        found,
        size=size,
        key=lambda line: line.id,
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def students_of(case_ids: Collection[UUID]) -> list[UUID]:
    """Return the registered pupils that these problem records are about, as far as they lie in scope. One query."""
    parties = CaseParty.objects.filter(case_id__in=case_ids, student_id__isnull=False)
    return sorted({student for student in parties.values_list("student_id", flat=True) if student})


# Records -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One of the records of a case, as codes by field (CORRECTABLE and COMPARED).

    `standing` says how it stands: filed (a held row), enrolled, left (no open enrolment),
    on-its-way (a row of a roster that is being approved).
    """

    side: Side
    place: int
    values: dict[str, str]
    standing: str
    student_id: UUID | None = None
    batch_id: UUID | None = None
    row: int | None = None


def coded(values: Mapping[str, str]) -> dict[str, str]:
    """Return typed values with labels turned into codes, dates into 2019-09-01, months into 2026-09."""
    found = {}
    for key, value in values.items():
        codes = CODE_LISTS.get(key)
        found[key] = (codes.code_of(value) or value) if codes else value
    if match := re.match(r"(\d{4})\D?(\d{1,2})", found.get("entered_on", "")):
        found["entered_on"] = f"{match[1]}-{int(match[2]):02d}"
    return found


def filed_record(case: Case) -> Record | None:
    """Return the held row of a case; None for a case that was opened on a pupil."""
    payload = unseal(case.payload, case.id)
    if "values" not in payload:
        return None
    values = coded({key: payload["values"][key] for key in COMPARED if key in payload["values"]})
    values |= {"sex": payload["sex"], "birth_on": payload["birth_on"]}
    values.setdefault("nationality", "CHN")
    return Record(Side.FILED, case.place, values, "filed", batch_id=case.batch_id, row=case.row)


def speaks_for_both(case: Case, party: CaseParty) -> bool:
    """Return whether the row of the case and the record it collides with are of one school, this party's."""
    if party.place != case.place or case.batch_id is None:
        return False
    return party.student_id is not None or (party.batch_id, party.row) != (case.batch_id, case.row)


def standing_record(party: CaseParty, *, using: str = "default") -> Record | None:
    """Return the record of a party that its case collides with, as it is now; None when it is gone.

    A row of a roster that was registered meanwhile is the student it became.
    """
    if party.student_id is not None:
        return student_record(party.student_id, using=using)
    row = (
        RosterRow.objects.using(using)
        .select_related("batch")
        .filter(batch_id=party.batch_id, row=party.row)
        .first()
    )
    if row is None or row.state != RowState.ACCEPTED:
        return None
    if row.batch.state == State.REGISTERED:
        return student_record(row.student_id, using=using)
    if row.batch.state in CLOSED or row.batch.state == State.CHECKED:
        return None
    return roster_record(row, using=using)


def roster_record(row: RosterRow, *, using: str) -> Record:
    """Return a row of a roster that is on its way."""
    values = {
        "name": row.name,
        "sex": row.sex,
        "birth_on": str(row.birth_on),
        "document_type": row.document_type,
        "document_number": _plain(row.document, row.index),
        "nationality": row.nationality,
        "ethnicity": row.ethnicity,
        "class_number": _class_number(row.class_id, using),
        "entered_on": f"{row.entered_on:%Y-%m}",
        "member1_name": row.member1_name,
        "member2_name": row.member2_name,
    }
    return Record(Side.STANDING, row.place, _filled(values), "on-its-way", batch_id=row.batch_id, row=row.row)


def student_record(student_id: UUID, *, using: str = "default") -> Record | None:
    """Return the record of a student; None when it is outside the scope. Four queries."""
    student = Student.objects.using(using).filter(pk=student_id).first()
    if student is None:
        return None
    document = (
        Identifier.objects.using(using)
        .filter(student_id=student_id, until__isnull=True)
        .exclude(scheme=NUMBER_SCHEME)
        .order_by("-since", "scheme")
        .first()
    )
    enrolment = (
        Enrolment.objects.using(using)
        .select_related("class_of")
        .filter(student_id=student_id)
        .order_by("-ended_on", "-started_on")  # an open one has no end and comes first
        .first()
    )
    members = {
        f"member{m.ordinal}_name": m.name
        for m in FamilyMember.objects.using(using).filter(student_id=student_id)
    }
    values = {
        "name": student.name,
        "sex": student.sex,
        "birth_on": str(student.birth_on),
        "document_type": student.document_type,
        "document_number": _plain(document.value, document.index) if document else "",
        "nationality": student.nationality,
        "ethnicity": student.ethnicity,
        "class_number": enrolment.class_of.number if enrolment else "",
        "entered_on": f"{enrolment.entered_on:%Y-%m}" if enrolment else "",
        **members,
    }
    is_open = enrolment is not None and enrolment.ended_on is None
    return Record(
        Side.STANDING,
        enrolment.place if enrolment and is_open else student.place,
        _filled(values),
        "enrolled" if is_open else "left",
        student_id=student_id,
    )


def _plain(value: Any, index: Any) -> str:
    if value is None:
        return ""
    text: str = settings.XUEJI_KEY_RING.decrypt(value, associated("identifier", bytes(index)))
    return text


def _filled(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _class_number(class_id: int, using: str) -> str:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT number FROM organisations_class WHERE id = %s", [class_id])
        found = cursor.fetchone()
    return str(found[0]) if found else ""


# One case ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A paper filed with a case; its content is read by `paper`."""

    id: UUID
    place: int
    kind: str
    file_name: str
    media_type: str
    filed_at: datetime


@dataclass(frozen=True)
class Statement:
    """A party of a case with its own record, what it stated, and its papers."""

    party: CaseParty
    office: str
    record: Record | None  # of a school about both: the record that stands
    remedy: Remedy | None
    proposal: dict[str, str]
    papers: list[Paper]

    @property
    def sides(self) -> dict[Side, Remedy | None]:
        """What the statement says about each side it speaks for. Proof of both is proof of each."""
        about = Side(self.party.about) if self.party.about else None
        return sides_of(about, self.remedy)


def sides_of(about: Side | None, remedy: Remedy | None) -> dict[Side, Remedy | None]:
    """Return what a remedy says about each side. A school about both says so by proving, or of neither."""
    if about is None:
        return {Side.FILED: remedy, Side.STANDING: remedy}
    return {about: remedy}


@dataclass(frozen=True)
class SchoolCase:
    """A case as one school concerned sees it: its own party, its own records, what it may do."""

    id: UUID
    party: CaseParty
    filed: Record | None
    standing: Record | None
    is_both: bool
    opening: str
    continued_by: UUID | None
    proposal: dict[str, str]
    papers: list[Paper]
    can_state: bool
    papers_missing: dict[Remedy, tuple[str, ...]]


@dataclass(frozen=True)
class DeskCase:
    """A case as its desk sees it, and offices above the schools: all parties within the reader's area."""

    case: Case
    office: str
    filed: Record | None
    statements: list[Statement]
    opening: str
    continued_by: UUID | None
    outcomes: tuple[Outcome, ...]
    can_decide: bool
    can_return: bool
    acts: list[tuple[str, str, datetime, str]] = field(default_factory=list)  # act, office, at, reason


def papers_of(case_id: UUID, place: int | None = None) -> list[Paper]:
    """Return the papers of a case in scope, of one office when it is given, in the order they came."""
    found = Evidence.objects.filter(case_id=case_id).order_by("id")
    if place is not None:
        found = found.filter(place=place)
    columns = found.values_list("id", "place", "kind", "file_name", "media_type", "filed_at")
    return [Paper(*row) for row in columns]


def paper(case_id: UUID, paper_id: UUID) -> tuple[Paper, bytes] | None:
    """Return a paper in scope with its content; None when there is none."""
    kept = Evidence.objects.filter(pk=paper_id, case_id=case_id).first()
    if kept is None:
        return None
    content: bytes = settings.XUEJI_KEY_RING.decrypt_bytes(kept.content, associated("evidence", kept.id))
    about = Paper(kept.id, kept.place, kept.kind, kept.file_name, kept.media_type, kept.filed_at)
    return about, content


def missing_papers(remedy: Remedy, papers: list[Paper]) -> tuple[str, ...]:
    """Return the kinds of paper that a remedy still needs."""
    there = {one.kind for one in papers}
    return tuple(kind for kind in PAPERS[remedy] if kind not in there)


def for_school(case_id: UUID, *, by: Actor) -> SchoolCase | None:
    """Return the case as the reader's own school sees it; None when the school is not concerned.

    An office above gets what the first school in its area sees: it is not the desk.
    """
    parties = CaseParty.objects.filter(case_id=case_id).order_by("place")
    party = parties.filter(place=by.place).first() or parties.first()
    if party is None:
        return None
    # Only the school that filed the row, or the pupil's own, reads the case itself.
    case = Case.objects.filter(pk=case_id).first()
    filed = filed_record(case) if case is not None else None
    is_both = case is not None and speaks_for_both(case, party)
    standing = standing_record(party) if is_both or party.about != Side.FILED else None
    papers = papers_of(case_id, party.place)
    problem = BY_KIND[party.problem]
    return SchoolCase(
        id=case_id,
        party=party,
        filed=filed,
        standing=standing,
        is_both=is_both,
        opening=unseal(case.payload, case.id).get("opening", "") if case is not None else "",
        continued_by=continued_by(case) if case is not None else None,
        proposal=unseal(party.proposal, case_id),
        papers=papers,
        can_state=party.closed_on is None and party.place == by.place and by.may("problems.state"),
        papers_missing={remedy: missing_papers(remedy, papers) for remedy in problem.remedies},
    )


def statements_of(case: Case, *, using: str = "default", with_papers: bool = True) -> list[Statement]:
    """Return the parties of a case in scope: the filing school first, the others by place."""
    parties = list(CaseParty.objects.using(using).filter(case_id=case.id).order_by("place"))
    parties.sort(key=lambda party: party.place != case.place)
    names = dict(
        Organisation.objects.using(using)
        .filter(place__in=[party.place for party in parties])
        .values_list("place", "name")
    )
    papers = papers_of(case.id) if with_papers else []
    return [
        Statement(
            party=party,
            office=names.get(party.place, ""),
            record=_record_of(case, party, using),
            remedy=Remedy(party.remedy) if party.remedy and party.stated_on else None,
            proposal=unseal(party.proposal, case.id),
            papers=[one for one in papers if one.place == party.place],
        )
        for party in parties
    ]


def _record_of(case: Case, party: CaseParty, using: str) -> Record | None:
    """Return the record of a party; of one that speaks for both, the one that stands."""
    if party.about == Side.FILED and not speaks_for_both(case, party):
        return filed_record(case)
    return standing_record(party, using=using)


def stated(statements: list[Statement]) -> tuple[Remedy | None, list[Remedy | None]]:
    """Return what was stated about the filed row, and about each record that stands."""
    filed: Remedy | None = None
    standing: list[Remedy | None] = []
    for statement in statements:
        sides = statement.sides
        filed = sides.get(Side.FILED, filed)
        if Side.STANDING in sides:
            standing.append(sides[Side.STANDING])
    return filed, standing


def is_of_admission(case_id: UUID) -> bool:
    """Return whether a case in scope asks which school a child attends."""
    return CaseParty.objects.filter(case_id=case_id, problem=OF_ADMISSION).exists()


def is_late(case: Case, today: date) -> bool:
    """Return whether the schools' time to state has run out."""
    return case.state == CaseState.WITH_SCHOOLS and case.due_on is not None and case.due_on < today


def for_desk(case_id: UUID, *, by: Actor, today: date) -> DeskCase | None:
    """Return the case with both sides; None when it is not in the reader's area."""
    case = Case.objects.filter(pk=case_id).exclude(state=CaseState.DRAFT).first()
    if case is None:
        return None
    statements = statements_of(case)
    filed, standing = stated(statements)
    at_desk = by.place == case.desk_place and by.may("problems.decide") and case.closed_on is None
    state = CaseState(case.state)
    can_decide = at_desk and step_from(state, Act.DECIDE, is_late=is_late(case, today)) is not None
    acts = list(
        Decision.objects.filter(subject_id=case.id)
        .order_by("at")
        .values_list("act", "office", "at", "reason")
    )
    names = dict(
        Organisation.objects.filter(
            place__in={case.place, case.desk_place, *(act[1] for act in acts)}
        ).values_list("place", "name")
    )
    return DeskCase(
        case=case,
        office=names.get(case.desk_place, ""),
        filed=filed_record(case),
        statements=statements,
        opening=unseal(case.payload, case.id).get("opening", ""),
        continued_by=continued_by(case),
        outcomes=outcomes_for(of_row=case.batch_id is not None, filed=filed, standing=standing)
        if can_decide
        else (),
        can_decide=can_decide,
        can_return=at_desk and step_from(state, Act.RETURN) is not None,
        acts=[(act, names.get(office, ""), at, reason) for act, office, at, reason in acts],
    )


def continued_by(case: Case) -> UUID | None:
    """Return the case that was opened because a correction of this one collided again; None without one."""
    following = unseal(case.payload, case.id).get("continued_by")
    return UUID(following) if following else None


def seen_by(case_id: UUID, *, by: Actor, today: date) -> SchoolCase | DeskCase | None:
    """Return a case as its reader may see it: both sides for a desk and the offices above, else the own one.

    A school's registrar answers for the school; its leader sees both sides only where the
    school is itself the desk. None when the reader is not concerned.
    """
    if not by.may("problems.state"):
        desk = for_desk(case_id, by=by, today=today)
        if desk is not None and (by.level is not Level.SCHOOL or desk.case.desk_place == by.place):
            return desk
    return for_school(case_id, by=by)


def party_of(case_id: UUID, place: int) -> CaseParty | None:
    """Return what one school stated in a case in scope; None when it is not concerned."""
    found: CaseParty | None = CaseParty.objects.filter(case_id=case_id, place=place).first()
    return found


def version_of(case_id: UUID) -> int | None:
    """Return the version of a case in scope; None when there is none."""
    found: int | None = Case.objects.filter(pk=case_id).values_list("version", flat=True).first()
    return found


def held_rows(batch: RosterBatch, rows: Collection[int]) -> dict[int, UUID]:
    """Return the problem record of each of these rows that has one, for the links beside the findings."""
    cases = Case.objects.filter(batch_id=batch.id, row__in=rows, kind=KIND).exclude(state=CaseState.DRAFT)
    # A correction that collided again opened another case on the same row: the latest stands.
    cases = cases.order_by("id")
    return dict(cases.values_list("row", "id"))
