"""The undo of a reorganisation: the exact inverse, by the authority above, as long as nothing stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.actions import Ended
from xueji.access.rules import places
from xueji.access.scope import Actor, national
from xueji.changes.actions.admissions import handover
from xueji.organisations.actions import open_again
from xueji.organisations.models import School
from xueji.organisations.queries import authority_codes
from xueji.status.actions.cases import CannotUndo, NotYourTurn
from xueji.status.actions.effects import EFFECT
from xueji.status.actions.promotion import look_again
from xueji.status.actions.reorganisations.handing_over import FOLLOWS, KEPT, lock, tell_classes
from xueji.status.actions.reorganisations.moving import moving, put, stated
from xueji.status.models import Reorganisation
from xueji.status.rules.graduation import Act, State


def undoer_of(request: Reorganisation) -> int:
    """Return the authority that may undo a request: the one above the office that decided."""
    return places.authority_above(request.place, authority_codes())


# Pupils whose records are no longer as the effect left them; others who came to its classes; cases filed since;
# requests of the grades and rosters that name its classes; grades that were promoted since.
STANDS_ON_IT = f"""
SELECT
    (SELECT count(*) FROM status_effect f
        LEFT JOIN students_enrolment e ON e.student_id = f.student_id AND e.id = (f.key->>'id')::uuid
        WHERE {KEPT} AND (e.student_id IS NULL OR NOT (to_jsonb(e) @> f.after))),
    (SELECT count(*) FROM students_enrolment e WHERE e.class_of_id = ANY(%(opened)s) AND NOT EXISTS (
        SELECT 1 FROM status_effect f WHERE f.student_id = e.student_id AND f.case_id = %(request)s
            AND f.moment = '{EFFECT}' AND f.key->>'id' = e.id::text)),
    (SELECT count(DISTINCT c.student_id) FROM status_case c WHERE c.student_id = ANY(%(students)s)
        AND c.closed_on IS NULL AND NOT c.is_discreet),
    (SELECT count(*) FROM changes_rosterbatch b WHERE b.closed_on IS NULL AND b.place = ANY(%(places)s)
        AND EXISTS (SELECT 1 FROM changes_rosterrow r WHERE r.batch_id = b.id AND r.class_id = ANY(%(opened)s)))
    + (SELECT count(*) FROM status_graduation r WHERE r.state IN ('draft', 'with_leader', 'with_authority')
        AND r.grade_id IN (SELECT grade_id FROM organisations_class WHERE id = ANY(%(opened)s)))
    + (SELECT count(*) FROM status_classrequest r WHERE r.state = 'with_leader'
        AND r.grade_id IN (SELECT grade_id FROM organisations_class WHERE id = ANY(%(opened)s))),
    (SELECT count(*) FROM status_reorganisedclass l
        JOIN organisations_class o ON o.id = l.class_id JOIN organisations_grade og ON og.id = o.grade_id
        JOIN organisations_class n ON n.id = l.new_class_id JOIN organisations_grade ng ON ng.id = n.grade_id
        WHERE l.reorganisation_id = %(request)s AND (og.number <> ng.number OR n.closed_on IS NOT NULL))
