"""Reads of rosters for the desks: the batches in scope, the way of a batch, its rows and findings.

Everything runs in the scope of the reader. Lists are read by key, a page and one more row
at a time, so that a list of any length costs the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Count, Q

from xueji.access.scope import current_scope
from xueji.changes.models import Case, Decision, RosterBatch, RosterFinding, RosterProgress
from xueji.changes.queries.findings import WITHIN, Told, told
from xueji.changes.queries.pages import Page, page_of
from xueji.changes.rules.problem_records import CaseState
from xueji.changes.rules.roster_findings import Severity
from xueji.changes.rules.roster_steps import RowState
from xueji.organisations.models import Organisation
from xueji.students.encryption import associated


def rosters(
    *,
    today: date,
    state: str = "",
    office: str = "",
    is_late: bool = False,
    after: UUID | None = None,
    before: UUID | None = None,
    size: int = 50,
) -> Page[RosterBatch, UUID]:
    """Return the batches in scope, latest upload first, each with its school. One query.

    `office` is the beginning of a school identifier or a part of a school's name.
    """
    found = RosterBatch.objects.select_related("school__organisation").defer("notes")
    if state:
        found = found.filter(state=state)
    if office.isdecimal():
        found = found.filter(school__identifier__startswith=office)
    elif office:
        found = found.filter(school__organisation__name__icontains=office)
    if is_late:
        found = found.filter(due_on__lt=today, closed_on__isnull=True)
    if after:
        found = found.filter(id__lt=after).order_by("-id")
    elif before:
        found = found.filter(id__gt=before).order_by("id")
    else:
        found = found.order_by("-id")
    return page_of(
        list(found[: size + 1]),
        size=size,
        key=lambda batch: batch.id,
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def batch_with(batch_id: UUID) -> RosterBatch | None:
    """Return the batch in scope with its school; None when there is none. One query."""
    found: RosterBatch | None = (
        RosterBatch.objects.select_related("school__organisation").filter(pk=batch_id).first()
    )
    return found


def batches_with(batch_ids: Sequence[UUID]) -> list[RosterBatch]:
    """Return the batches in scope among these, oldest upload first, each with its school. One query."""
    return list(
        RosterBatch.objects.select_related("school__organisation").filter(pk__in=batch_ids).order_by("id")
    )


@dataclass(frozen=True)
class Progress:
    """How far the worker is, and when it last said so."""

    stage: str
    done: int
    total: int
    at: datetime


def progress_of(batch_id: UUID) -> Progress | None:
    """Return how far the worker is with a batch, or None before it began. One query."""
    found = RosterProgress.objects.filter(batch_id=batch_id).first()
    if found is None:
        return None
    return Progress(found.stage, found.done, found.total, found.at)


@dataclass(frozen=True)
class Taken:
    """One act of a desk on a batch."""

    act: str
    place: int
    office: str
    at: datetime
    reason: str


def way_of(batch: RosterBatch) -> tuple[list[Taken], dict[int, str]]:
    """Return the acts on a batch, oldest first, and the names of the offices concerned. Two queries."""
    acts = list(
        Decision.objects.filter(subject_id=batch.id)
        .order_by("at", "id")
        .values_list("act", "office", "at", "reason")
    )
    places = {batch.place, batch.desk_place, *(place for _, place, _, _ in acts)}
    names = dict(Organisation.objects.filter(place__in=places).values_list("place", "name"))
    return [Taken(act, place, names.get(place, ""), at, reason) for act, place, at, reason in acts], names


@dataclass(frozen=True)
class ProblemCount:
    """Problem records of a batch: those that submitting would open, and those that are open."""

    drafts: int
    open: int


def problems_of(batch_id: UUID) -> ProblemCount:
    """Return how many problem records a batch has or would open. One query."""
    found = Case.objects.filter(batch_id=batch_id, closed_on__isnull=True).aggregate(
        drafts=Count("id", filter=Q(state=CaseState.DRAFT)), count=Count("id")
    )
    return ProblemCount(found["drafts"], found["count"] - found["drafts"])


# Findings ------------------------------------------------------------------------------

FindingKey = tuple[int, str, str]

FINDINGS = """
SELECT row, "column", code, params FROM changes_rosterfinding
WHERE batch_id = %(batch)s AND place >= %(lo)s AND place < %(hi)s
    AND (%(code)s = '' OR code = %(code)s) AND (%(severity)s = '' OR severity = ANY(%(severities)s))
    AND {window}
