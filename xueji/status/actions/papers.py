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
from xueji.status.queries.cases import PaperLine, seen_by
from xueji.status.queries.cases import papers_of as valid_papers_of
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

    Raises PaperUnfit for an unknown kind and for what is no JPG, PNG or PDF of at most 2 MB; NoSuchPaper for a
    pupil for whom the office has nothing under way; NotAllowed.
    """
    by.require("status.file" if by.level == "school" else "status.file_at_authority")
    if kind not in BY_KIND:
        raise PaperUnfit("请选择材料种类。", "Choose the kind of paper.")
    media_type = require_content(content)
    days, is_discreet = BY_KIND[kind].valid_days, BY_KIND[kind].is_discreet
    sha256 = hashlib.sha256(content).hexdigest()
    with national("status") as using, connections[using].cursor() as cursor:
        holder = require_concern(student_id, by=by, using=using)
        paper_id = uuid7.new()
        cursor.execute(
            KEEP,
            [
                student_id,
                paper_id,
                holder,
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
            place=by.place if is_discreet else holder,
            after={"paper": str(kept), "kind": "" if is_discreet else kind, "sha256": sha256},
            using=using,
        )
    return UUID(str(kept))


# Whose business a pupil's papers are: the school and the authorities that hold the pupil, an account that has named
# the pupil by number and name and begun to file, and for an open case who filed it and whose desk it is on.
CONCERNS = """
SELECT s.place, s.place >= %(lo)s AND s.place < %(hi)s
    OR EXISTS (SELECT 1 FROM status_draft d WHERE d.place = %(own)s AND d.student_id = s.id
        AND d.matched_by @> to_jsonb(%(account)s::bigint))
    OR EXISTS (SELECT 1 FROM status_case c WHERE c.student_id = s.id AND c.closed_on IS NULL
        AND %(own)s IN (c.starter_place, c.desk_place))
FROM students_student s WHERE s.id = %(student)s
"""


def require_concern(student_id: UUID, *, by: Actor, using: str) -> int:
    """Return the place of the pupil's holder, if the pupil's papers are the business of the actor's office.

    Raises NoSuchPaper, the same for a pupil who does not exist.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            CONCERNS,
            {
                "student": student_id,
                "own": by.place,
                "account": by.account_id,
                "lo": by.scope.lo,
                "hi": by.scope.hi,
            },
        )
        row = cursor.fetchone()
    if row is None or not row[1]:
        raise NoSuchPaper(
            "没有这名学生，或本单位没有为其办理业务。外校学生请先按号码和姓名查找，保存草稿，再上传材料。",
            "There is no such pupil, or your office has nothing under way for it; search for another school's pupil by number"
            " and name first, keep a draft, then file its papers.",
        )
    return int(row[0])


def papers_of(student_id: UUID, *, by: Actor, today: date) -> tuple[PaperLine, ...]:
    """Return the valid papers of a pupil, the newest first, to an office whose business they are.

    What is discreet is shown to those alone who must know. Raises NoSuchPaper, NotAllowed.
    """
    by.require("status.view")
    with national("status") as using:
        require_concern(student_id, by=by, using=using)
    return valid_papers_of(student_id, today=today, with_discreet=by.may("status.discreet"))


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
