"""Reads of admissions: lists, how far each school is, who is awaited and who has not come, disputes.

Everything runs in the scope of the reader: an authority sees its lists and the pupils of its
schools, a school its own pupils. Lists of pupils page by key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor, current_scope
from xueji.changes.encryption import unseal
from xueji.changes.models import AdmissionList, Case, CaseParty, Decision
from xueji.changes.queries.pages import Page, page_of
from xueji.changes.queries.problems import Paper, is_late, papers_of
from xueji.changes.rules.admission_disputes import ABSENT
from xueji.changes.rules.admission_findings import sentence
from xueji.changes.rules.admissions import HEADERS, ROW_STATE_NAMES
from xueji.changes.rules.problem_records import OF_ADMISSION, Act, CaseState, Remedy, step_from
from xueji.changes.rules.roster_findings import Severity
from xueji.organisations.models import Organisation
from xueji.organisations.queries import authority_codes
from xueji.students.encryption import associated

# What an awaited pupil waits for, by what is on its way. The claim of a roster is a roster under way.
IS_DISPUTED: Final = """EXISTS (SELECT 1 FROM changes_caseparty p
    WHERE p.case_id = a.case_id AND p.place = a.place AND p.closed_on IS NULL)"""
IS_CLAIMED: Final = """EXISTS (SELECT 1 FROM changes_rosterclaim c
    WHERE c.scheme = a.scheme AND c.index = a.index AND c.place = a.place)"""
STATUS: Final = f"""CASE WHEN a.state <> 'awaited' THEN a.state
    WHEN {IS_DISPUTED} THEN 'disputed' WHEN {IS_CLAIMED} THEN 'reported' ELSE 'awaited' END"""
STATUSES: Final = tuple(ROW_STATE_NAMES)


# Lists --------------------------------------------------------------------------------------


def lists(
    *, after: UUID | None = None, before: UUID | None = None, size: int = 50
) -> Page[AdmissionList, UUID]:
    """Return the lists of the authorities in scope, latest first. One query."""
    found = AdmissionList.objects.all()
    if after:
        found = found.filter(id__lt=after).order_by("-id")
    elif before:
        found = found.filter(id__gt=before).order_by("id")
    else:
        found = found.order_by("-id")
    return page_of(
        list(found[: size + 1]),
        size=size,
        key=lambda one: one.id,
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def list_with(list_id: UUID) -> AdmissionList | None:
    """Return the list in scope; None when there is none. One query."""
    found: AdmissionList | None = AdmissionList.objects.filter(pk=list_id).first()
    return found


@dataclass(frozen=True)
class Told:
    """A finding of a list as every door shows it. `column` is the header, `key` the field."""

    row: int
    key: str
    column: str
    column_en: str
    code: str
    severity: str
    message_zh: str
    message_en: str

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


def told(row: int, key: str, code: str, severity: str, params: dict[str, Any]) -> Told:
    """Return one finding of a list in words."""
    zh, en = HEADERS.get(key, (key, key))
    message_zh, message_en = sentence(code, params, key)
    return Told(row, key, zh, en, code, severity, message_zh, message_en)


FindingKey = tuple[int, str, str]

FINDINGS = """
SELECT row, "column", code, severity, params FROM changes_admissionfinding
WHERE list_id = %(list)s AND place >= %(lo)s AND place < %(hi)s AND (%(severity)s = '' OR severity = %(severity)s)
    AND {window}
