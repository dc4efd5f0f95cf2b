"""Problem records of a roster: drafted when it is checked, opened when it is submitted, closed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connections

from xueji.access.scope import Actor, national
from xueji.access.statements import asked
from xueji.audit.actions import record
from xueji.changes.actions import staging
from xueji.changes.encryption import seal, unseal
from xueji.changes.models import Case, CaseParty, RosterBatch
from xueji.changes.rules.problem_records import DAYS_TO_STATE, OF_ADMISSION, CaseState, Side
from xueji.changes.rules.roster_checks import Checked
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_findings import BY_CODE, PROBLEM_OF, Severity
from xueji.lib import uuid7
from xueji.organisations.queries import desk_for

KIND = "problem"


def doubtful(checked: Checked) -> pl.DataFrame:
    """Return `row, problem` of rows whose only fault is that the nation has to look at them."""
    severities = {code: row.severity.value for code, row in BY_CODE.items()}
    findings = checked.findings.with_columns(severity=pl.col("code").replace_strict(severities))
    wrong = findings.filter(pl.col("severity") == Severity.ERROR.value)["row"].unique()
    return (
        findings.filter((pl.col("severity") == Severity.HELD.value) & ~pl.col("row").is_in(wrong.implode()))
        .select("row", problem=pl.col("code").replace_strict(PROBLEM_OF))
        .unique("row", maintain_order=True)
    )


def forget_drafts(batch: RosterBatch, *, using: str) -> None:
    """Drop the draft cases of an earlier check of a batch."""
    Case.everywhere.using(using).filter(batch_id=batch.id, state=CaseState.DRAFT).delete()


def draft_for(batch: RosterBatch, checked: Checked, *, using: str) -> None:
    """Keep the doubtful rows of a checked batch as draft cases."""
    held = doubtful(checked)
    if held.is_empty():
        return
    keys = [f.column.key for f in FIELDS if f.column.key in checked.rows.columns]
    rows = checked.rows.join(held.with_columns(pl.col("row").cast(checked.rows.schema["row"])), on="row")
    rows = rows.with_columns(staging.blind_indexes(rows))
    opened = already_opened(batch, rows["name"].to_list(), using=using)
    drafts = []
    for line in rows.iter_rows(named=True):
        if {("row", str(line["row"])), (line["scheme"], line["index"].hex())} & opened:
            continue
        values = {key: line[key] for key in keys if line[key] is not None}
        drafts.append(drafted(batch, line["row"], line, values, line["problem"]))
    Case.everywhere.using(using).bulk_create(drafts)


def drafted(
    batch: RosterBatch, row: int | None, line: Mapping[str, Any], values: Mapping[str, str], problem: str
) -> Case:
    """Return the draft case of a doubtful row: `line` as it was checked, `values` as they were typed."""
    case_id = uuid7.new()
    payload = {
        "values": dict(values),
        "scheme": line["scheme"],
        "index": line["index"].hex(),
        "sex": line["sex_final"],
        "birth_on": str(line["birth"]),
    }
    return Case(
        id=case_id,
        place=batch.place,
        kind=KIND,
        problem=problem,
        state=CaseState.DRAFT,
        desk_place=batch.place,
        batch_id=batch.id,
        row=row,
        name=line["name"] or "",
        payload=seal(payload, case_id),
        opened_on=batch.uploaded_at.date(),
        received_on=batch.uploaded_at.date(),
    )


def already_opened(batch: RosterBatch, names: list[str], *, using: str) -> set[tuple[str, str]]:
    """Return what needs no other case: ("row", n) of this batch, (scheme, index) of open cases of the school.

    A roster that came back from a desk, and a second file with the same child, find the case
    that is there.
    """
    cases = Case.everywhere.using(using).filter(place=batch.place, kind=KIND).exclude(state=CaseState.DRAFT)
    found = {("row", str(row)) for row in cases.filter(batch_id=batch.id).values_list("row", flat=True)}
    for case in cases.filter(name__in=[name or "" for name in names], closed_on__isnull=True):
        payload = unseal(case.payload, case.id)
        if "index" in payload:
            found.add((payload["scheme"], payload["index"]))
    return found


def has_drafts(batch: RosterBatch) -> bool:
    """Return whether submitting the batch would open a problem record."""
    with national("problems") as using:
        return Case.everywhere.using(using).filter(batch_id=batch.id, state=CaseState.DRAFT).exists()


# Whom a doubtful row collides with: the record that holds the number, the person who is
# equal, or the roster that claimed the child. Records before claims, the oldest first. Where it is
# asked which school a child attends, those are concerned that admit it or register it.
OTHERS = f"""
WITH d AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::date[], %s::text[])
        AS d (case_id, scheme, index, name, sex, birth_on, problem)
)
SELECT d.case_id, coalesce(e.place, s.place), s.name, s.id, NULL::uuid AS batch_id, NULL::int AS row
FROM d JOIN students_identifier i ON i.scheme = d.scheme AND i.index = d.index
JOIN students_student s ON s.id = i.student_id
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
WHERE d.problem <> '{OF_ADMISSION}'
UNION ALL
SELECT d.case_id, coalesce(e.place, s.place), s.name, s.id, NULL, NULL
FROM d JOIN students_student s ON s.birth_on = d.birth_on AND s.name = d.name AND s.sex = d.sex
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
WHERE d.problem <> '{OF_ADMISSION}' AND (d.scheme = 'U' OR s.document_type = 'Z')
UNION ALL
SELECT d.case_id, a.place, a.name, NULL, NULL, NULL
FROM d JOIN changes_admission a ON a.scheme = d.scheme AND a.index = d.index
WHERE d.problem = '{OF_ADMISSION}' AND a.state = 'awaited'
UNION ALL
SELECT d.case_id, c.place, c.name, NULL, c.batch_id, c.row
FROM d JOIN changes_rosterclaim c ON c.scheme = d.scheme AND c.index = d.index
ORDER BY 1, 2, 4 NULLS LAST
"""


@dataclass(frozen=True)
class Standing:
    """A record that a doubtful row collides with: a student, or a row of a roster on its way."""

    place: int
    name: str
    student_id: UUID | None
    batch_id: UUID | None
    row: int | None


def standing_of(cases: list[Case], payloads: dict[UUID, Any], *, using: str) -> dict[UUID, list[Standing]]:
    """Return, per case, the record it collides with at each school concerned; one statement for all."""
    found: dict[UUID, dict[int, Standing]] = {case.id: {} for case in cases}
    with connections[using].cursor() as cursor:
        cursor.execute(
            OTHERS,
            [
                list(payloads),
                [p["scheme"] for p in payloads.values()],
                [bytes.fromhex(p["index"]) for p in payloads.values()],
                [case.name for case in cases],
                [p["sex"] for p in payloads.values()],
                [p["birth_on"] for p in payloads.values()],
                [case.problem for case in cases],
            ],
        )
        for case_id, *standing in cursor.fetchall():
            found[case_id].setdefault(standing[0], Standing(*standing))
    return {case_id: list(by_place.values()) for case_id, by_place in found.items()}


DRAFTS = "SELECT id FROM changes_case WHERE batch_id = %s AND state = %s"


def open_for(batch: RosterBatch, *, by: Actor, today: date, using: str) -> int:
    """Open the draft cases of a batch that is being submitted; return how many.

    Each goes to the schools concerned for their statement, and its desk is the school
    itself when it concerns no other, else the lowest authority common to all.
    """
    # Few rosters have any, and those with one pupil come one after the other.
    drafts = asked(DRAFTS, [batch.id, CaseState.DRAFT], using=using)
    if not drafts:
        return 0
    cases = list(Case.everywhere.using(using).filter(id__in=[row[0] for row in drafts]).order_by("id"))
    cases = without_disputed(cases, using=using)
    if not cases:
        return 0
    others = standing_of(cases, {case.id: unseal(case.payload, case.id) for case in cases}, using=using)
    parties: list[CaseParty] = []
    for case in cases:
        case.student_id = next((o.student_id for o in others[case.id] if o.student_id), None)
        begin(case, others[case.id], today=today)
        parties += parties_of(case, others[case.id])
    Case.everywhere.using(using).bulk_update(
        cases, ["desk_place", "student_id", "state", "opened_on", "received_on", "due_on"], batch_size=500
    )
    CaseParty.everywhere.using(using).bulk_create(parties)
    mark_admissions(cases, using=using)
    record_all(cases, "problem.open", by=by, using=using)
    return len(cases)


DISPUTED = """
SELECT d.case_id FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS d (case_id, scheme, index)
JOIN changes_admission a ON a.scheme = d.scheme AND a.index = d.index
JOIN changes_case k ON k.id = a.case_id AND k.closed_on IS NULL
"""

LOCK_CHILDREN = """
SELECT 1 FROM changes_admittedchild c
JOIN unnest(%s::text[], %s::bytea[]) AS d (scheme, index) ON d.scheme = c.scheme AND d.index = c.index
ORDER BY c.scheme, c.index FOR UPDATE OF c
"""

MARK_ADMISSIONS = """
UPDATE changes_admission a SET case_id = d.case_id
FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS d (case_id, scheme, index)
WHERE a.scheme = d.scheme AND a.index = d.index AND a.state = 'awaited'
"""


def children_of(cases: list[Case]) -> tuple[list[UUID], list[str], list[bytes]]:
    """Return case, scheme and index of the cases that ask which school a child attends."""
    asked = [(case.id, unseal(case.payload, case.id)) for case in cases if case.problem == OF_ADMISSION]
    return (
        [case_id for case_id, _ in asked],
        [payload["scheme"] for _, payload in asked],
        [bytes.fromhex(payload["index"]) for _, payload in asked],
    )


def without_disputed(cases: list[Case], *, using: str) -> list[Case]:
    """Return the draft cases without those about a child whose school is in dispute already; these are dropped."""
    ids, schemes, indexes = children_of(cases)
    if not ids:
        return cases
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK_CHILDREN, [schemes, indexes])
        cursor.execute(DISPUTED, [ids, schemes, indexes])
        disputed = {case_id for (case_id,) in cursor.fetchall()}
    Case.everywhere.using(using).filter(pk__in=disputed).delete()
    return [case for case in cases if case.id not in disputed]


def mark_admissions(cases: list[Case], *, using: str) -> None:
    """Let the admissions of the children of these cases name the dispute."""
    ids, schemes, indexes = children_of(cases)
    if ids:
        with connections[using].cursor() as cursor:
            cursor.execute(MARK_ADMISSIONS, [ids, schemes, indexes])


def begin(case: Case, others: list[Standing], *, today: date) -> None:
    """Put a case on its way: to the schools concerned first, with the desk common to them."""
    case.desk_place = desk_for(frozenset({case.place, *(other.place for other in others)}))
    case.state = CaseState.WITH_SCHOOLS
    case.opened_on = case.received_on = today
    case.due_on = today + timedelta(days=DAYS_TO_STATE)


def parties_of(case: Case, others: list[Standing]) -> list[CaseParty]:
    """Return one party per school, each with the name and the record that are its own.

    A school whose own record collides with its own row is one party about both.
    """
    own = next((other for other in others if other.place == case.place), None)
    filing = CaseParty(
        place=case.place,
        name=case.name,
        about="" if own else Side.FILED,
        student_id=own.student_id if own else None,
        batch_id=own.batch_id if own else case.batch_id,
        row=own.row if own else case.row,
    )
    parties = [filing] + [
        CaseParty(
            place=other.place,
            name=other.name,
            about=Side.STANDING,
            student_id=other.student_id,
            batch_id=other.batch_id,
            row=other.row,
        )
        for other in others
        if other.place != case.place
    ]
    for party in parties:
        party.case, party.desk_place, party.problem = case, case.desk_place, case.problem
        party.received_on, party.due_on = case.received_on, case.due_on
    return parties


def close_for(batch: RosterBatch, *, by: Actor, today: date, using: str) -> None:
    """Close the problem records of a batch that is taken back."""
    cases = list(
        Case.everywhere.using(using).select_for_update().filter(batch_id=batch.id, closed_on__isnull=True)
    )
    drafts = [case.id for case in cases if case.state == CaseState.DRAFT]
    Case.everywhere.using(using).filter(id__in=drafts).delete()
    opened = [case for case in cases if case.state != CaseState.DRAFT]
    for case in opened:
        case.state, case.outcome, case.closed_on = CaseState.CLOSED, "withdrawn", today
        case.version += 1
    Case.everywhere.using(using).bulk_update(
        opened, ["state", "outcome", "closed_on", "version"], batch_size=500
    )
    CaseParty.everywhere.using(using).filter(case__in=opened).update(closed_on=today, outcome="withdrawn")
    record_all(opened, "problem.close", by=by, using=using)


def record_all(cases: list[Case], act: str, *, by: Actor, using: str) -> None:
    """Append one event per case, in one statement."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO audit_event
                   (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
               SELECT c.id, %s, 'case', %s, %s, c.place, c.batch_id,
                   jsonb_build_object('problem', c.problem, 'state', c.state, 'outcome', c.outcome)
               FROM changes_case c WHERE c.id = ANY(%s)""",
            [act, by.account_id, by.place, [case.id for case in cases]],
        )


def note(case: Case, act: str, *, by: Actor, using: str, after: dict[str, Any]) -> None:
    """Record an event of one case."""
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="case",
        subject_id=case.id,
        place=case.place,
        batch_id=case.batch_id,
        after=after,
        using=using,
    )