ORDER BY {order} LIMIT %(limit)s
"""


def findings_page(
    batch_id: UUID,
    *,
    code: str = "",
    severity: str = "",
    after: FindingKey | None = None,
    before: FindingKey | None = None,
    size: int = 50,
) -> Page[Told, FindingKey]:
    """Return findings of a batch in order of rows, filtered, in words. One query.

    `severity` is error (the row is not accepted) or warning.
    """
    scope = current_scope()
    window, order = "true", 'row, "column", code'
    known: dict[str, Any] = {
        "batch": batch_id,
        "lo": scope.lo,
        "hi": scope.hi,
        "code": code,
        "severity": severity,
        "severities": WITHIN[severity],
        "limit": size + 1,
    }
    if after or before:
        sign = ">" if after else "<"
        window = f'(row, "column", code) {sign} (%(key_row)s, %(key_column)s, %(key_code)s)'
        known["key_row"], known["key_column"], known["key_code"] = after or before  # type: ignore[misc]
    if before and not after:
        order = 'row DESC, "column" DESC, code DESC'
    with connections["default"].cursor() as cursor:
        cursor.execute(FINDINGS.format(window=window, order=order), known)
        found = [told(row, column, code_, _json(params)) for row, column, code_, params in cursor.fetchall()]
    return page_of(
        found,
        size=size,
        key=lambda one: (one.row, one.key, one.code),
        is_after=after is not None,
        is_before=before is not None and after is None,
    )


def _json(params: Any) -> dict[str, Any]:
    """Return JSON as psycopg gives it to a raw cursor: text or already read."""
    return json.loads(params) if isinstance(params, str) else params


# Rows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pupil:
    """An accepted row as a desk sees it. `document` is the number in full: mask it where it is shown."""

    row: int
    student_id: UUID
    name: str
    sex: str
    birth_on: date
    class_number: str
    document_type: str
    document: str
    state: str
    reason: str
    is_known: bool
    warnings: list[Told] = field(default_factory=list)


ROWS = """
SELECT r.row, r.name, r.sex, r.birth_on, c.number, r.document_type, r.state, r.reason, r.is_known, r.index, r.document,
    r.student_id
FROM changes_rosterrow r JOIN organisations_class c ON c.id = r.class_id
WHERE r.batch_id = %(batch)s AND r.place >= %(lo)s AND r.place < %(hi)s AND r.state = ANY(%(states)s)
    AND (NOT %(warned)s OR EXISTS (
        SELECT 1 FROM changes_rosterfinding f WHERE f.batch_id = r.batch_id AND f.row = r.row AND f.severity = 'warning'))
    AND {window}
ORDER BY {order} LIMIT %(limit)s
"""

# Rows that are on their way or registered, and rows that a desk or another roster took out.
STAYING = (RowState.ACCEPTED, RowState.REGISTERED)
TAKEN_OUT = (RowState.EXCEPTED, RowState.CLAIMED_ELSEWHERE)


def pupils_page(
    batch_id: UUID,
    *,
    states: Sequence[RowState] = STAYING,
    is_warned: bool = False,
    after: int | None = None,
    before: int | None = None,
    size: int = 20,
) -> Page[Pupil, int]:
    """Return accepted rows of a batch in order of rows, with the warnings of each. Two queries.

    Only the numbers of the rows on the page are decrypted.
    """
    scope = current_scope()
    window, order = "true", "r.row"
    known: dict[str, Any] = {
        "batch": batch_id,
        "lo": scope.lo,
        "hi": scope.hi,
        "states": [str(state) for state in states],
        "warned": is_warned,
        "limit": size + 1,
    }
    if after is not None:
        window, known["key"] = "r.row > %(key)s", after
    elif before is not None:
        window, order, known["key"] = "r.row < %(key)s", "r.row DESC", before
    with connections["default"].cursor() as cursor:
        cursor.execute(ROWS.format(window=window, order=order), known)
        found = page_of(
            cursor.fetchall(),
            size=size,
            key=lambda row: int(row[0]),
            is_after=after is not None,
            is_before=before is not None and after is None,
        )
    warnings: dict[int, list[Told]] = {}
    warned = RosterFinding.objects.filter(
        batch_id=batch_id, row__in=[row[0] for row in found.items], severity=Severity.WARNING
    )
    for row, column, code, params in warned.order_by("row").values_list("row", "column", "code", "params"):
        warnings.setdefault(row, []).append(told(row, column, code, params))
    ring = settings.XUEJI_KEY_RING
    pupils = []
    for (
        row,
        name,
        sex,
        birth_on,
        class_number,
        kind,
        state,
        reason,
        is_known,
        index,
        blob,
        id_,
    ) in found.items:
        number = ring.decrypt(bytes(blob), associated("identifier", bytes(index))) if blob else ""
        pupils.append(
            Pupil(
                row=row,
                student_id=id_,
                name=name,
                sex=sex,
                birth_on=birth_on,
                class_number=class_number,
                document_type=kind,
                document=number,
                state=state,
                reason=reason,
                is_known=is_known,
                warnings=warnings.get(row, []),
            )
        )
    return Page(pupils, found.before, found.after)