ORDER BY {order} LIMIT %(limit)s
"""


def findings_page(
    list_id: UUID,
    *,
    severity: str = "",
    after: FindingKey | None = None,
    before: FindingKey | None = None,
    size: int = 50,
) -> Page[Told, FindingKey]:
    """Return findings of a list in order of rows, filtered by severity, in words. One query."""
    scope = current_scope()
    window, order = "true", 'row, "column", code'
    known: dict[str, Any] = {
        "list": list_id,
        "lo": scope.lo,
        "hi": scope.hi,
        "severity": severity,
        "limit": size + 1,
    }
    if after or before:
        window = f'(row, "column", code) {">" if after else "<"} (%(key_row)s, %(key_column)s, %(key_code)s)'
        known["key_row"], known["key_column"], known["key_code"] = after or before  # type: ignore[misc]
    if before and not after:
        order = 'row DESC, "column" DESC, code DESC'
    with connections["default"].cursor() as cursor:
        cursor.execute(FINDINGS.format(window=window, order=order), known)
        found = [
            told(row, column, code, weight, params if isinstance(params, dict) else json.loads(params))
            for row, column, code, weight, params in cursor.fetchall()
        ]
    return page_of(
        found,
        size=size,
        key=lambda one: (one.row, one.key, one.code),
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def warning_count(list_id: UUID) -> dict[str, int]:
    """Return how many findings a list has per severity."""
    scope = current_scope()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT severity, count(*) FROM changes_admissionfinding
               WHERE list_id = %s AND place >= %s AND place < %s GROUP BY severity""",
            [list_id, scope.lo, scope.hi],
        )
        found = dict(cursor.fetchall())
    return {severity: int(found.get(severity, 0)) for severity in (Severity.ERROR, Severity.WARNING)}


@dataclass(frozen=True)
class SchoolProgress:
    """How far a school is with the pupils of a list, or of all lists of a school year."""

    place: int
    name: str
    identifier: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


PROGRESS = f"""
SELECT l.place, o.name, s.identifier, l.status, l.pupils FROM (
    SELECT a.place, {STATUS} AS status, count(*) AS pupils
    FROM changes_admission a
    WHERE a.list_id = %(list)s AND a.place >= %(lo)s AND a.place < %(hi)s
    GROUP BY 1, 2
) l JOIN organisations_organisation o ON o.place = l.place
JOIN organisations_school s ON s.organisation_id = o.id ORDER BY l.place
"""


def progress_of(list_id: UUID) -> list[SchoolProgress]:
    """Return how far each school of a list is, in order of place. One query."""
    scope = current_scope()
    found: dict[int, SchoolProgress] = {}
    with connections["default"].cursor() as cursor:
        cursor.execute(PROGRESS, {"list": list_id, "lo": scope.lo, "hi": scope.hi})
        for place, name, identifier, status, pupils in cursor.fetchall():
            line = found.setdefault(place, SchoolProgress(place, name, identifier, {}))
            line.counts[status] = int(pupils)
    return list(found.values())


# Pupils -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Admitted:
    """An admitted pupil in a list. `document` is the number in full: mask it where it is shown."""

    id: UUID
    list_id: UUID
    list_name: str
    report_by: date | None
    place: int
    school: str
    name: str
    sex: str
    birth_on: date | None
    document_type: str
    document: str
    exam_number: str
    status: str
    reason: str
    is_known: bool
    batch_id: UUID | None
    case_id: UUID | None


PUPILS = f"""
SELECT * FROM (
    SELECT a.id, a.list_id, l.name AS list_name, l.report_by, a.place, o.name AS school, a.name, a.sex, a.birth_on,
        a.document_type, a.document, a.index, a.exam_number, {STATUS} AS status, a.reason,
        a.student_id IS NOT NULL AS is_known,
        coalesce(a.batch_id, (SELECT c.batch_id FROM changes_rosterclaim c
            WHERE c.scheme = a.scheme AND c.index = a.index AND c.place = a.place)) AS batch_id, a.case_id
    FROM changes_admission a
    JOIN changes_admissionlist l ON l.id = a.list_id
    JOIN organisations_organisation o ON o.place = a.place
    WHERE a.place >= %(lo)s AND a.place < %(hi)s
        AND (%(list)s::uuid IS NULL OR a.list_id = %(list)s) AND (%(place)s::bigint IS NULL OR a.place = %(place)s)
        AND (%(name)s = '' OR (a.name >= %(name)s AND a.name < %(name)s || chr(1114111)))
) found
WHERE (%(status)s = '' AND status <> 'cancelled' OR status = %(status)s) AND {{window}}
ORDER BY {{order}} LIMIT %(limit)s
"""

