"""Problem records: opened when a roster with doubtful rows is submitted, stated by schools, decided at a desk."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions import staging
from xueji.changes.models import Case, CaseParty, RosterBatch
from xueji.changes.rules.problem_records import DAYS_TO_STATE, CaseState
from xueji.changes.rules.roster_checks import Checked
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_findings import BY_CODE, PROBLEM_OF, Severity
from xueji.lib import uuid7
from xueji.organisations.queries import desk_for
from xueji.students.encryption import associated

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


def draft_for(batch: RosterBatch, checked: Checked, *, using: str) -> None:
    """Keep the doubtful rows of a checked batch as draft cases, in place of earlier drafts."""
    Case.everywhere.using(using).filter(batch_id=batch.id, state=CaseState.DRAFT).delete()
    held = doubtful(checked)
    if held.is_empty():
        return
    keys = [f.column.key for f in FIELDS if f.column.key in checked.rows.columns]
    rows = checked.rows.join(held.with_columns(pl.col("row").cast(checked.rows.schema["row"])), on="row")
    rows = rows.with_columns(staging.blind_indexes(rows))
    drafts = []
    for line in rows.iter_rows(named=True):
        case_id = uuid7.new()
        payload = {
            "values": {key: line[key] for key in keys if line[key] is not None},
            "scheme": line["scheme"],
            "index": line["index"].hex(),
            "sex": line["sex_final"],
            "birth_on": str(line["birth"]),
        }
        drafts.append(
            Case(
                id=case_id,
                place=batch.place,
                kind=KIND,
                problem=line["problem"],
                state=CaseState.DRAFT,
                desk_place=batch.place,
                batch_id=batch.id,
                row=line["row"],
                name=line["name"] or "",
                payload=seal(payload, case_id),
                opened_on=batch.uploaded_at.date(),
                received_on=batch.uploaded_at.date(),
            )
        )
    Case.everywhere.using(using).bulk_create(drafts)


def seal(content: Any, key: UUID) -> bytes:
    """Return JSON content encrypted for the case with this id."""
    sealed: bytes = settings.XUEJI_KEY_RING.encrypt(
        json.dumps(content, ensure_ascii=False), associated("case", key)
    )
    return sealed


def unseal(blob: bytes, key: UUID) -> Any:
    """Return the JSON content that was encrypted for the case with this id."""
    return json.loads(settings.XUEJI_KEY_RING.decrypt(bytes(blob), associated("case", key)))


def has_drafts(batch: RosterBatch) -> bool:
    """Return whether submitting the batch would open a problem record."""
    with national("problems") as using:
        return Case.everywhere.using(using).filter(batch_id=batch.id, state=CaseState.DRAFT).exists()


# Whom a doubtful row collides with: the record that holds the number, the person who is
# equal, or the roster that claimed the child.
OTHERS = """
WITH d AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::date[])
        AS d (case_id, scheme, index, name, sex, birth_on)
)
SELECT d.case_id, s.id, coalesce(e.place, s.place)
FROM d JOIN students_identifier i ON i.scheme = d.scheme AND i.index = d.index
JOIN students_student s ON s.id = i.student_id
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
UNION ALL
SELECT d.case_id, s.id, coalesce(e.place, s.place)
FROM d JOIN students_student s ON s.birth_on = d.birth_on AND s.name = d.name AND s.sex = d.sex
LEFT JOIN students_enrolment e ON e.student_id = s.id AND e.ended_on IS NULL
WHERE d.scheme = 'U' OR s.document_type = 'Z'
UNION ALL
SELECT d.case_id, NULL, c.place
FROM d JOIN changes_rosterclaim c ON c.scheme = d.scheme AND c.index = d.index
"""


def open_for(batch: RosterBatch, *, by: Actor, today: date, using: str) -> int:
    """Open the draft cases of a batch that is being submitted; return how many.

    Each goes to the schools concerned for their statement, and its desk is the school
    itself when it concerns no other, else the lowest authority common to all.
    """
    cases = list(Case.everywhere.using(using).filter(batch_id=batch.id, state=CaseState.DRAFT))
    if not cases:
        return 0
    payloads = {case.id: unseal(case.payload, case.id) for case in cases}
    others: dict[UUID, list[tuple[UUID | None, int]]] = {case.id: [] for case in cases}
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
            ],
        )
        for case_id, student_id, place in cursor.fetchall():
            others[case_id].append((student_id, place))
    parties = []
    for case in cases:
        places = {case.place, *(place for _, place in others[case.id])}
        case.desk_place = desk_for(frozenset(places))
        case.student_id = next((student for student, _ in others[case.id] if student), None)
        case.state = CaseState.WITH_SCHOOLS
        case.opened_on = case.received_on = today
        case.due_on = today + timedelta(days=DAYS_TO_STATE)
        parties += [
            CaseParty(
                case=case,
                place=place,
                desk_place=case.desk_place,
                problem=case.problem,
                name=case.name,
                due_on=case.due_on,
            )
            for place in sorted(places)
        ]
    Case.everywhere.using(using).bulk_update(
        cases, ["desk_place", "student_id", "state", "opened_on", "received_on", "due_on"], batch_size=500
    )
    CaseParty.everywhere.using(using).bulk_create(parties)
    record_all(cases, "problem.open", by=by, using=using)
    return len(cases)


def close_for(batch: RosterBatch, *, by: Actor, today: date, using: str) -> None:
    """Close the problem records of a batch that is taken back."""
    cases = list(Case.everywhere.using(using).filter(batch_id=batch.id, closed_on__isnull=True))
    drafts = [case.id for case in cases if case.state == CaseState.DRAFT]
    Case.everywhere.using(using).filter(id__in=drafts).delete()
    opened = [case for case in cases if case.id not in set(drafts)]
    for case in opened:
        case.state, case.outcome, case.closed_on = CaseState.CLOSED, "withdrawn", today
    Case.everywhere.using(using).bulk_update(opened, ["state", "outcome", "closed_on"], batch_size=500)
    CaseParty.everywhere.using(using).filter(case__in=opened).update(closed_on=today)
    record_all(opened, "problem.close", by=by, using=using)


def record_all(cases: list[Case], act: str, *, by: Actor, using: str) -> None:
    """Append one event per case, in one statement."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
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
