"""The effect of a reorganisation: everything that goes, set-based, and what was done for the exact inverse.

Locks are taken in the order of every other change: pupils, enrolments, classes, schools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.actions.admissions import handover
from xueji.lib import uuid7
from xueji.organisations.actions import SPLIT, change, shut
from xueji.organisations.models import School
from xueji.status.actions.effects import EFFECT
from xueji.status.actions.promotion import look_again
from xueji.status.actions.reorganisations.moving import ReorganisationStopped, overtaken, preview_of
from xueji.status.models import Reorganisation
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.facts import TRANSFERRED
from xueji.status.rules.reorganisation import REORGANISED, Facts, Kind

OF_CLASSES = "e.class_of_id = ANY(%(classes)s) AND e.ended_on IS NULL"
LOCKS = (
    f"""SELECT s.id FROM students_student s JOIN students_enrolment e ON e.student_id = s.id
        WHERE {OF_CLASSES} ORDER BY s.id FOR UPDATE OF s""",
    f"SELECT e.student_id FROM students_enrolment e WHERE {OF_CLASSES} ORDER BY e.student_id FOR UPDATE",
    "SELECT id FROM organisations_class WHERE id = ANY(%(classes)s) ORDER BY id FOR UPDATE",
    """SELECT organisation_id FROM organisations_school WHERE organisation_id = ANY(%(sources)s)
       ORDER BY 1 FOR UPDATE""",
    """SELECT organisation_id FROM organisations_school WHERE organisation_id = ANY(%(targets)s)
       ORDER BY 1 FOR SHARE""",
)
PUPILS = (
    f"SELECT e.student_id, e.class_of_id FROM students_enrolment e WHERE {OF_CLASSES} ORDER BY e.student_id"
)

# A grade of the same year that the school has; one that had left its last class is open again.
OPEN_GRADES = """
INSERT INTO organisations_grade AS g (place, school_id, stage, entry_year, number, is_open)
SELECT DISTINCT t.place, t.organisation_id, o.stage, o.entry_year, o.number, true
FROM unnest(%(going)s::bigint[], %(schools)s::bigint[]) AS w (class_id, school_id)
JOIN organisations_class c ON c.id = w.class_id JOIN organisations_grade o ON o.id = c.grade_id
JOIN organisations_school t ON t.organisation_id = w.school_id
ON CONFLICT (school_id, stage, entry_year) DO UPDATE SET is_open = true WHERE NOT g.is_open
RETURNING id
"""

OPEN_CLASSES = """
WITH wanted AS (
    SELECT w.class_id, w.school_id, w.number, w.name, c.kind, t.place, n.id AS grade_id
    FROM unnest(%(going)s::bigint[], %(schools)s::bigint[], %(numbers)s::text[], %(names)s::text[])
        AS w (class_id, school_id, number, name)
    JOIN organisations_class c ON c.id = w.class_id JOIN organisations_grade o ON o.id = c.grade_id
    JOIN organisations_school t ON t.organisation_id = w.school_id
    JOIN organisations_grade n ON n.school_id = w.school_id AND n.stage = o.stage AND n.entry_year = o.entry_year
), opened AS (
    INSERT INTO organisations_class (place, school_id, grade_id, number, name, kind, opened_on)
    SELECT place, school_id, grade_id, number, name, kind, %(on)s FROM wanted ORDER BY class_id
    ON CONFLICT DO NOTHING RETURNING id, school_id, number
)
SELECT wanted.class_id, opened.id FROM opened JOIN wanted USING (school_id, number)
"""

KEEP_CLASSES = """
UPDATE status_reorganisedclass l SET new_class_id = w.new_id, pupils = w.pupils
FROM unnest(%(going)s::bigint[], %(opened)s::bigint[], %(pupils)s::int[]) AS w (class_id, new_id, pupils)
WHERE l.reorganisation_id = %(request)s AND l.class_id = w.class_id
"""

GOING = """unnest(%(students)s::uuid[], %(ids)s::uuid[], %(into)s::bigint[], %(to)s::bigint[], %(at)s::bigint[])
    AS g (student_id, id, class_id, school_id, place)