PupilKey = tuple[str, UUID]


def pupils(
    *,
    list_id: UUID | None = None,
    place: int | None = None,
    status: str = "",
    name: str = "",
    after: PupilKey | None = None,
    before: PupilKey | None = None,
    size: int = 50,
) -> Page[Admitted, PupilKey]:
    """Return admitted pupils in scope by name, filtered. Two queries at most; numbers of one page are opened."""
    scope = current_scope()
    window, order = "true", "name, id"
    known: dict[str, Any] = {
        "lo": scope.lo,
        "hi": scope.hi,
        "list": list_id,
        "place": place,
        "status": status,
        "name": name,
        "limit": size + 1,
    }
    if after or before:
        window = f'(name, id) {">" if after else "<"} (%(key_name)s COLLATE "C", %(key_id)s::uuid)'
        known["key_name"], known["key_id"] = after or before  # type: ignore[misc]
    if before and not after:
        order = "name DESC, id DESC"
    ring = settings.XUEJI_KEY_RING
    with connections["default"].cursor() as cursor:
        cursor.execute(PUPILS.format(window=window, order=order), known)
        names = [column.name for column in cursor.description]
        found = []
        for row in cursor.fetchall():
            line = dict(zip(names, row, strict=True))
            index = bytes(line.pop("index"))
            line["document"] = ring.decrypt(bytes(line["document"]), associated("identifier", index))
            found.append(Admitted(**line))
    return page_of(
        found,
        size=size,
        key=lambda one: (one.name, one.id),
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def tally(*, list_id: UUID | None = None) -> dict[str, int]:
    """Return how many admitted pupils in scope stand where. One query."""
    scope = current_scope()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"""SELECT {STATUS}, count(*) FROM changes_admission a
                WHERE a.place >= %(lo)s AND a.place < %(hi)s AND (%(list)s::uuid IS NULL OR a.list_id = %(list)s)
                GROUP BY 1""",
            {"lo": scope.lo, "hi": scope.hi, "list": list_id},
        )
        found = dict(cursor.fetchall())
    return {status: int(found[status]) for status in STATUSES if status in found}


@dataclass(frozen=True)
class AwaitedEntry:
    """How many pupils a school awaits for a stage and year, of whom `disputed` are admitted elsewhere too.

    Who is in a roster on its way is not among them: the roster says where they go.
    """

    school_id: int
    stage: str
    school_year: int
    pupils: int
    disputed: int


AWAITED_AT = f"""
SELECT a.school_id, l.stage, l.school_year, count(*), count(*) FILTER (WHERE {IS_DISPUTED})
FROM changes_admission a JOIN changes_admissionlist l ON l.id = a.list_id
WHERE a.place = ANY(%s) AND a.state = 'awaited' AND NOT {IS_CLAIMED}
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 DESC
"""


def awaited_at(places: Sequence[int], *, using: str) -> list[AwaitedEntry]:
    """Return whom the schools at these places await, by school, stage and year. One query."""
    with connections[using].cursor() as cursor:
        cursor.execute(AWAITED_AT, [list(places)])
        return [AwaitedEntry(*row) for row in cursor.fetchall()]


# Disputes -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a school answers to a dispute: whether the child attends, since when, with which papers."""

    place: int
    office: str
    attends: bool | None
    since: str
    statement: str
    stated_on: date | None
    due_on: date | None
    outcome: str
    papers: list[Paper]

    @property
    def has_proof(self) -> bool:
        return any(paper.kind == "attendance" for paper in self.papers)


