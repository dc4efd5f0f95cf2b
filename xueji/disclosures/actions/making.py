"""The worker's part of an export: scope, fields and rows looked at anew in the database, one fault and nothing is made."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import Sum

from xueji.access.queries import scope_of
from xueji.access.scope import acting, national
from xueji.disclosures.actions import files
from xueji.disclosures.actions.exports import (
    REQUEST,
    OutsideApproval,
    expiry,
    note_export,
    require_usable,
    require_within,
)
from xueji.disclosures.models import Approval, Disclosure, Export, SealedFile
from xueji.disclosures.queries import rows
from xueji.disclosures.rules import recipients
from xueji.disclosures.rules.approvals import ExportState
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at

# As the database sees both rows together: nothing here was compared anywhere else.
FITS: Final = """
SELECT a.state = 'in_force' AND %s BETWEEN a.valid_from AND a.valid_until,
    x.scope_lo >= a.scope_lo AND x.scope_hi <= a.scope_hi,
    a.fields @> x.fields
FROM disclosures_export x JOIN disclosures_approval a ON a.id = x.approval_id WHERE x.id = %s
"""


def make(export_id: UUID, *, now: datetime, today: date) -> bool:
    """Make a released file, or let it fail with its reason; return whether it is made now.

    One transaction, so that a worker killed at any point leaves the export released and the next one makes it.
    A repetition finds it settled and does nothing.
    """
    with national("disclosures") as using:
        place = (
            Export.everywhere.using(using)
            .filter(pk=export_id, state=ExportState.RELEASED)
            .values_list("place", flat=True)
            .first()
        )
    if place is None:
        return False
    try:
        with acting(scope_of(place)):
            return _make(export_id, now=now, today=today)
    except Refused as refused:
        # What the attempt had written is gone; that it failed, and why, is kept.
        with acting(scope_of(place)):
            _fail(export_id, refused, now=now)
        return False


def _released(export_id: UUID) -> Export | None:
    found: Export | None = (
        Export.objects.select_for_update(of=("self",))
        .filter(pk=export_id, state=ExportState.RELEASED)
        .first()
    )
    return found


def _make(export_id: UUID, *, now: datetime, today: date) -> bool:
    export = _released(export_id)
    if export is None:
        return False
    # Of two files under one approval the second waits here, so that its rows are counted after the first's.
    approval = Approval.objects.select_for_update().get(pk=export.approval_id)
    _require_fit(export, approval, today=today)
    spent = Disclosure.objects.filter(approval=approval).aggregate(rows=Sum("rows"))["rows"] or 0
    left = approval.row_cap - spent
    found = rows.of_export(
        approval.pk,
        lo=export.scope_lo,
        hi=export.scope_hi,
        grade=export.grade,
        fields=export.fields,
        most=max(left, 0) + 1,
    )
    outside = sum(not one.is_inside for one in found)
    if outside:
        raise OutsideApproval(
            f"有 {outside} 名学生不在批准的机构范围内，整个文件不予生成。请核对范围后重新申请。",
            f"{outside} pupil(s) lie outside the organisations of the approval, so no file is made at all.",
        )
    if len(found) > left:
        raise OutsideApproval(
            f"人数超过批准的上限：上限 {approval.row_cap:,} 人，已提供 {spent:,} 人。请缩小范围或另行报批。",
            f"More rows than the approval permits: {approval.row_cap:,} in all, of which {spent:,} left before.",
        )
    if not found:
        raise OutsideApproval(
            "所选范围内没有学生，没有生成文件。", "There is no pupil in this range, so no file was made."
        )
    office = name_at(export.place)
    made = files.make(
        found,
        fields=export.fields,
        title=f"{office} 对外提供的学生数据",
        header=(
            f"提供单位：{office}　接收方：{approval.recipient}　依据：{approval.document_number or approval.statute}　"
            f"导出编号：{export.pk}　{today}　仅限批准用途，不得转交；本文件含追踪标记和虚构的核验行"
        ),
        with_canaries=True,
        in_own_order=True,
    )
    sealed = recipients.seal(made.workbook, approval.certificate)
    sha256 = hashlib.sha256(sealed).hexdigest()
    files.register(
        made,
        approval_id=approval.pk,
        export_id=export.pk,
        place=export.place,
        recipient=approval.recipient,
        subject=name_at(export.scope_lo),
        fields=export.fields,
        sha256=sha256,
        has_own_order=True,
        students=[one.student_id for one in found],
        duty=REQUEST,
        by=export.requested_by,
        today=today,
    )
    SealedFile.everywhere.create(export=export, place=export.place, content=sealed)
    export.state, export.finished_at, export.expires_at = ExportState.DONE, now, expiry(now)
    export.save(update_fields=["state", "finished_at", "expires_at"])
    note_export(
        "export.make", export, by=None, after={"rows": made.rows, "sha256": sha256, "until": str(expiry(now))}
    )
    return True


def _require_fit(export: Export, approval: Approval, *, today: date) -> None:
    """Raise OutsideApproval unless the request lies within its approval as the database sees both now."""
    # The approval first, in words for a person; then both rows as the database compares them.
    require_usable(approval, today=today)
    require_within(approval, lo=export.scope_lo, hi=export.scope_hi, fields=export.fields)
    with connections["default"].cursor() as cursor:
        cursor.execute(FITS, [today, export.pk])
        fits = cursor.fetchone()
    if fits is None or not all(fits):
        raise OutsideApproval(
            "申请与批准不一致，没有生成文件。",
            "The request does not agree with its approval; no file was made.",
        )


def _fail(export_id: UUID, refused: Refused, *, now: datetime) -> None:
    export = _released(export_id)
    if export is None:
        return
    export.state, export.finished_at = ExportState.FAILED, now
    export.reason, export.reason_en = refused.zh[:500], refused.en[:500]
    export.save(update_fields=["state", "finished_at", "reason", "reason_en"])
    note_export("export.fail", export, by=None, after={"reason": refused.code, "said": export.reason})