JOIN students_enrolment e ON e.student_id = g.student_id AND e.ended_on IS NULL"""
MOVED = "unnest(%(students)s::uuid[], %(from)s::bigint[], %(at)s::bigint[]) AS m (student_id, source, target)"
KEPT = "f.student_id = ANY(%(students)s) AND f.case_id = %(request)s AND f.moment = 'effect'"

HANDED_OVER = (
    f"""
    INSERT INTO status_effect (student_id, case_id, moment, ordinal, place, "table", key, before, after)
    SELECT e.student_id, %(request)s, '{EFFECT}', 0, e.place, 'students_enrolment',
        jsonb_build_object('student_id', e.student_id, 'id', e.id),
        jsonb_build_object('class_of_id', e.class_of_id, 'state', e.state, 'place', e.place,
            'ended_on', e.ended_on, 'end_reason', e.end_reason),
        jsonb_build_object('class_of_id', e.class_of_id, 'state', '{TRANSFERRED}', 'place', e.place,
            'ended_on', %(on)s::date, 'end_reason', '{REORGANISED}')
    FROM {GOING}
    UNION ALL
    SELECT e.student_id, %(request)s, '{EFFECT}', 1, e.place, 'students_enrolment',
        jsonb_build_object('student_id', e.student_id, 'id', g.id), NULL,
        to_jsonb(e) - 'version' || jsonb_build_object('id', g.id, 'place', g.place, 'school_id', g.school_id,
            'class_of_id', g.class_id, 'started_on', %(on)s::date)
    FROM {GOING}
    ORDER BY 1
    """,
    f"""
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, other_place, batch_id, before,
        after)
    SELECT e.student_id, 'status.reorganisation.move', 'student', %(account)s, %(office)s, e.place, g.place, %(request)s,
        jsonb_build_object('class', e.class_of_id), jsonb_build_object('class', g.class_id, 'on', %(on)s::date)
    FROM {GOING} ORDER BY e.student_id
    """,
    f"""
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT class_of_id, state, place, sum(by) FROM (
        SELECT e.class_of_id, e.state, e.place, -1 AS by FROM {GOING}
        UNION ALL SELECT g.class_id, e.state, g.place, 1 FROM {GOING}) AS changes
    GROUP BY 1, 2, 3 ORDER BY 1, 2
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
    """,
    f"""
    UPDATE students_enrolment e SET state = '{TRANSFERRED}', ended_on = %(on)s, end_reason = '{REORGANISED}',
        version = version + 1
    WHERE e.student_id = ANY(%(students)s) AND e.ended_on IS NULL
    """,
    f"""
    INSERT INTO students_enrolment
    SELECT made.* FROM status_effect f,
        jsonb_populate_record(NULL::students_enrolment, f.after || '{{"version": 1}}') AS made
    WHERE {KEPT} AND f.ordinal = 1 ORDER BY f.student_id
    """,
)

# Everything of a pupil is with the holder. A placement and an open case that is discreet go along unseen.
FOLLOWS = (
    f"UPDATE students_student t SET place = m.{{to}}, version = t.version + 1 FROM {MOVED} WHERE t.id = m.student_id",
    *(
        f"UPDATE {table} t SET place = m.{{to}} FROM {MOVED} WHERE t.student_id = m.student_id AND t.place = m.{{of}}"
        for table in (
            "students_identifier",
            "students_familymember",
            "status_mark",
            "status_paper",
            "status_placement",
        )
    ),
    f"""
    UPDATE status_case c SET place = m.{{to}}, version = c.version + 1,
        desk_place = CASE WHEN c.desk_place = m.{{of}} THEN m.{{to}} ELSE c.desk_place END,
        route = (SELECT jsonb_agg(CASE WHEN n > c.at AND (d->>'place')::bigint = m.{{of}}
            THEN jsonb_set(d, '{{{{place}}}}', to_jsonb(m.{{to}})) ELSE d END ORDER BY n)
            FROM jsonb_array_elements(c.route) WITH ORDINALITY AS r (d, n))
    FROM {MOVED}
    WHERE c.student_id = m.student_id AND c.place = m.{{of}} AND c.closed_on IS NULL AND c.is_discreet
    """,
    f"""
    UPDATE status_turn t SET place = m.{{to}} FROM {MOVED}
    WHERE t.student_id = m.student_id AND t.place = m.{{of}} AND t.ended_on IS NULL AND t.is_discreet
    """,
)

CLOSE_CLASSES = """
UPDATE organisations_class c SET closed_on = %(on)s WHERE c.id = ANY(%(going)s) AND NOT EXISTS (
    SELECT 1 FROM students_enrolment e WHERE e.class_of_id = c.id AND e.ended_on IS NULL)
