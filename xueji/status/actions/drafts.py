"""Drafts: what was typed and not filed yet. They lock nothing, and nobody but their own office sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from xueji.access.scope import Actor, acting
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.status.actions.cases import kind_of, no_such_pupil
from xueji.status.actions.matching import Match
from xueji.status.encryption import seal
from xueji.status.rules.kind import Kind, Starter

MOST_DRAFTS = 500

KEEP = """
INSERT INTO status_draft AS d (id, place, kind, student_id, name, payload, created_by, created_on, matched_by)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET student_id = EXCLUDED.student_id, name = EXCLUDED.name, payload = EXCLUDED.payload,
    matched_by = CASE WHEN d.student_id IS DISTINCT FROM EXCLUDED.student_id THEN EXCLUDED.matched_by
        WHEN d.matched_by @> EXCLUDED.matched_by THEN d.matched_by ELSE d.matched_by || EXCLUDED.matched_by END,
    changed_at = now() WHERE d.place = EXCLUDED.place AND d.kind = EXCLUDED.kind
"""


class NoSuchDraft(Refused):
    code = "not-found"


class NoDraft(Refused):
    code = "no-draft"


class TooManyDrafts(Refused):
    code = "too-many-drafts"


def keep_draft(
    kind_code: str,
    typed: dict[str, Any],
    *,
    by: Actor,
    today: date,
    draft_id: UUID | None = None,
    student_id: UUID | None = None,
    name: str = "",
    match: Match | None = None,
) -> UUID:
    """Keep what was typed for a change and return the draft's id; an earlier draft with this id is replaced.

    A pupil from elsewhere can only be in a draft of a kind that begins at the receiving school, and only by a `match`:
    the account has named number and name. Raises NotAllowed, NoSuchCase for another's pupil, NoSuchDraft for a draft of
    another office, TooManyDrafts.
    """
    kind = kind_of(kind_code)
    by.require("status.file_at_authority" if kind.starter is Starter.AUTHORITY else "status.file")
    if kind.is_discreet:
        raise NoDraft(
            "该业务不保存草稿，请一次填写并提交。",
            "No draft is kept of this; fill it in and file it at once.",
        )
    key = draft_id or uuid7.new()
    with transaction.atomic(), connections["default"].cursor() as cursor:
        matched_by = _matched_by(kind, student_id, match, by)
        if student_id is not None and not matched_by:
            cursor.execute(IS_OWN, [student_id, key, by.place, kind.code, student_id])
            if cursor.fetchone() is None:
                raise no_such_pupil()
        if draft_id is None:
            cursor.execute("SELECT count(*) FROM status_draft WHERE place = %s", [by.place])
            (count,) = cursor.fetchone()
            if count >= MOST_DRAFTS:
                raise TooManyDrafts(
                    f"本单位已有 {count} 份草稿，请先提交或删除旧的。",
                    f"Your office has {count} drafts; file or delete old ones first.",
                )
        cursor.execute(
            KEEP,
            [
                key,
                by.place,
                kind.code,
                student_id,
                name[:100],
                seal(typed, key),
                by.account_id,
                today,
                json.dumps(matched_by),
            ],
        )
        if cursor.rowcount == 0:
            raise no_such_draft()
        _note("status.draft", key, by=by, kind=kind.code)
    return key


# One's own pupils are what the row policy lets through; a draft of another's pupil was begun by a match.
IS_OWN = """
SELECT 1 FROM students_student WHERE id = %s
UNION ALL SELECT 1 FROM status_draft
WHERE id = %s AND place = %s AND kind = %s AND student_id = %s AND jsonb_array_length(matched_by) > 0
"""


def _matched_by(kind: Kind, student_id: UUID | None, match: Match | None, by: Actor) -> list[int]:
    if match is None or kind.starter is not Starter.RECEIVING_SCHOOL:
        return []
    return [by.account_id] if (match.student_id, match.account_id) == (student_id, by.account_id) else []


@contextmanager
def drafted(kind_code: str, student_id: UUID, *, by: Actor, today: date) -> Iterator[None]:
    """Keep a draft while the block lasts: for who files the papers of a known pupil without the pages, as if it was searched.

    Raises what `keep_draft` raises.
    """
    match = Match(student_id, by.account_id)
    with acting(by.scope):
        draft_id = keep_draft(kind_code, {}, by=by, today=today, student_id=student_id, match=match)
    try:
        yield
    finally:
        with acting(by.scope):
            drop_draft(draft_id, by=by)


def drop_draft(draft_id: UUID, *, by: Actor) -> None:
    """Delete a draft of the own office; one that is gone already is no fault."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM status_draft WHERE id = %s AND place = %s", [draft_id, by.place])
        if cursor.rowcount:
            _note("status.draft_drop", draft_id, by=by, kind="")


def _note(act: str, draft_id: UUID, *, by: Actor, kind: str) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="draft",
        subject_id=draft_id,
        place=by.place,
        after={"kind": kind} if kind else None,
    )


def no_such_draft() -> NoSuchDraft:
    return NoSuchDraft("没有这份草稿，可能已提交。", "There is no such draft; it may have been filed.")
