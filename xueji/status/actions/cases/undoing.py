"""Undo: the exact inverse of what a case did, in its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor
from xueji.organisations.queries import authority_codes, calendar
from xueji.status.actions import effects
from xueji.status.actions.cases.moving import (
    Acted,
    CannotUndo,
    Moving,
    NotYourTurn,
    ReasonMissing,
    apply_back,
    end_turn,
    locked,
    move,
    not_now,
    raise_version,
    require_version,
    said,
    tell,
)
from xueji.status.rules.routes import filed_with
from xueji.status.rules.steps import Act, State
from xueji.status.statements import business


def undoers_of(case: Moving) -> frozenset[int]:
    """Return the authorities that may undo the case: the one above the desk where it took effect, those it is filed with."""
    desk = next(desk for desk in case.route if desk.has_effect)
    return frozenset({places.authority_above(desk.place, authority_codes())}) | filed_with(case.route)


def undo(case_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None) -> Acted:
    """Take back what a case did, exactly: in its time, by the authority above, as long as nothing stands on it.

    The time is the kind's, 30 days where it says nothing else.

    Raises CannotUndo, NotNow, ReasonMissing, Overtaken.
    """
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_version(case, version)
        by.require("status.undo")
        if case.effect_on is None or case.state is State.UNDONE:
            raise not_now()
        if by.place not in undoers_of(case):
            raise NotYourTurn(
                "撤销须由作出决定的单位的上一级主管部门或受理备案的部门办理。",
                "Only the authority above the office that decided, or the one it is filed with, can undo it.",
            )
        if case.undo_until is None or today > case.undo_until:
            until = f"（{case.undo_until.isoformat()}）" if case.undo_until else ""
            raise CannotUndo(
                f"已超过撤销期限{until}，请按更正或恢复学籍办理。",
                "The days in which it can be undone are over; file a correction or a restoration.",
            )
        if not reason.strip():
            raise ReasonMissing("请写明撤销的理由。", "Say why it is undone.")
        _require_nothing_on_top(case, using)
        done = effects.kept(case.student_id, case.id, moment=effects.EFFECT, using=using)
        try:
            apply_back(case, done.inverse(), moment=effects.EFFECT, writing=writing)
            writing.send()
            if case.kind.effect_on_filing is not None:
                back = effects.taken_back(case.student_id, case.id, using=using)
                apply_back(case, back, moment=effects.FILING, writing=writing)
                writing.send()
        except effects.Overtaken as overtaken:
            raise CannotUndo(
                "该生的学籍此后又有了变动，不能直接撤销；请先撤销后来的变动。",
                "The record changed again since; undo the later change first.",
            ) from overtaken
        raise_version(case, writing)
        writing.say(
            "UPDATE status_sealedcopy SET void_on = %s WHERE student_id = %s AND case_id = %s",
            [today, case.student_id, case.id],
        )
        moved = replace(case, state=State.UNDONE, version=case.version + 1)
        said(case, Act.UNDO, by=by, today=today, reason=reason, writing=writing)
        end_turn(case, Act.UNDO, days=calendar(using), today=today, writing=writing)
        move(moved, today=today, writing=writing)
        tell(moved, Act.UNDO, by=by, before=case, writing=writing)
        return Acted(case.student_id, case.id, moved.state, moved.version)


def _require_nothing_on_top(case: Moving, using: str) -> None:
    """Raise CannotUndo where an open case or a new enrolment came after the effect, or a class of before is closed."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM status_case WHERE student_id = %s AND id <> %s AND closed_on IS NULL
                   AND state <> 'waiting' AND filed_on >= %s AND (NOT is_discreet OR %s))""",
            [case.student_id, case.id, case.effect_on, case.is_discreet],
        )
        (is_open,) = cursor.fetchone()
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM status_effect f
                   JOIN organisations_class c ON c.id = (f.before->>'class_of_id')::bigint
                   WHERE f.student_id = %s AND f.case_id = %s AND f."table" = 'students_enrolment'
                       AND f.before->>'ended_on' IS NULL AND c.closed_on IS NOT NULL)""",
            [case.student_id, case.id],
        )
        (is_closed,) = cursor.fetchone()
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM status_effect f WHERE f.student_id = %(student)s AND f.case_id = %(case)s
                   AND f."table" = 'students_enrolment' AND f.before->>'ended_on' IS NULL
                   AND f.after->>'ended_on' IS NOT NULL AND f.before IS NOT NULL)
               AND EXISTS (SELECT 1 FROM students_enrolment e WHERE e.student_id = %(student)s AND e.ended_on IS NULL
                   AND NOT EXISTS (SELECT 1 FROM status_effect f WHERE f.student_id = e.student_id
                       AND f.case_id = %(case)s AND f."table" = 'students_enrolment' AND f.key->>'id' = e.id::text))""",
            {"student": case.student_id, "case": case.id},
        )
        (is_enrolled_anew,) = cursor.fetchone()
    if is_enrolled_anew:
        raise CannotUndo(
            "该生此后已有新的学籍，不能直接撤销；请先撤销后来的变动。",
            "The pupil has a new enrolment since; undo the later change first.",
        )
    if is_open:
        raise CannotUndo(
            "该生此后又有在办业务，请先办结或撤回。",
            "Another case of the pupil is under way since; finish or withdraw it first.",
        )
    if is_closed:
        raise CannotUndo(
            "原班级已关闭，不能撤销；请先由原学校重新开班。",
            "The class of before is closed; its school has to open it again first.",
        )