"""
CLOSE_GRADES = """
UPDATE organisations_grade g SET is_open = false
WHERE g.school_id = ANY(%(sources)s) AND g.is_open AND NOT EXISTS (
    SELECT 1 FROM organisations_class c WHERE c.grade_id = g.id AND c.closed_on IS NULL)
    AND EXISTS (SELECT 1 FROM organisations_class c WHERE c.grade_id = g.id AND c.id = ANY(%(classes)s))
RETURNING g.id
"""


def take_effect(request: Reorganisation, *, by: Actor, today: date, using: str) -> int:
    """Hand every class of the plan over; return how many pupils went. Raises ReorganisationStopped, Overtaken."""
    facts = _stopped_by(request, today=today, using=using)
    known: dict[str, Any] = {
        "request": request.id,
        "sources": sorted(facts.sources),
        "targets": sorted(facts.targets),
        "classes": sorted(one.id for one in facts.classes) if facts.row.closes else _ids(facts),
        "on": request.effective_on,
        "account": by.account_id,
        "office": by.place,
    }
    with connections[using].cursor() as cursor:
        held = lock(cursor, known)
        handover.lock_at([one.place for one in facts.sources.values()], using=using)
        # With everything held, all is looked at anew: what was settled or changed meanwhile is seen.
        facts = _stopped_by(request, today=today, using=using)
        cursor.execute(PUPILS, known)
        pupils: list[tuple[UUID, int]] = cursor.fetchall()
        if {student for student, _class in pupils} - held or not set(_ids(facts)) <= set(known["classes"]):
            raise overtaken()
        opened = _open_classes(cursor, facts, known)
        _hand_over(cursor, facts, known, pupils, opened)
        cursor.execute(CLOSE_CLASSES, known)
        if cursor.rowcount != len(known["going"]):
            raise overtaken()
        request.made = _close(cursor, request, facts, known, by=by, today=today, using=using)
        request.made["awaited"] = _redirect(request, facts, by=by, using=using)
    concerned = [one.place for one in (*facts.sources.values(), *facts.targets.values())]
    look_again(concerned, using=using)
    return len(pupils)


def _redirect(request: Reorganisation, facts: Facts, *, by: Actor, using: str) -> list[dict[str, Any]]:
    """Let the admitted pupils who have not come be awaited where the plan says; return who, for the inverse."""
    moved = []
    for line in rules.awaited_lines(facts):
        if line.target_id is None:
            continue
        one, target = line.awaited, facts.targets[line.target_id]
        ids = handover.hand_over(
            one.stage,
            one.entry_year,
            source=facts.sources[one.school_id].place,
            target=target.place,
            school_id=target.id,
            request=request.id,
            by=by,
            using=using,
        )
        moved.append(
            {
                "source": one.school_id,
                "target": target.id,
                "stage": one.stage,
                "year": one.entry_year,
                "ids": ids,
            }
        )
    return moved


def _ids(facts: Facts) -> list[int]:
    return sorted(one.id for one, _line, _target in facts.going)


def _stopped_by(request: Reorganisation, *, today: date, using: str) -> Facts:
    """Return the facts of a plan that nothing stands in the way of. Raises ReorganisationStopped."""
    preview = preview_of(request, today=today, using=using)
    stops = [*preview.stops, *(one for one in preview.findings if one.code == "day-to-come")]
    if stops:
        raise ReorganisationStopped(stops)
    return preview.facts


def lock(cursor: Any, known: dict[str, Any]) -> set[UUID]:
    """Lock pupils, enrolments, classes and schools, in this order; return the pupils held."""
    held: set[UUID] = set()
    for at, statement in enumerate(LOCKS):
        cursor.execute(statement, known)
        if at == 0:
            held = {row[0] for row in cursor.fetchall()}
    return held


def _open_classes(cursor: Any, facts: Facts, known: dict[str, Any]) -> dict[int, int]:
    """Open a class at its new school for each that goes; return new ids by old ones."""
    going = facts.going
    known |= {
        "going": [one.id for one, _line, _target in going],
        "schools": [target.id for _one, _line, target in going],
        "numbers": [line.number for _one, line, _target in going],
        "names": [line.name for _one, line, _target in going],
    }
    cursor.execute(OPEN_GRADES, known)
    known["grades"] = sorted(row[0] for row in cursor.fetchall())
    cursor.execute(OPEN_CLASSES, known)
    opened: dict[int, int] = dict(cursor.fetchall())
    if len(opened) != len(going):
        raise overtaken()
    known["opened"] = [opened[one.id] for one, _line, _target in going]
    return opened


def _hand_over(
    cursor: Any,
    facts: Facts,
    known: dict[str, Any],
    pupils: Sequence[tuple[UUID, int]],
    opened: Mapping[int, int],
) -> None:
    schools = {one.id: target for one, _line, target in facts.going}
    places_of = {one.id: facts.sources[one.school_id].place for one in facts.classes}
    known |= {
        "students": [student for student, _class in pupils],
        "ids": uuid7.many(len(pupils)),
        "into": [opened[class_id] for _student, class_id in pupils],
        "to": [schools[class_id].id for _student, class_id in pupils],
        "at": [schools[class_id].place for _student, class_id in pupils],
        "from": [places_of[class_id] for _student, class_id in pupils],
        "pupils": [
            sum(class_id == one.id for _student, class_id in pupils) for one, _line, _target in facts.going
        ],
    }
    for statement in HANDED_OVER:
        cursor.execute(statement, known)
    for statement in FOLLOWS:
        cursor.execute(statement.format(of="source", to="target"), known)
    cursor.execute(KEEP_CLASSES, known)
    tell_classes(cursor, known)


TELL_CLASSES = """
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
SELECT lpad(to_hex(c.id), 32, '0')::uuid, w.act, 'class', %(account)s, %(office)s, c.place, %(request)s, NULL,
    jsonb_build_object('number', c.number, 'name', c.name, 'reorganisation', %(request)s::text)
