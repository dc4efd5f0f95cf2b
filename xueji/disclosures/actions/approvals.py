"""Approvals (批准): recorded by one person, reviewed by two others, revoked at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from xueji.access.rules import places
from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.changes.actions.problems.papers import named, require_content
from xueji.disclosures.models import Approval
from xueji.disclosures.rules import recipients
from xueji.disclosures.rules.approvals import (
    LONGEST_TEXT,
    MOST_ROWS,
    ApprovalKind,
    ApprovalState,
    Government,
    Validity,
)
from xueji.disclosures.rules.fields import ALWAYS, BY_KEY
from xueji.disclosures.rules.statutes import BY_CODE as STATUTES
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.students.encryption import associated

RECORD: Final = "approvals.record"
REVIEW: Final = "approvals.review"
VIEW: Final = "exports.view"


class ApprovalUnfit(Refused):
    """Something in what was filled in that no approval can be."""

    code = "approval-unfit"


class NoSuchApproval(Refused):
    code = "not-found"


class CannotReview(Refused):
    code = "cannot-review"


@dataclass(frozen=True)
class Said:
    """What is recorded of an approval: by a government, with its paper, or by a law."""

    kind: ApprovalKind
    purpose: str
    # A school or an authority of the own area, which with all below it is the range.
    range_place: int
    fields: Collection[str]
    recipient: str
    certificate: str
    row_cap: int
    valid_from: date
    valid_until: date
    level: Government | None = None
    government: str = ""
    document_number: str = ""
    statute: str = ""
    scan: bytes = b""
    scan_name: str = ""


def record_approval(said: Said, *, by: Actor, today: date) -> Approval:
    """Record an approval; it is in force once two other persons of the office have reviewed it.

    Raises ApprovalUnfit, CertificateUnfit, PaperUnfit for the scan, NotAllowed outside the own area.
    """
    by.require(RECORD, said.range_place)
    _require_fit(said)
    certificate = recipients.read(said.certificate, today=today)
    lo, hi = places.scope(said.range_place)
    approval_id = uuid7.new()
    approval = Approval(
        id=approval_id,
        place=by.place,
        kind=said.kind,
        state=ApprovalState.UNDER_REVIEW,
        purpose=said.purpose.strip()[:LONGEST_TEXT],
        scope_lo=lo,
        scope_hi=hi,
        fields=[key for key in BY_KEY if key in said.fields],
        recipient=said.recipient.strip(),
        certificate=certificate.pem,
        fingerprint=certificate.fingerprint,
        row_cap=said.row_cap,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        requested_by=by.account_id,
    )
    if said.kind is ApprovalKind.STATUTE:
        approval.statute = said.statute
    else:
        media_type = require_content(said.scan)
        approval.level = said.level or ""
        approval.government = said.government.strip()
        approval.scan_name, approval.scan_type = named(said.scan_name, media_type), media_type
        approval.scan_sha256 = hashlib.sha256(said.scan).hexdigest()
        approval.scan = settings.XUEJI_KEY_RING.encrypt(said.scan, associated("approval scan", approval_id))
    approval.document_number = said.document_number.strip()
    with transaction.atomic():
        approval.save(force_insert=True)
        _note("approval.record", approval, by=by, after=_limits(approval))
    return approval


def _limits(approval: Approval) -> dict[str, object]:
    return {
        "kind": approval.kind,
        "statute": approval.statute,
        "government": approval.government,
        "document": approval.document_number,
        "scan": approval.scan_sha256,
        "scope": [approval.scope_lo, approval.scope_hi],
        "fields": approval.fields,
        "recipient": approval.recipient,
        "certificate": approval.fingerprint,
        "row_cap": approval.row_cap,
        "valid": [str(approval.valid_from), str(approval.valid_until)],
    }


def _require_fit(said: Said) -> None:
    """Raise ApprovalUnfit, naming what is missing or too much."""
    if not said.purpose.strip() or not said.recipient.strip():
        raise ApprovalUnfit("请填写用途和接收方。", "Give the purpose and the recipient.")
    unknown = set(said.fields) - set(BY_KEY)
    if unknown or ALWAYS not in said.fields:
        raise ApprovalUnfit(
            "请选择可以提供的字段；姓名必选。", "Choose the fields that may leave; the name is always one."
        )
    if not 1 <= said.row_cap <= MOST_ROWS:
        raise ApprovalUnfit(
            f"人数上限为 1 至 {MOST_ROWS:,}。", f"The cap on rows is between 1 and {MOST_ROWS:,}."
        )
    if not Validity(said.valid_from, said.valid_until).is_fit:
        raise ApprovalUnfit(
            "有效期的结束日期不能早于开始日期，最长一年。",
            "An approval ends on or after the day it begins and lasts a year at most.",
        )
    if said.kind is ApprovalKind.STATUTE:
        statute = STATUTES.get(said.statute)
        if statute is None or statute.is_standing:
            raise ApprovalUnfit("请从列表中选择法律依据。", "Choose the law from the list.")
        beyond = [BY_KEY[key] for key in said.fields if key not in statute.fields]
        if beyond:
            raise ApprovalUnfit(
                f"该法律依据不允许提供：{'、'.join(one.zh for one in beyond)}。",
                f"This law does not permit: {', '.join(one.en for one in beyond)}.",
            )
        if not said.document_number.strip():
            raise ApprovalUnfit(
                "请填写接收方公函或法律文书的文号。", "Give the number of the recipient's letter or writ."
            )
    elif said.level is None or not said.government.strip() or not said.document_number.strip():
        raise ApprovalUnfit(
            "请填写批准机关（县级以上人民政府）、级别和批准文号。",
            "Give the government that approved, at county level or above, its level, and the document's number.",
        )


def _locked(approval_id: UUID, by: Actor) -> Approval:
    found: Approval | None = (
        Approval.objects.select_for_update()
        .defer("scan")
        .filter(pk=approval_id, place=by.place, is_standing=False)
        .first()
    )
    if found is None:
        raise NoSuchApproval(
            "没有这项批准，或不属于本单位。", "There is no such approval, or it is another office's."
        )
    return found


def review(approval_id: UUID, *, is_granted: bool, by: Actor, now: datetime, reason: str = "") -> Approval:
    """Review what a colleague recorded: the second yes puts it in force, any no ends it.

    Raises CannotReview for one's own, for the same person twice and for one that is settled.
    """
    by.require(REVIEW)
    with transaction.atomic():
        approval = _locked(approval_id, by)
        if approval.state != ApprovalState.UNDER_REVIEW:
            raise CannotReview("该批准已经复核完毕。", "This approval is settled already.")
        if by.account_id in (approval.requested_by, approval.first_reviewer):
            raise CannotReview(
                "须由登记人以外的两人分别复核，同一人不能复核两次。",
                "Two persons other than who recorded it review it, each once.",
            )
        if not is_granted and not reason.strip():
            raise CannotReview("不同意时请写明理由。", "Say why it is refused.")
        if not is_granted:
            approval.state, approval.reason = ApprovalState.REFUSED, reason.strip()[:LONGEST_TEXT]
        if approval.first_reviewer is None:
            approval.first_reviewer, approval.first_reviewed_at = by.account_id, now
        else:
            approval.second_reviewer, approval.second_reviewed_at = by.account_id, now
            if is_granted:
                approval.state = ApprovalState.IN_FORCE
        approval.save()
        _note(
            "approval.review" if is_granted else "approval.refuse",
            approval,
            by=by,
            after={"state": approval.state, "reason": approval.reason},
        )
    return approval


def revoke(approval_id: UUID, *, reason: str, by: Actor) -> Approval:
    """End an approval before its time; files under way fail, finished ones can still be fetched until they expire.

    Raises CannotReview for one that is not in force or without a reason.
    """
    by.require(REVIEW)
    with transaction.atomic():
        approval = _locked(approval_id, by)
        if approval.state != ApprovalState.IN_FORCE:
            raise CannotReview("只有已生效的批准可以停用。", "Only an approval in force can be revoked.")
        if not reason.strip():
            raise CannotReview("请写明停用的理由。", "Say why it is revoked.")
        approval.state, approval.reason = ApprovalState.REVOKED, reason.strip()[:LONGEST_TEXT]
        approval.save(update_fields=["state", "reason"])
        _note("approval.revoke", approval, by=by, after={"reason": approval.reason})
    return approval


@dataclass(frozen=True)
class Scan:
    """The paper of an approval."""

    file_name: str
    media_type: str
    content: bytes


def open_scan(approval_id: UUID, *, by: Actor) -> Scan:
    """Return the paper of an approval of one's area. Raises NoSuchApproval."""
    by.require(VIEW)
    found = Approval.objects.filter(pk=approval_id, scan__isnull=False).first()
    if found is None:
        raise NoSuchApproval("没有这份批准文件。", "There is no such paper.")
    content = settings.XUEJI_KEY_RING.decrypt_bytes(
        bytes(found.scan), associated("approval scan", approval_id)
    )
    return Scan(found.scan_name, found.scan_type, content)


def _note(act: str, approval: Approval, *, by: Actor, after: dict[str, object]) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="approval",
        subject_id=approval.pk,
        place=approval.place,
        after=after,
    )
