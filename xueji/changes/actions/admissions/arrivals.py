"""A school confirms who of its admitted pupils has come, and who has not.

Who has come goes into a roster that the registrar need not type: what the nation knows of
the pupil (the record that is continued, or the kindergarten's) fills it in. From there on it
is a roster like any other: checked, submitted, decided, undone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions import rosters
from xueji.changes.models import Admission, AdmissionList, RosterBatch
from xueji.changes.queries.admissions import IS_CLAIMED, IS_DISPUTED
from xueji.changes.queries.particulars import particulars_of
from xueji.changes.rules.admissions import NOT_COME_REASONS, STAGE_NAMES
from xueji.changes.rules.roster_steps import State
from xueji.lib.errors import Refused
from xueji.organisations.models import Class, School
from xueji.students.rules.code_lists import ENTRY_MODES_OF_STAGE

DOOR = "list"
MOST_AT_ONCE = 3_000
DAY_PUPIL = "1"


class NobodyChosen(Refused):
    code = "nobody-chosen"


class NotAwaited(Refused):
    code = "not-awaited"


class NoSuchClass(Refused):
    code = "no-such-class"


class ClassUnfit(Refused):
    code = "class-unfit"


class ReasonUnknown(Refused):
    code = "reason-unknown"


def report(
    ids: Sequence[UUID],
    *,
    class_number: str,
    school: School,
    by: Actor,
    today: date,
    study_mode: str = DAY_PUPIL,
) -> RosterBatch:
    """Put awaited pupils who have come into a class: a roster of them, checked and submitted; return it.

    Where something is missing in a row, nothing is submitted: the roster shows its findings, and
    its pupils are still awaited. `study_mode` is theirs, day pupil if not said; the way of entry is the
    list's, else the usual one of the stage. Repeating it finds the roster that is there. Raises NobodyChosen, NotAwaited,
    NoSuchClass, ClassUnfit.
    """
    by.require("admission.report", school.place)
    with national("admission") as using:
        chosen = awaited(ids, by=by, using=using)
        lists = {found.list_id for found in chosen}
        of_lists = list(AdmissionList.everywhere.using(using).filter(pk__in=lists))
        require_class(class_number, school, of_lists, using)
        values = particulars_of(chosen, using=using)
    stage = of_lists[0].stage
    for pupil in values:
        pupil |= {"class_number": class_number, "study_mode": study_mode}
        pupil.setdefault("entry_mode", ENTRY_MODES_OF_STAGE[stage][0])
    content = json.dumps(values, ensure_ascii=False, sort_keys=True).encode()
    name = of_lists[0].name if len(of_lists) == 1 else "录取新生"
    batch, _ = rosters.receive(content, file_name=f"{name} {class_number}", school=school, by=by, door=DOOR)
    if batch.state not in {State.UPLOADED, State.CHECKED}:
        return batch
    batch = rosters.check_batch(batch.id, today=today)
    # With faults left the registrar looks first: completed by hand, nothing is submitted twice.
    if batch.state == State.CHECKED and batch.accepted and not batch.rejected:
        batch = rosters.submit(batch.id, by=by, today=today)
    return batch


def known_of(admission_id: UUID, *, by: Actor) -> dict[str, str] | None:
    """Return what is known of one awaited pupil of the own school, as typed values; None where there is none.

    That it was looked at is recorded.
    """
    by.require("admission.report", by.place)
    with national("admission") as using:
        found = (
            Admission.everywhere.using(using).filter(id=admission_id, place=by.place, state="awaited").first()
        )
        if found is None:
            return None
        record(
            "admission.fill_in",
            by=by.account_id,
            office=by.place,
            subject_kind="admission",
            subject_id=found.id,
            place=found.place,
            using=using,
        )
        (values,) = particulars_of([found], using=using)
        return values


def require_class(number: str, school: School, lists: Sequence[AdmissionList], using: str) -> None:
    """Raise NoSuchClass or ClassUnfit unless pupils of these lists enter this open class."""
    found = (
        Class.everywhere.using(using)
        .select_related("grade")
        .filter(school=school, number=number, closed_on__isnull=True)
        .first()
    )
    if found is None:
        raise NoSuchClass(
            "本校没有这个班号，请重新选择，或先在“学校”中开设班级。",
            "Your school has no such class; choose again, or open the class first.",
        )
    for one in lists:
        if (found.grade.stage, found.grade.entry_year) != (one.stage, one.school_year):
            zh, en = STAGE_NAMES[one.stage]
            raise ClassUnfit(
                f"“{one.name}”录取的是 {one.school_year} 年{zh}新生，请选择该年级的班级。",
                f"“{one.name}” admits pupils who enter {en.lower()} in {one.school_year}; choose a class of that grade.",
            )


def awaited(
    ids: Sequence[UUID], *, by: Actor, using: str, states: Sequence[str] = ("awaited",)
) -> list[Admission]:
    """Return these pupils of the own school, locked, in one order. Raises NobodyChosen, NotAwaited."""
    if not ids:
        raise NobodyChosen("请先勾选学生。", "Tick the pupils first.")
    if len(ids) > MOST_AT_ONCE:
        raise NobodyChosen(
            f"一次最多办理 {MOST_AT_ONCE} 人，请分批办理。", f"At most {MOST_AT_ONCE} pupils at a time."
        )
    chosen = list(
        Admission.everywhere.using(using)
        .select_for_update()
        .filter(id__in=set(ids), place=by.place)
        .order_by("scheme", "index", "list_id")
    )
    standing = {found.id for found in chosen if found.state in states}
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"SELECT a.id FROM changes_admission a WHERE a.id = ANY(%s) AND ({IS_DISPUTED} OR {IS_CLAIMED})",
            [list(standing)],
        )
        standing -= {one for (one,) in cursor.fetchall()}
    if standing != set(ids):
        raise NotAwaited(
            "所选学生中有的已报到、已有结果或正在核查重复招生，请刷新后重新勾选。",
            "Some of the chosen pupils have come, have an outcome or are in dispute; reload and tick again.",
        )
    return chosen


def not_come(ids: Sequence[UUID], *, reason: str, by: Actor, today: date) -> int:
    """Note that awaited pupils have not come, and why; return how many. Raises ReasonUnknown, NotAwaited."""
    by.require("admission.report", by.place)
    if reason not in NOT_COME_REASONS:
        raise ReasonUnknown("请选择未报到的原因。", "Choose why they have not come.")
    with national("admission") as using:
        chosen = awaited(ids, by=by, using=using)
        return mark(chosen, "not_come", reason, today, by=by, using=using)


def await_again(ids: Sequence[UUID], *, by: Actor, today: date) -> int:
    """Wait again for pupils who were noted as not come; return how many. Raises NotAwaited."""
    by.require("admission.report", by.place)
    with national("admission") as using:
        chosen = awaited(ids, by=by, using=using, states=("not_come",))
        return mark(chosen, "awaited", "", None, by=by, using=using)


def mark(
    chosen: Sequence[Admission], state: str, reason: str, ended_on: date | None, *, by: Actor, using: str
) -> int:
    """Write one state to these pupils, with one event each."""
    ids = [found.id for found in chosen]
    with connections[using].cursor() as cursor:
        cursor.execute(
            """WITH changed AS (
                   UPDATE changes_admission SET state = %(state)s, reason = %(reason)s, ended_on = %(ended)s
                   WHERE id = ANY(%(ids)s) RETURNING id, place, list_id
               )
               INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
               SELECT id, 'admission.' || %(act)s, 'admission', %(account)s, %(office)s, place, list_id,
                   jsonb_build_object('state', %(state)s::text, 'reason', %(reason)s::text) FROM changed""",
            {
                "state": state,
                "reason": reason,
                "ended": ended_on,
                "ids": ids,
                "act": "not_come" if state == "not_come" else "await",
                "account": by.account_id,
                "office": by.place,
            },
        )
        return int(cursor.rowcount)