FROM unnest(%(told)s::bigint[], %(acts)s::text[]) AS w (id, act) JOIN organisations_class c ON c.id = w.id
ORDER BY c.id
"""


def tell_classes(cursor: Any, known: dict[str, Any], *, closes: str = "going", opens: str = "opened") -> None:
    """Append an event for each class that was closed and each that was opened."""
    told = [*((one, "class.close") for one in known[closes]), *((one, "class.open") for one in known[opens])]
    cursor.execute(
        TELL_CLASSES, known | {"told": [one for one, _act in told], "acts": [act for _one, act in told]}
    )


def _close(
    cursor: Any,
    request: Reorganisation,
    facts: Facts,
    known: dict[str, Any],
    *,
    by: Actor,
    today: date,
    using: str,
) -> dict[str, Any]:
    """Close what the plan closes, give the archives to who takes them; return what was done, for the inverse."""
    made: dict[str, Any] = {
        "classes": {},
        "grades_opened": known["grades"],
        "grades_closed": [],
        "schools": {},
        "points": {},
        "copies": {},
        "changes": [],
    }
    schools = {
        one.pk: one
        for one in School.objects.using(using)
        .select_related("organisation")
        .filter(pk__in=[*facts.sources, *facts.targets])
    }
    into = schools[request.targets[0]] if facts.kind is Kind.MERGE else None
    for source in facts.sources.values():
        school = schools[source.id]
        if not facts.row.closes:
            kept = change(
                school,
                SPLIT,
                on=request.effective_on,
                by=by,
                document=request.document,
                after="、".join(sorted({target.name for _one, _line, target in facts.going}))[:100],
                using=using,
            )
            made["changes"].append(kept.pk)
            continue
        cursor.execute(
            "SELECT id FROM organisations_class WHERE school_id = %s AND closed_on IS NULL ORDER BY id",
            [source.id],
        )
        empty = [row[0] for row in cursor.fetchall()]
        state = school.state
        kept, ended = shut(
            school,
            on=request.effective_on,
            by=by,
            today=today,
            document=request.document,
            into=into,
            using=using,
        )
        made["schools"][str(source.id)] = {
            "state": state,
            "change": kept.pk,
            "empty": empty,
            "ended": [[one.id, one.before and str(one.before), str(one.after)] for one in ended],
        }
        if into is not None:
            cursor.execute(
                "UPDATE organisations_school SET under_id = %s WHERE under_id = %s AND state <> 'closed'"
                " RETURNING organisation_id",
                [into.pk, source.id],
            )
            made["points"][str(source.id)] = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "UPDATE status_sealedcopy SET place = %s WHERE place = %s RETURNING id::text",
            [request.archives_place, source.place],
        )
        made["copies"][str(source.place)] = [row[0] for row in cursor.fetchall()]
    cursor.execute(CLOSE_GRADES, known)
    made["grades_closed"] = sorted(row[0] for row in cursor.fetchall())
    made["classes"] = dict(zip(map(str, known["going"]), known["opened"], strict=True))
    return made
