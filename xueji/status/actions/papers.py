"""Papers of a pupil: few kinds of file, encrypted, kept once, and used again while they are valid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions.problems.papers import PaperUnfit, named, require_content
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.status.queries.cases import seen_by
from xueji.status.rules.papers import BY_KIND
from xueji.students.encryption import associated

KEEP = """
INSERT INTO status_paper AS p (student_id, id, place, kind, file_name, media_type, sha256, size, content, office,
    filed_by, filed_on, valid_until, is_discreet)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (student_id, kind, sha256) DO UPDATE SET
    valid_until = greatest(p.valid_until, EXCLUDED.valid_until), filed_on = EXCLUDED.filed_on
RETURNING id
"""


def file_paper(
    student_id: UUID, *, kind: str, file_name: str, content: bytes, by: Actor, today: date
) -> UUID:
    """Keep a paper of a pupil and return its id; the same file twice is one paper, valid anew.

    Raises PaperUnfit for an unknown kind and for what is no JPG, PNG or PDF of at most 2 MB, NotAllowed.
    """
    by.require("status.file" if by.level == "school" else "status.file_at_authority")
    if kind not in BY_KIND:
        raise PaperUnfit("请选择材料种类。", "Choose the kind of paper.")
    media_type = require_content(content)
    days, is_discreet = BY_KIND[kind].valid_days, BY_KIND[kind].is_discreet
    sha256 = hashlib.sha256(content).hexdigest()
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute("SELECT place FROM students_student WHERE id = %s", [student_id])
        row = cursor.fetchone()
        if row is None:
            raise PaperUnfit("没有找到这名学生。", "There is no such pupil.")
        paper_id = uuid7.new()
        cursor.execute(
            KEEP,
            [
                student_id,
                paper_id,
                row[0],
                kind,
                named(file_name, media_type),
                media_type,
                sha256,
                len(content),
                settings.XUEJI_KEY_RING.encrypt(content, associated("status paper", student_id)),
                by.place,
                by.account_id,
                today,
                today + timedelta(days=days) if days else None,
                is_discreet,
            ],
        )
        (kept,) = cursor.fetchone()
        record(
            "status.paper.file",
            by=by.account_id,
            office=by.place,
            subject_kind="paper" if is_discreet else "student",
            subject_id=UUID(str(kept)) if is_discreet else student_id,
            place=by.place if is_discreet else row[0],
            after={"paper": str(kept), "kind": "" if is_discreet else kind, "sha256": sha256},
            using=using,
        )
    return UUID(str(kept))


@dataclass(frozen=True)
class Opened:
    """A paper with its content."""

    file_name: str
    media_type: str
    content: bytes


class NoSuchPaper(Refused):
    code = "not-found"


def open_paper(case_id: UUID, paper_id: UUID, *, by: Actor, today: date) -> Opened:
    """Return a paper that a case rests on, to an office that takes part, and record who opened which.

    Raises NoSuchPaper for one that is not there or does not concern the reader, NotAllowed.
    """
    by.require("status.view")
    case = seen_by(case_id, by=by, today=today)
    about = next((one for one in case.papers if one.id == paper_id), None) if case else None
    if case is None or about is None:
        raise NoSuchPaper(
            "没有这份材料，或与本单位无关。请从业务页面重新打开。",
            "There is no such paper, or it does not concern you; open it from the case again.",
        )
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT media_type, content FROM status_paper WHERE student_id = %s AND id = %s",
            [case.student_id, paper_id],
        )
        media_type, content = cursor.fetchone()
        record(
            "status.paper.read",
            by=by.account_id,
            office=by.place,
            subject_kind="case" if case.is_discreet else "student",
            subject_id=case.id if case.is_discreet else case.student_id,
            place=case.place,
            after={"case": str(case.id), "paper": str(paper_id), "kind": about.kind},
            using=using,
        )
    opened = settings.XUEJI_KEY_RING.decrypt_bytes(
        bytes(content), associated("status paper", case.student_id)
    )
    return Opened(about.file_name, media_type, opened)
