"""Class requests: proposed by the registrar, decided by the leader, written set-based, undone exactly by the authority.

Everything is inside one school, so the ordinary role and its two walls suffice. Images of the rows are kept as those of
cases are, under the id of the request.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from xueji.access.rules import places
from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_codes
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn, OwnWork, ReasonMissing
from xueji.status.models import ClassMove, ClassRequest
from xueji.status.queries.class_requests import Sits, numbers_taken, open_classes, seats_of_grade
from xueji.status.rules.class_requests import (
    ClassCount,
    Fault,
    RequestState,
    Seat,
    counts,
    faults,
)
from xueji.status.rules.kind import DAYS_TO_UNDO


class RequestUnfit(Refused):
    """The request cannot be filed; `faults` says why."""

    code = "class-request-unfit"

    def __init__(self, found: Collection[Fault]) -> None:
        super().__init__("".join(one.zh for one in found), " ".join(one.en for one in found))
        self.faults = tuple(found)


class PupilsMoved(Refused):
    code = "pupils-moved"


class NoSuchRequest(Refused):
    code = "not-found"


@dataclass(frozen=True)
class Preview:
    """What a request would do: every class of the grade before and after, and what keeps it from being filed."""

    counts: tuple[ClassCount, ...]
    faults: tuple[Fault, ...]


def look_ahead(
    grade_id: int,
    moves: Mapping[UUID, str],
    *,
    opens: Mapping[str, str] | None = None,
    closes: Collection[str] = (),
    by: Actor,
) -> Preview:
    """Return what a request would do. Writes nothing. `moves`: pupil → number of the class; `opens`: number → name."""
    by.require("classes.move")
    seats = _seen(seats_of_grade(grade_id, by.place))
    given: dict[str, Any] = {
        "classes": open_classes(grade_id, by.place),
        "opens": opens or {},
        "closes": closes,
    }
    taken = numbers_taken(by.place, opens) if opens else ()
    return Preview(counts(seats, moves, **given), faults(seats, moves, **given, taken=taken))


def _seen(sits: Sequence[Sits]) -> list[Seat]:
    return [one.seat for one in sits if not one.is_hidden]


def propose(
    grade_id: int,
    moves: Mapping[UUID, str],
    *,
    opens: Mapping[str, str] | None = None,
    closes: Collection[str] = (),
    note: str = "",
    by: Actor,
    today: date,
) -> UUID:
    """File a request and return its id; who sits in the wanted class already is left out.

    Raises RequestUnfit, NotNow where another request of the grade waits for the leader, NotAllowed.
    """
    preview = look_ahead(grade_id, moves, opens=opens, closes=closes, by=by)
    if preview.faults:
        raise RequestUnfit(preview.faults)
    request_id = uuid7.new()
    with transaction.atomic(), connections["default"].cursor() as cursor:
        classes = open_classes(grade_id, by.place)
        sits = seats_of_grade(grade_id, by.place)
        goes = {**_along(sits, moves, closes), **moves}
        cursor.execute(
            """INSERT INTO status_classrequest (id, place, school_id, grade_id, state, opens, closes, opened, note,
                   filed_by, filed_on, reason)
               SELECT %s, place, school_id, id, %s, %s, %s, '[]', %s, %s, %s, '' FROM organisations_grade
               WHERE id = %s AND place = %s
               ON CONFLICT DO NOTHING""",
            [
                request_id,
                RequestState.WITH_LEADER,
                json.dumps(dict(opens or {}), ensure_ascii=False),
                json.dumps(sorted(classes[number] for number in closes)),
                " ".join(note.split())[:500],
                by.account_id,
                today,
                grade_id,
                by.place,
            ],
        )
        if cursor.rowcount == 0:
            raise NotNow(
                "本年级已有一份待审核的调班申请，请先由领导审核或撤回。",
                "A request of this grade waits for the leader; have it decided or take it back first.",
            )
        ClassMove.everywhere.bulk_create(
            [
                ClassMove(
                    student_id=one.student_id,
                    request_id=request_id,
                    place=by.place,
                    enrolment_id=one.enrolment_id,
                    source_id=one.class_id,
                    seat_before=one.seat_number,
                    target_number=goes[one.student_id],
                )
                for one in sits
                if goes.get(one.student_id, one.class_number) != one.class_number
            ],
            batch_size=1000,
        )
        _note(request_id, "file", by=by, place=by.place, today=today)
    return request_id


def _along(sits: Sequence[Sits], moves: Mapping[UUID, str], closes: Collection[str]) -> dict[UUID, str]:
    """Return where those go whom nobody sees, pupil → class: out of a class that is closed with most of the others.

    A pupil whose death is reported stands on no list, so nobody can choose a class; a report
    that is taken back must find the pupil in a class that is open.
    """
    went: dict[str, Counter[str]] = {}
    for one in sits:
        if one.student_id in moves:
            went.setdefault(one.class_number, Counter())[moves[one.student_id]] += 1
    return {
        one.student_id: went[one.class_number].most_common(1)[0][0]
        for one in sits
        if one.is_hidden and one.class_number in closes and one.class_number in went
    }


def decide(request_id: UUID, *, approve: bool, reason: str = "", by: Actor, today: date) -> None:
    """Decide a request as the school's leader: all of it happens at once, or it is refused, with a reason.

    Raises NotNow, OwnWork, ReasonMissing, PupilsMoved when pupils have changed meanwhile, NotAllowed.
    """
    with transaction.atomic():
        request = _locked(request_id, RequestState.WITH_LEADER)
        by.require("classes.decide", request.place)
        if by.account_id == request.filed_by:
            raise OwnWork("调班须由另一位同事审核。", "A second person has to decide who changes class.")
        if not approve and not reason.strip():
            raise ReasonMissing("请写明不同意的理由。", "Say why it is refused.")
        if approve:
            _carry_out(request, by=by, today=today)
            request.undo_until = today + timedelta(days=DAYS_TO_UNDO)
        request.state = RequestState.DONE if approve else RequestState.REFUSED
        request.decided_by, request.decided_on = by.account_id, today
        request.reason = " ".join(reason.split())[:500]
        request.save(force_update=True)
        _note(
            request_id,
            "approve" if approve else "refuse",
            by=by,
            place=request.place,
            today=today,
            reason=request.reason,
        )


def withdraw(request_id: UUID, *, by: Actor, today: date) -> None:
    """Take a request back that the leader has not decided. Raises NotNow, NotAllowed."""
    with transaction.atomic():
        request = _locked(request_id, RequestState.WITH_LEADER)
        by.require("classes.move", request.place)
        request.state, request.decided_on = RequestState.WITHDRAWN, today
        request.save(force_update=True)
        _note(request_id, "withdraw", by=by, place=request.place, today=today)


def undo(request_id: UUID, *, reason: str, by: Actor, today: date) -> None:
    """Put every pupil back as before, within 30 days, by the authority above the school.

    Raises NotYourTurn, CannotUndo when a pupil has changed since, NotNow, ReasonMissing, NotAllowed.
    """
    by.require("status.undo")
    with transaction.atomic():
        request = _locked(request_id, RequestState.DONE)
        if by.place != places.authority_above(request.place, authority_codes()):
            raise NotYourTurn(
                "撤销须由学校的主管部门办理。", "Only the authority above the school can undo it."
            )
        if request.undo_until is None or today > request.undo_until:
            raise CannotUndo(
                f"已超过撤销期限（生效后 {DAYS_TO_UNDO} 日）。",
                f"The {DAYS_TO_UNDO} days in which it can be undone are over.",
            )
        if not reason.strip():
            raise ReasonMissing("请写明撤销的理由。", "Say why it is undone.")
        _take_back(request, by=by, today=today)
        request.state, request.reason = RequestState.UNDONE, " ".join(reason.split())[:500]
        request.save(force_update=True)
        _note(request_id, "undo", by=by, place=request.place, today=today, reason=request.reason)


def _locked(request_id: UUID, state: RequestState) -> ClassRequest:
    request: ClassRequest | None = ClassRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NoSuchRequest("没有这份调班申请。", "There is no such request.")
    if request.state != state:
        raise NotNow(
            "该申请已不在这一环节，请刷新查看。", "The request is past this step; reload to see where it is."
        )
    return request


LOCK = """
SELECT s.id FROM students_student s JOIN status_classmove m ON m.student_id = s.id
WHERE m.request_id = %(request)s ORDER BY s.id FOR UPDATE OF s
"""

# Every pupil goes on as it was filed, or none does: how many moved is compared with how many should.
MOVE = """
WITH going AS (
    SELECT m.student_id, m.enrolment_id, m.source_id, m.seat_before, c.id AS target_id
    FROM status_classmove m JOIN organisations_class c
        ON c.number = m.target_number AND c.school_id = %(school)s AND c.grade_id = %(grade)s AND c.closed_on IS NULL
    WHERE m.request_id = %(request)s
), {direction}, moved AS (
    UPDATE students_enrolment e SET class_of_id = w.after_class, seat_number = w.after_seat, version = e.version + 1
    FROM way w
    WHERE e.student_id = w.student_id AND e.id = w.enrolment_id AND e.ended_on IS NULL
        AND e.class_of_id = w.before_class AND e.seat_number = w.before_seat
    RETURNING e.student_id, e.id, e.state, w.before_class, w.after_class, w.before_seat, w.after_seat
), raised AS (
    UPDATE students_student s SET version = s.version + 1 FROM moved WHERE s.id = moved.student_id
), counted AS (
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT class_id, state, %(place)s, sum(by) FROM (
        SELECT before_class AS class_id, state, -1 AS by FROM moved
        UNION ALL SELECT after_class, state, 1 FROM moved) AS changes
    GROUP BY class_id, state ORDER BY class_id, state
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, before, after)
    SELECT student_id, 'class.move', 'student', %(account)s, %(office)s, %(place)s,
        jsonb_build_object('class', before_class), jsonb_build_object('class', after_class, 'request', %(request)s::text)
    FROM moved
){keep}
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM status_classmove WHERE request_id = %(request)s)
"""

THERE = """way AS (SELECT student_id, enrolment_id, source_id AS before_class, target_id AS after_class,
    seat_before AS before_seat, '' AS after_seat FROM going)"""
BACK = """way AS (SELECT student_id, enrolment_id, target_id AS before_class, source_id AS after_class,
    '' AS before_seat, seat_before AS after_seat FROM going)"""
KEEP = """, kept AS (
    INSERT INTO status_effect (student_id, case_id, moment, ordinal, place, "table", key, before, after)
    SELECT student_id, %(request)s, 'effect', 0, %(place)s, 'students_enrolment',
        jsonb_build_object('student_id', student_id, 'id', id),
        jsonb_build_object('class_of_id', before_class, 'seat_number', before_seat, 'state', state, 'place', %(place)s,
            'ended_on', NULL),
        jsonb_build_object('class_of_id', after_class, 'seat_number', after_seat, 'state', state, 'place', %(place)s,
            'ended_on', NULL)
    FROM moved
)"""


def _carry_out(request: ClassRequest, *, by: Actor, today: date) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(LOCK, {"request": request.pk})
        for number, name in sorted(request.opens.items()):
            cursor.execute(
                """INSERT INTO organisations_class (place, school_id, grade_id, number, name, kind, opened_on)
                   VALUES (%s, %s, %s, %s, %s, 'ordinary', %s) ON CONFLICT DO NOTHING RETURNING id""",
                [request.place, request.school_id, request.grade_id, number, name, today],
            )
            row = cursor.fetchone()
            if row is None:
                raise PupilsMoved(
                    f"班号 {number} 已被使用，请退回后换一个班号。",
                    f"The class number {number} is in use by now; refuse it and file it with another one.",
                )
            request.opened = [*request.opened, row[0]]
            _note_class(row[0], "class.open", by=by, place=request.place, after={"number": number})
        _move(cursor, request, THERE, KEEP, by=by)
        for class_id in request.closes:
            _close(cursor, class_id, request, by=by, today=today)


def _take_back(request: ClassRequest, *, by: Actor, today: date) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(LOCK, {"request": request.pk})
        for class_id in request.closes:
            cursor.execute("UPDATE organisations_class SET closed_on = NULL WHERE id = %s", [class_id])
            _note_class(class_id, "class.open", by=by, place=request.place, after={"closed_on": None})
        try:
            _move(cursor, request, BACK, "", by=by)
            for class_id in request.opened:
                _close(cursor, class_id, request, by=by, today=today)
        except PupilsMoved as moved:
            raise CannotUndo(
                "有学生此后又有变动，不能整体撤销；请先撤销后来的变动。",
                "Some of the pupils changed since, so it cannot be undone; undo the later changes first.",
            ) from moved


def _move(cursor: Any, request: ClassRequest, direction: str, keep: str, *, by: Actor) -> None:
    cursor.execute(
        MOVE.format(direction=direction, keep=keep),
        {
            "request": request.pk,
            "school": request.school_id,
            "grade": request.grade_id,
            "place": request.place,
            "account": by.account_id,
            "office": by.place,
        },
    )
    moved, wanted = cursor.fetchone()
    if moved != wanted:
        raise PupilsMoved(
            f"有 {wanted - moved} 名学生在提交后有了变动，请退回后重新提交。",
            f"{wanted - moved} pupil(s) changed since it was filed; refuse it and have it filed anew.",
        )


def _close(cursor: Any, class_id: int, request: ClassRequest, *, by: Actor, today: date) -> None:
    """Close a class that has nobody left. Raises PupilsMoved."""
    cursor.execute(
        """UPDATE organisations_class SET closed_on = %s WHERE id = %s AND closed_on IS NULL AND NOT EXISTS (
               SELECT 1 FROM students_enrolment e WHERE e.class_of_id = %s AND e.ended_on IS NULL)""",
        [today, class_id, class_id],
    )
    if cursor.rowcount == 0:
        raise PupilsMoved(
            "要关闭的班级还有学生，请退回后重新提交。",
            "A class to be closed still has pupils; refuse it and have it filed anew.",
        )
    _note_class(class_id, "class.close", by=by, place=request.place, after={"closed_on": str(today)})


def _note(request_id: UUID, act: str, *, by: Actor, place: int, today: date, reason: str = "") -> None:
    record(
        f"class.request.{act}",
        by=by.account_id,
        office=by.place,
        subject_kind="class_request",
        subject_id=request_id,
        place=place,
        after={"on": str(today)} | ({"reason": reason} if reason else {}),
    )


def _note_class(class_id: int, act: str, *, by: Actor, place: int, after: dict[str, Any]) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="class",
        subject_id=class_id,
        place=place,
        after=after,
    )
