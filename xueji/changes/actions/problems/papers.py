"""Papers filed with a problem record: few kinds of file, encrypted, the same one kept once."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from django.conf import settings

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions.problems.cases import locked_case, no_such_case, note_party, require_open
from xueji.changes.models import CaseParty, Evidence
from xueji.changes.queries import problems
from xueji.changes.queries.problems import Paper
from xueji.changes.rules.problem_records import (
    MOST_PAPER_BYTES,
    MOST_PAPERS,
    PAPER_NAMES,
    extension_of,
    media_type_of,
)
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.students.encryption import associated


class PaperUnfit(Refused):
    code = "paper-unfit"


class TooManyPapers(Refused):
    code = "too-many-papers"


class NoSuchPaper(Refused):
    code = "not-found"


def file_evidence(case_id: UUID, *, by: Actor, kind: str, file_name: str, content: bytes) -> Evidence:
    """Keep a paper of a school concerned, encrypted, and return it; the same file twice is one.

    Raises PaperUnfit for what is no JPG, PNG or PDF of at most 2 MB, TooManyPapers,
    NoSuchCase, NotNow.
    """
    by.require("problems.state", by.place)
    media_type = require_fit(kind, content)
    with national("problems") as using:
        case = locked_case(case_id, using)
        party = CaseParty.everywhere.using(using).filter(case=case, place=by.place).first()
        if party is None:
            raise no_such_case()
        require_open(case)
        sha256 = hashlib.sha256(content).hexdigest()
        filed = Evidence.everywhere.using(using).filter(case=case, place=by.place)
        same = filed.filter(kind=kind, sha256=sha256).first()
        if same is not None:
            return same
        if filed.count() >= MOST_PAPERS:
            raise TooManyPapers(
                f"一所学校最多上传 {MOST_PAPERS} 份材料，请把多页合并为一个 PDF。",
                f"A school files at most {MOST_PAPERS} papers; put several pages into one PDF.",
            )
        paper_id = uuid7.new()
        kept: Evidence = Evidence.everywhere.using(using).create(
            id=paper_id,
            place=by.place,
            case=case,
            desk_place=case.desk_place,
            kind=kind,
            file_name=named(file_name, media_type),
            media_type=media_type,
            sha256=sha256,
            content=settings.XUEJI_KEY_RING.encrypt(content, associated("evidence", paper_id)),
            filed_by=by.account_id,
        )
        note_party(party, "problem.file", by=by, using=using, after={"kind": kind, "sha256": sha256})
        return kept


def open_paper(case_id: UUID, paper_id: UUID, *, by: Actor) -> tuple[Paper, bytes]:
    """Return a paper in the reader's scope with its content, and record who opened which paper.

    Raises NotAllowed; NoSuchPaper for one that is not there or not the reader's.
    """
    by.require("problems.view", by.place)
    found = problems.paper(case_id, paper_id)
    if found is None:
        raise NoSuchPaper(
            "没有这份材料，或与本单位无关。请从问题学籍的页面重新打开。",
            "There is no such paper, or it does not concern you; open it from the problem record again.",
        )
    about, _content = found
    record(
        "problem.read",
        by=by.account_id,
        office=by.place,
        subject_kind="case",
        subject_id=case_id,
        place=by.place,
        after={"paper": str(about.id), "kind": about.kind},
    )
    return found


def require_fit(kind: str, content: bytes) -> str:
    """Return the media type of a paper that may be filed. Raises PaperUnfit."""
    if kind not in PAPER_NAMES:
        raise PaperUnfit("请选择材料种类。", "Choose the kind of paper.")
    return require_content(content)


def require_content(content: bytes) -> str:
    """Return the media type of a file that may be kept as a paper. Raises PaperUnfit."""
    if not content:
        raise PaperUnfit("文件是空的，请重新选择。", "The file is empty; choose it again.")
    if len(content) > MOST_PAPER_BYTES:
        raise PaperUnfit(
            f"文件超过 2 MB（现为 {len(content) / 1024 / 1024:.1f} MB），请压缩或降低扫描分辨率后再传。",
            f"The file has {len(content) / 1024 / 1024:.1f} MB, at most 2 are taken; "
            "scan it with fewer dots or compress it.",
        )
    media_type = media_type_of(content)
    if media_type is None:
        raise PaperUnfit(
            "只接受 JPG、PNG 图片或 PDF；该文件的内容不是其中任何一种（改扩展名无效）。",
            "Only JPG or PNG pictures and PDF are taken, and this file is none of them, whatever its name.",
        )
    return media_type


def named(file_name: str, media_type: str) -> str:
    """Return a file name without folders and control characters, with the ending of what the file is."""
    last = re.split(r"[\\/]", file_name)[-1]
    clean = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", last).strip(" .")
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", clean) or "paper"
    return f"{stem[:150]}.{extension_of(media_type)}"