"""

TAKEN_BACK = (
    f"""
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT class_of_id, state, place, sum(by) FROM (
        SELECT (f.after->>'class_of_id')::bigint AS class_of_id, f.after->>'state' AS state,
            (f.after->>'place')::bigint AS place, -1 AS by FROM status_effect f WHERE {KEPT} AND f.ordinal = 1
        UNION ALL
        SELECT (f.before->>'class_of_id')::bigint, f.before->>'state', (f.before->>'place')::bigint, 1
        FROM status_effect f WHERE {KEPT} AND f.ordinal = 0) AS changes
    GROUP BY 1, 2, 3 ORDER BY 1, 2
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
    """,
    f"""
    DELETE FROM students_enrolment e USING status_effect f
    WHERE {KEPT} AND f.ordinal = 1 AND e.student_id = f.student_id AND e.id = (f.key->>'id')::uuid
    """,
    f"""
    UPDATE students_enrolment e SET state = f.before->>'state', ended_on = NULL, end_reason = f.before->>'end_reason',
        version = e.version + 1
    FROM status_effect f
    WHERE {KEPT} AND f.ordinal = 0 AND e.student_id = f.student_id AND e.id = (f.key->>'id')::uuid
    """,
    f"""
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, other_place, batch_id, before,
        after)
    SELECT f.student_id, 'status.reorganisation.undo', 'student', %(account)s, %(office)s,
        (f.after->>'place')::bigint, (o.before->>'place')::bigint, %(request)s,
        jsonb_build_object('class', (f.after->>'class_of_id')::bigint),
        jsonb_build_object('class', (o.before->>'class_of_id')::bigint)
    FROM status_effect f JOIN status_effect o ON o.student_id = f.student_id AND o.case_id = f.case_id
        AND o.moment = f.moment AND o.ordinal = 0
    WHERE {KEPT} AND f.ordinal = 1 ORDER BY f.student_id
    """,
    # As with a class request: a class that was opened is closed and not deleted, since history names it.
    "UPDATE organisations_class SET closed_on = greatest(opened_on, %(today)s) WHERE id = ANY(%(opened)s)",
    "UPDATE organisations_class SET closed_on = NULL WHERE id = ANY(%(reopened)s)",
    "UPDATE organisations_grade SET is_open = true WHERE id = ANY(%(grades)s)",
    """
    UPDATE organisations_grade g SET is_open = false WHERE g.id = ANY(%(grades_opened)s) AND NOT EXISTS (
        SELECT 1 FROM organisations_class c WHERE c.grade_id = g.id AND c.closed_on IS NULL)
    """,
)


def undo(
    request_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Take a reorganisation back, exactly: in 30 days, by the authority above, as long as nothing stands on it.

    Raises CannotUndo, ReasonMissing, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = moving(request_id, Act.UNDO, by=by, version=version, using=using)
        if by.place != undoer_of(request):
            raise NotYourTurn(
                "撤销须由作出决定的单位的上一级主管部门办理。",
                "Only the authority above the office that decided can undo it.",
            )
        if request.undo_until is None or today > request.undo_until:
            raise CannotUndo(
                f"已超过撤销期限（{request.undo_until}），请另行办理学校撤并。",
                "The days in which it can be undone are over; file another reorganisation.",
            )
        reason = stated(reason)
        pupils = _take_back(request, by=by, today=today, using=using)
        request.reason = reason
        put(request, State.UNDONE, Act.UNDO, by=by, today=today, using=using, reason=reason, pupils=pupils)
        return request


def _take_back(request: Reorganisation, *, by: Actor, today: date, using: str) -> int:
    made = request.made
    schools = School.objects.using(using).select_related("organisation")
    concerned = {one.pk: one for one in schools.filter(pk__in=[*request.sources, *request.targets])}
    opened = sorted(made["classes"].values())
    known: dict[str, Any] = {
        "request": request.id,
        "classes": opened,
        "opened": opened,
        "sources": sorted(request.targets),
        "targets": sorted(request.sources),
        "places": [concerned[one].place for one in request.targets],
        "left": [concerned[one].place for one in request.sources],
        "reopened": sorted(
            {*map(int, made["classes"]), *(one for kept in made["schools"].values() for one in kept["empty"])}
        ),
        "grades": made["grades_closed"],
        "grades_opened": made["grades_opened"],
        "account": by.account_id,
        "office": by.place,
        "today": today,
    }
    with connections[using].cursor() as cursor:
        lock(cursor, known)
        cursor.execute(
            f"""SELECT o.student_id, (o.before->>'place')::bigint, (n.after->>'place')::bigint
                FROM students_enrolment e
                JOIN status_effect o ON o.student_id = e.student_id AND o.case_id = %(request)s AND o.moment = '{EFFECT}'
                    AND o.ordinal = 0 AND o.key->>'id' = e.id::text
                JOIN status_effect n ON n.student_id = e.student_id AND n.case_id = %(request)s AND n.moment = '{EFFECT}'
                    AND n.ordinal = 1
                WHERE e.place = ANY(%(left)s) AND e.ended_on IS NOT NULL AND e.class_of_id = ANY(%(reopened)s)
                ORDER BY 1""",
            known,
        )
        moved = cursor.fetchall()
        known |= {
            "students": [row[0] for row in moved],
            "from": [row[1] for row in moved],
            "at": [row[2] for row in moved],
        }
        awaited = made.get("awaited", [])
        handover.lock([id_ for moved in awaited for id_ in moved["ids"]], using=using)
        cursor.execute(STANDS_ON_IT, known)
        _require_nothing_on_top(*cursor.fetchone())
        _require_nobody_came(
            sum(
                handover.gone_on(one["ids"], place=concerned[one["target"]].place, using=using)
                for one in awaited
            )
        )
        for statement in TAKEN_BACK:
            cursor.execute(statement, known)
        for statement in FOLLOWS:
            cursor.execute(statement.format(of="target", to="source"), known)
        tell_classes(cursor, known, closes="opened", opens="reopened")
        _open_schools(cursor, request, concerned, by=by, using=using)
        for one in awaited:
            handover.hand_back(
                one["ids"],
                source=concerned[one["target"]].place,
                target=concerned[one["source"]].place,
                school_id=one["source"],
                request=request.id,
                by=by,
                using=using,
            )
    look_again([one.place for one in concerned.values()], using=using)
    return len(moved)


def _require_nothing_on_top(changed: int, others: int, cases: int, requests: int, classes: int) -> None:
    """Raise CannotUndo with what came after the effect."""
    if changed:
        raise CannotUndo(
            f"{changed} 条学籍此后又有变动，不能整体撤销；请先撤销后来的变动。",
            f"{changed} enrolment(s) changed again since, so it cannot be undone; undo the later changes first.",
        )
    if others:
        raise CannotUndo(
            f"{others} 名其他学生此后进入了划转的班级，不能撤销；请先为他们办理调班。",
            f"{others} other pupil(s) came to the classes since; move them to other classes first.",
        )
    if cases or requests:
        raise CannotUndo(
            f"{cases} 名学生有在办业务，{requests} 份名册或申请涉及这些班级；请先办结或撤回。",
            f"{cases} pupil(s) have a case under way, and {requests} roster(s) or request(s) concern the classes; finish or"
            " withdraw them first.",
        )
    if classes:
        raise CannotUndo(
            f"{classes} 个班此后已升级或关闭，不能撤销；请先撤销后来的变动。",
            f"{classes} class(es) were promoted or closed since; undo that first.",
        )


def _require_nobody_came(admitted: int) -> None:
    """Raise CannotUndo where admitted pupils who were sent to another school have come there."""
    if admitted:
        raise CannotUndo(
            f"{admitted} 名改到接收学校报到的新生已报到、注册或在核查重复招生，不能撤销；请先撤回这些办理。",
            f"{admitted} admitted pupil(s) who were to come to the other school have come, are registered or in dispute since;"
            " take that back first.",
        )


def _open_schools(
    cursor: Any, request: Reorganisation, concerned: Mapping[int, School], *, by: Actor, using: str
) -> None:
    made = request.made
    for id_, kept in made["schools"].items():
        ended = [
            Ended(one[0], date.fromisoformat(one[1]) if one[1] else None, date.fromisoformat(one[2]))
            for one in kept["ended"]
        ]
        open_again(
            concerned[int(id_)],
            state=kept["state"],
            change_id=kept["change"],
            ended=ended,
            by=by,
            using=using,
        )
    cursor.execute("DELETE FROM organisations_schoolchange WHERE id = ANY(%s)", [made["changes"]])
    for id_, points in made["points"].items():
        cursor.execute(
            "UPDATE organisations_school SET under_id = %s WHERE organisation_id = ANY(%s) AND under_id = %s",
            [int(id_), points, request.targets[0]],
        )
    for place, copies in made["copies"].items():
        cursor.execute(
            "UPDATE status_sealedcopy SET place = %s WHERE id = ANY(%s::uuid[]) AND place = %s",
            [int(place), copies, request.archives_place],
        )
