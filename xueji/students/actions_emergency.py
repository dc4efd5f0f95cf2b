"""Emergency access: one pupil outside the own area, for an hour, by two persons, looked over by a third.

Source: DESIGN (a pupil outside one's scope only through business, recorded); 《未成年人网络保护条例》 (staff access is approved
and recorded).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from xueji.access.actions_misses import looker, raise_alarm
from xueji.access.queries import scope_of
from xueji.access.scope import Actor, acting, national
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.students.actions_look_ups import match
from xueji.students.models import EmergencyAccess, Student
from xueji.students.queries.records import Record, record_of
from xueji.students.rules.emergencies import BY_CODE, MINUTES, SHORTEST_REASON

FIELDS: Final = ("identity", "schooling", "contact", "family")
DUTY: Final = "emergency.ask"


class CannotAccess(Refused):
    code = "cannot-access"


class NoSuchAccess(Refused):
    code = "not-found"


def ask(
    *, number: str, name: str, kind: str, reason: str, by: Actor, above: int, now: datetime
) -> EmergencyAccess:
    """Ask to look at the pupil whom number and name tell, wherever enrolled; the leader of the office decides.

    `above` is the office directly above, which reviews. A number that finds nobody has its price. Raises
    NotAllowed, CannotAccess, TooManyMisses.
    """
    by.require("emergency.ask")
    reason = " ".join(reason.split())[:500]
    if kind not in BY_CODE or len(reason) < SHORTEST_REASON:
        raise CannotAccess(
            "请选择情形，并写明发生了什么、为什么等不了正常办理。",
            "Choose what it is, and say what happened and why the ordinary way is too slow.",
        )
    student_id = match(number, name, act="students.emergency", by=by, today=timezone.localdate(now))
    if student_id is None:
        raise CannotAccess(
            "没有找到号码和姓名都一致的学生，请核对。",
            "No pupil has both this number and this name; compare them.",
        )
    with national("students.emergency") as using:
        place = Student.everywhere.using(using).values_list("place", flat=True).get(pk=student_id)
    if place in by.scope:
        raise CannotAccess(
            "该学生在您的管理范围内，请直接在“学生”中查看。", "This pupil is in your area; look under pupils."
        )
    with transaction.atomic():
        asked: EmergencyAccess = EmergencyAccess.objects.create(
            id=uuid7.new(),
            place=by.place,
            student_id=student_id,
            pupil_place=place,
            kind=kind,
            reason=reason,
            asked_by=by.account_id,
            asked_at=now,
            desk_place=above,
        )
        _note("emergency.ask", asked, by=by)
    return asked


def decide(access_id: UUID, *, is_granted: bool, by: Actor, now: datetime) -> EmergencyAccess:
    """Grant a colleague's request for MINUTES minutes, or refuse it. Raises NotAllowed, NoSuchAccess, CannotAccess."""
    by.require("emergency.grant")
    with transaction.atomic():
        asked = _locked(access_id, by.place)
        if asked.is_granted is not None:
            raise CannotAccess("该申请已经处理。", "This request was decided already.")
        if asked.asked_by == by.account_id:
            raise CannotAccess("须由另一人同意。", "A second person decides.")
        asked.granted_by, asked.granted_at, asked.is_granted = by.account_id, now, is_granted
        asked.ends_at = now + timedelta(minutes=MINUTES) if is_granted else None
        asked.save(update_fields=["granted_by", "granted_at", "is_granted", "ends_at"])
        _note("emergency.grant" if is_granted else "emergency.refuse", asked, by=by)
    if is_granted:
        with national("misses") as using:
            raise_alarm(
                "emergency", asked.id.bytes, whose=looker(by), after={"emergency": str(asked.id)}, using=using
            )
    return asked


def look(access_id: UUID, *, by: Actor, now: datetime) -> tuple[EmergencyAccess, Record]:
    """Return the record of the pupil, to whoever asked, as long as it was granted for; each look is recorded and marked.

    Raises NotAllowed, NoSuchAccess, CannotAccess.
    """
    by.require("emergency.ask")
    with transaction.atomic():
        asked = _locked(access_id, by.place)
        if asked.asked_by != by.account_id:
            raise CannotAccess("只有申请人本人可以查看。", "Only who asked may look.")
        if not asked.is_granted or asked.ends_at is None:
            raise CannotAccess("该申请还没有同意。", "It was not granted yet.")
        if now >= asked.ends_at:
            raise CannotAccess(
                "查看时间已过；仍需查看的，请重新申请。", "The time is over; ask again if you still need it."
            )
        with acting(scope_of(asked.pupil_place)):
            found = record_of(asked.student_id)
        if found is None:
            raise CannotAccess(
                "该学生刚刚转到别处，请重新申请。", "The pupil has just gone elsewhere; ask again."
            )
        asked.reads += 1
        asked.save(update_fields=["reads"])
        record(
            "pupil.read",
            by=by.account_id,
            office=by.place,
            subject_kind="reading",
            subject_id=asked.student_id,
            place=asked.pupil_place,
            after={
                "fields": list(FIELDS),
                "duty": DUTY,
                "reason": BY_CODE[asked.kind].zh,
                "emergency": str(asked.id),
            },
        )
    return asked, found


def review(access_id: UUID, *, is_justified: bool, verdict: str, by: Actor, now: datetime) -> EmergencyAccess:
    """Say afterwards whether an access was justified, as the auditor of the office above. Raises as `decide`."""
    by.require("emergency.review")
    verdict = " ".join(verdict.split())[:500]
    if len(verdict) < SHORTEST_REASON:
        raise CannotAccess("请写明复核意见。", "Say what the review found.")
    with transaction.atomic():
        asked = (
            EmergencyAccess.everywhere.select_for_update()
            .filter(pk=access_id, desk_place=by.place, is_granted=True)
            .first()
        )
        if asked is None:
            raise _no_such()
        if asked.reviewed_at is not None:
            raise CannotAccess("该查阅已经复核。", "It was reviewed already.")
        if asked.ends_at is None or now < asked.ends_at:
            raise CannotAccess(
                "查看时间还没有结束，结束后再复核。", "Its time is not over yet; review it then."
            )
        if by.account_id in (asked.asked_by, asked.granted_by):
            raise CannotAccess("须由第三人复核。", "A third person reviews.")
        asked.reviewed_by, asked.reviewed_at = by.account_id, now
        asked.is_justified, asked.verdict = is_justified, verdict
        asked.save(update_fields=["reviewed_by", "reviewed_at", "is_justified", "verdict"])
        _note("emergency.review", asked, by=by, is_justified=is_justified)
    return asked


def _locked(access_id: UUID, place: int) -> EmergencyAccess:
    found: EmergencyAccess | None = (
        EmergencyAccess.objects.select_for_update().filter(pk=access_id, place=place).first()
    )
    if found is None:
        raise _no_such()
    return found


def _no_such() -> NoSuchAccess:
    return NoSuchAccess("没有这项紧急查阅。", "There is no such emergency access.")


def _note(act: str, asked: EmergencyAccess, *, by: Actor, **more: object) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="emergency",
        subject_id=asked.id,
        place=asked.pupil_place,
        after={"kind": asked.kind, **more},
    )