@dataclass(frozen=True)
class Dispute:
    """A duplicate admission as its reader sees it: a school its own answer, the desk and those above all."""

    id: UUID
    name: str
    state: CaseState
    due_on: date | None
    closed_on: date | None
    outcome: str
    answer: str
    answers: Sequence[Answer]
    is_own: bool  # seen by one of its schools
    can_answer: bool
    can_decide: bool
    can_undo: bool
    undo_until: date | None
    undone: str  # why the authority above took the decision back, to the desk and those above
    version: int | None


def undoer_of(case: Case) -> int:
    """Return the authority that may take the decision of a dispute back: the one above its desk."""
    return places.authority_above(case.desk_place, authority_codes())


def may_undo(case: Case, *, by: Actor, today: date) -> bool:
    """Return whether the reader's office may take the decision of a dispute back today."""
    return (
        case.undo_until is not None
        and today <= case.undo_until
        and by.may("problems.undo")
        and by.place == undoer_of(case)
    )


def dispute_of(case_id: UUID, *, by: Actor, today: date) -> Dispute | None:
    """Return a dispute as the reader's office sees it; None when it is not concerned. Five queries."""
    scope = current_scope()
    parties = list(CaseParty.objects.filter(case_id=case_id, problem=OF_ADMISSION).order_by("place"))
    case = Case.objects.filter(pk=case_id, problem=OF_ADMISSION).exclude(state=CaseState.DRAFT).first()
    own = next((party for party in parties if party.place == by.place), None)
    if case is not None and case.desk_place not in scope and own is None and by.place != case.desk_place:
        case = None  # an office below the desk sees what its school sees
    if own is not None:
        parties = [own]
    if not parties:
        return None
    names = dict(
        Organisation.objects.filter(place__in=[p.place for p in parties]).values_list("place", "name")
    )
    papers = papers_of(case_id)
    first = parties[0]
    sees_all = case is not None and own is None
    closed_on = first.closed_on
    stated = all(party.stated_on for party in parties)
    state = CaseState.CLOSED if closed_on else CaseState.WITH_DESK if stated else CaseState.WITH_SCHOOLS
    if sees_all and case is not None:
        state = CaseState(case.state)
    may_decide = (
        sees_all
        and case is not None
        and by.place == case.desk_place
        and by.may("problems.decide")
        and step_from(state, Act.DECIDE, is_late=is_late(case, today)) is not None
    )
    is_undoer = sees_all and case is not None and may_undo(case, by=by, today=today)
    undone = None
    if sees_all and closed_on is None:
        acts = Decision.objects.filter(subject_id=case_id, act=Act.UNDO).order_by("id")
        undone = acts.last()
    return Dispute(
        id=case_id,
        name=first.name,
        state=state,
        due_on=first.due_on if case is None else case.due_on,
        closed_on=closed_on,
        outcome=first.outcome if own is not None or case is None else case.outcome,
        answer=first.answer,
        answers=[answer_of(party, names, papers) for party in parties],
        is_own=own is not None,
        can_answer=own is not None and closed_on is None and by.may("problems.state"),
        can_decide=may_decide,
        can_undo=is_undoer,
        undo_until=case.undo_until if sees_all and case is not None else None,
        undone=undone.reason if undone is not None else "",
        version=case.version if case is not None and (may_decide or is_undoer) else None,
    )


def answer_of(party: CaseParty, names: dict[int, str], papers: list[Paper]) -> Answer:
    """Return what one school has answered."""
    has_stated = party.stated_on is not None and bool(party.remedy)
    proposal = unseal(party.proposal, party.case_id) if party.proposal is not None else {}
    return Answer(
        place=party.place,
        office=names.get(party.place, ""),
        attends=(Remedy(party.remedy) is not ABSENT) if has_stated else None,
        since=str(proposal.get("since", "")),
        statement=party.statement,
        stated_on=party.stated_on,
        due_on=party.due_on,
        outcome=party.outcome,
        papers=[paper for paper in papers if paper.place == party.place],
    )
