"""Exports (导出): asked for under an approval, released by a second person, fetched, deleted when they expire."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from xueji.access.rules import places
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.disclosures.models import Approval, Export, SealedFile
from xueji.disclosures.rules import recipients
from xueji.disclosures.rules.approvals import (
    FILE_LIVES,
    LONGEST_TEXT,
    MOST_DOWNLOADS,
    ApprovalState,
    ExportState,
    Validity,
)
from xueji.disclosures.rules.fields import ALWAYS, BY_KEY
from xueji.lib import uuid7
from xueji.lib.errors import Refused

REQUEST: Final = "exports.request"
RELEASE: Final = "exports.release"
EXPORT_ENDING: Final = ".xlsx.p7m"


class OutsideApproval(Refused):
    """More than the approval permits: another range, field, day or number of rows."""

    code = "outside-approval"


class NoSuchExport(Refused):
    code = "not-found"


class CannotRelease(Refused):
    code = "cannot-release"


class NothingToFetch(Refused):
    code = "nothing-to-fetch"


def request_export(
    approval_id: UUID,
    *,
    range_place: int,
    fields: Collection[str],
    by: Actor,
    today: date,
    grade: int | None = None,
    note: str = "",
) -> Export:
    """Ask for a file under an approval of the own office: pupils of a school or an area, of a grade or all.

    Raises OutsideApproval, NoSuchExport for an approval that is not there, NotAllowed.
    """
    by.require(REQUEST, range_place)
    approval = (
        Approval.objects.defer("scan").filter(pk=approval_id, place=by.place, is_standing=False).first()
    )
    if approval is None:
        raise NoSuchExport(
            "没有这项批准，或不属于本单位。", "There is no such approval, or it is another office's."
        )
    require_usable(approval, today=today)
    lo, hi = places.scope(range_place)
    wanted = [key for key in BY_KEY if key in fields]
    require_within(approval, lo=lo, hi=hi, fields=wanted)
    if len(wanted) != len(set(fields)) or ALWAYS not in wanted:
        raise OutsideApproval("请选择字段；姓名必选。", "Choose the fields; the name is always one.")
    if grade is not None and not 1 <= grade <= 12:
        raise OutsideApproval("年级为 1 至 12。", "A grade is between 1 and 12.")
    with transaction.atomic():
        export: Export = Export.everywhere.create(
            id=uuid7.new(),
            place=by.place,
            approval=approval,
            state=ExportState.REQUESTED,
            scope_lo=lo,
            scope_hi=hi,
            grade=grade,
            fields=wanted,
            note=note.strip()[:LONGEST_TEXT],
            requested_by=by.account_id,
        )
        note_export(
            "export.request",
            export,
            by=by.account_id,
            after={"approval": str(approval.pk), "scope": [lo, hi], "grade": grade, "fields": wanted},
        )
    return export


def require_usable(approval: Approval, *, today: date) -> None:
    """Raise OutsideApproval unless an approval is in force today and its recipient can still be encrypted to."""
    if approval.state != ApprovalState.IN_FORCE:
        raise OutsideApproval(
            "该批准未生效或已停用，不能据此提供数据。",
            "This approval is not in force, so nothing can leave under it.",
        )
    if today not in Validity(approval.valid_from, approval.valid_until):
        raise OutsideApproval(
            f"该批准的有效期为 {approval.valid_from} 至 {approval.valid_until}，今天不能使用。",
            f"This approval is valid from {approval.valid_from} to {approval.valid_until}, not today.",
        )
    if not approval.is_standing:
        recipients.read(approval.certificate, today=today)


def require_within(approval: Approval, *, lo: int, hi: int, fields: Collection[str]) -> None:
    """Raise OutsideApproval unless a range and fields lie within those of an approval."""
    if not approval.scope_lo <= lo < hi <= approval.scope_hi:
        raise OutsideApproval(
            "所选范围超出批准的机构范围，请缩小范围或另行报批。",
            "The range goes beyond the organisations of the approval; choose less, or have more approved.",
        )
    beyond = [BY_KEY[key] for key in fields if key not in approval.fields]
    if beyond:
        raise OutsideApproval(
            f"批准的字段不包括：{'、'.join(one.zh for one in beyond)}。",
            f"The approval does not name: {', '.join(one.en for one in beyond)}.",
        )


def _locked(export_id: UUID, by: Actor) -> Export:
    found: Export | None = (
        Export.objects.select_for_update(of=("self",)).filter(pk=export_id, place=by.place).first()
    )
    if found is None:
        raise NoSuchExport(
            "没有这项导出，或不属于本单位。", "There is no such export, or it is another office's."
        )
    return found


def release(export_id: UUID, *, by: Actor, now: datetime, today: date) -> Export:
    """Release a file as the second person; the worker makes it once the door has left its job.

    Raises CannotRelease for one's own and for one that is settled, OutsideApproval.
    """
    by.require(RELEASE)
    with transaction.atomic():
        export = _require_undecided(export_id, by)
        require_usable(export.approval, today=today)
        export.state, export.decided_by, export.decided_at = ExportState.RELEASED, by.account_id, now
        export.save(update_fields=["state", "decided_by", "decided_at"])
        note_export("export.release", export, by=by.account_id, after={"requested_by": export.requested_by})
    return export


def refuse(export_id: UUID, *, reason: str, by: Actor, now: datetime) -> Export:
    """Refuse to release a file, and say why. Raises CannotRelease."""
    by.require(RELEASE)
    if not reason.strip():
        raise CannotRelease("请写明不予放行的理由。", "Say why it is not released.")
    with transaction.atomic():
        export = _require_undecided(export_id, by)
        export.state, export.decided_by, export.decided_at = ExportState.REFUSED, by.account_id, now
        export.reason = export.reason_en = reason.strip()[:LONGEST_TEXT]
        export.save(update_fields=["state", "decided_by", "decided_at", "reason", "reason_en"])
        note_export("export.refuse", export, by=by.account_id, after={"reason": export.reason})
    return export


def _require_undecided(export_id: UUID, by: Actor) -> Export:
    export = _locked(export_id, by)
    if export.state != ExportState.REQUESTED:
        raise CannotRelease(
            "该导出已经办理，请刷新查看。", "This export is settled already; reload to see it."
        )
    if export.requested_by == by.account_id:
        raise CannotRelease(
            "不能放行自己申请的导出，须由另一人放行。",
            "Nobody releases what they asked for; a second person does.",
        )
    return export


def withdraw(export_id: UUID, *, by: Actor) -> Export:
    """Take back what one asked for and nobody released yet. Raises CannotRelease."""
    by.require(REQUEST)
    with transaction.atomic():
        export = _locked(export_id, by)
        if export.state != ExportState.REQUESTED or export.requested_by != by.account_id:
            raise CannotRelease(
                "只能撤回自己申请、尚未放行的导出。",
                "Only one's own export that nobody released is taken back.",
            )
        export.state = ExportState.WITHDRAWN
        export.save(update_fields=["state"])
        note_export("export.withdraw", export, by=by.account_id, after={})
    return export


@dataclass(frozen=True)
class Fetched:
    """An encrypted file with its name."""

    file_name: str
    content: bytes


def fetch(export_id: UUID, *, by: Actor, now: datetime) -> Fetched:
    """Return the encrypted file to the office that asked for it, and record that it was handed out.

    Raises NothingToFetch when it is not made, has expired or was fetched too often.
    """
    by.require(REQUEST)
    with transaction.atomic():
        export = _locked(export_id, by)
        if export.state != ExportState.DONE or export.expires_at is None or now >= export.expires_at:
            raise NothingToFetch(
                "文件尚未生成，或已到期删除。需要时请重新申请。",
                "The file is not made yet, or expired and was deleted; ask for a new one.",
            )
        if export.downloads >= MOST_DOWNLOADS:
            raise NothingToFetch(
                f"每个文件最多下载 {MOST_DOWNLOADS} 次。需要时请重新申请。",
                f"A file is fetched {MOST_DOWNLOADS} times at most; ask for a new one.",
            )
        export.downloads += 1
        export.save(update_fields=["downloads"])
        content = bytes(SealedFile.objects.get(pk=export_id).content)
        note_export("export.fetch", export, by=by.account_id, after={"times": export.downloads})
    return Fetched(f"{export.pk}{EXPORT_ENDING}", content)


def expire(*, now: datetime) -> int:
    """Delete the content of files whose time is over; return how many. Repeating it is harmless."""
    with national("disclosures") as using:
        over = list(
            Export.everywhere.using(using)
            .select_for_update(skip_locked=True)
            .filter(state=ExportState.DONE, expires_at__lte=now)
        )
        for export in over:
            SealedFile.everywhere.using(using).filter(pk=export.pk).delete()
            export.state = ExportState.EXPIRED
            export.save(using=using, update_fields=["state"])
            note_export("export.expire", export, by=None, after={}, using=using)
    return len(over)


def expiry(now: datetime) -> datetime:
    """Return until when a file made now can be fetched."""
    return now + FILE_LIVES


def note_export(
    act: str, export: Export, *, by: int | None, after: dict[str, object], using: str = "default"
) -> None:
    record(
        act,
        by=by,
        office=export.place,
        subject_kind="export",
        subject_id=export.pk,
        place=export.place,
        after=after,
        using=using,
    )
