"""学校撤并 Schools merged, split, closed: prepared by an officer, decided by the leader of the same authority.

Every verb is one transaction in the national role. The effect is set-based: enrolments end and begin, everything of the
pupils goes to the new holder, classes are opened and closed, head counts follow, images are kept so that the undo is
their exact inverse, each pupil has an event. Locks are taken in the order of every other change: pupils, enrolments,
classes, schools.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.actions import Ended
from xueji.access.rules import places
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.actions import SPLIT, change, open_again, shut
from xueji.organisations.models import School
from xueji.organisations.queries import authority_codes
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn, OwnWork, ReasonMissing
from xueji.status.actions.effects import EFFECT, Overtaken
from xueji.status.actions.promotion import look_again
from xueji.status.models import Reorganisation, ReorganisedClass
from xueji.status.queries.reorganisations import SETTLES, facts_of, schools_of
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.facts import TRANSFERRED
from xueji.status.rules.graduation import Act, Finding, State
from xueji.status.rules.kind import DAYS_TO_UNDO
from xueji.status.rules.reorganisation import REORGANISED, Facts, Kind, Line, SchoolFacts


class NoSuchReorganisation(Refused):
    code = "not-found"


class NoSuchSchool(Refused):
    code = "no-such-school"


class NoSuchClass(Refused):
    code = "no-such-class"


class ReorganisationStopped(Refused):
    """Something stands in the way of a plan; `findings` say what."""

    code = "stopped"

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__("".join(one.zh for one in findings), " ".join(one.en for one in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Preview:
    """What an approval would do now: classes and schools before and after, and what stands in the way. Nothing is written."""

    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.is_stop)

    @property
    def pupils(self) -> int:
        return sum(one.pupils for one, _line, _target in self.facts.going)


# Looking ---------------------------------------------------------------------------------------


def look_ahead(request_id: UUID, *, by: Actor, today: date) -> tuple[Reorganisation, Preview]:
    """Return a request and what its approval would do now. Writes nothing. Raises NoSuchReorganisation."""
    with national("status") as using:
        request = _request(request_id, by=by, using=using)
        return request, _preview(request, today=today, using=using)


def _preview(request: Reorganisation, *, today: date, using: str) -> Preview:
    facts = facts_of(request, today=today, using=using)
    return Preview(facts, rules.findings(facts))


def _request(request_id: UUID, *, by: Actor, using: str, is_locked: bool = False) -> Reorganisation:
    """Return a request that the actor's office may see: its own area's, and what was done with the own school."""
    by.require(rules.VIEW)
    rows = Reorganisation.everywhere.using(using)
    request: Reorganisation | None = (
        (rows.select_for_update() if is_locked else rows).filter(pk=request_id).first()
    )
    if request is None or not _may_see(request, by, using):
        raise NoSuchReorganisation(
            "没有这份撤并申请，请从列表重新进入。", "There is no such request; open it from the list again."
        )
    return request


def _may_see(request: Reorganisation, by: Actor, using: str) -> bool:
    if request.place == by.place:
        return True
    if request.state == State.DRAFT:
        return False
    if request.place in by.scope:
        return True
    if request.state not in (State.DONE, State.UNDONE):
        return False
    concerned = schools_of(ids=[*request.sources, *request.targets], using=using).values()
    return any(one.place in by.scope for one in concerned)


# Preparing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a request says beside its classes. Schools by place; `archives_place` a receiving school or the authority."""

    kind: Kind
    sources: Sequence[int]
    targets: Sequence[int]
    effective_on: date
    document: str = ""
    archives_place: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ClassSaid:
    """Where a class goes, as it is said before there is a plan: schools by place, the class by its number."""

    school: int
    number: str
    to: int | None
    new_number: str = ""
    new_name: str = ""


def begin(said: Said, *, classes: Sequence[ClassSaid] = (), by: Actor, today: date) -> Reorganisation:
    """Open a request. Where only one school receives, all classes are planned to go there, but for a split.

    Raises NoSuchSchool, NoSuchClass, NotAllowed.
    """
    with national("status") as using:
        sources, targets = _schools(said, by=by, using=using)
        request: Reorganisation = Reorganisation.everywhere.using(using).create(
            id=uuid7.new(),
            place=by.place,
            state=State.DRAFT,
            prepared_by=by.account_id,
            prepared_on=today,
            received_on=today,
            **_header(said, sources, targets),
        )
        _keep(request, _lines(request, classes, today=today, using=using), using=using, today=today)
        _tell(request, "begin", by=by, today=today, using=using)
        return request


def _lines(
    request: Reorganisation, classes: Sequence[ClassSaid], *, today: date, using: str
) -> dict[int, Line]:
    if not classes:
        return {}
    facts = facts_of(request, today=today, using=using, lines={})
    own = {(facts.sources[one.school_id].place, one.number): one.id for one in facts.classes}
    schools = {one.place: one.id for one in facts.targets.values()}
    found: dict[int, Line] = {}
    for one in classes:
        class_id = own.get((one.school, one.number))
        if class_id is None or (one.to is not None and one.to not in schools):
            raise NoSuchClass(
                f"原校没有班号 {one.number} 的班级，或它的去向不是接收学校，请核对。",
                f"The schools have no open class {one.number}, or it would go to a school that receives none; check it.",
            )
        target = None if one.to is None else schools[one.to]
        found[class_id] = Line(class_id, target, one.new_number, one.new_name)
    return found


def describe(
    request_id: UUID, said: Said, *, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Change what a request says. A class whose school is no longer among the receiving ones has none then.

    Raises NoSuchSchool, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        sources, targets = _schools(said, by=by, using=using)
        for name, value in _header(said, sources, targets).items():
            setattr(request, name, value)
        lines = {
            one.class_id: Line(one.class_id, one.target_id, one.number, one.name)
            for one in ReorganisedClass.everywhere.using(using).filter(
                reorganisation_id=request.id, target_id__in=list(targets)
            )
        }
        _keep(request, lines, using=using, today=today)
        request.version += 1
        request.save(using=using)
        _tell(request, "describe", by=by, today=today, using=using)
        return request


def _schools(said: Said, *, by: Actor, using: str) -> tuple[dict[int, SchoolFacts], dict[int, SchoolFacts]]:
    """Return the schools named, each in the actor's area."""
    by.require(rules.PREPARE)
    found = []
    for wanted in (said.sources, said.targets):
        for place in wanted:
            by.require(rules.PREPARE, place)
        schools = schools_of(places=wanted, using=using)
        if len(schools) != len(set(wanted)) or len(schools) > rules.MOST_SCHOOLS:
            raise NoSuchSchool(
                f"有的学校不存在，请核对标识码；一次最多 {rules.MOST_SCHOOLS} 所。",
                f"Some of the schools do not exist; check the identifiers. At most {rules.MOST_SCHOOLS} at once.",
            )
        found.append(schools)
    return found[0], found[1]


def _header(said: Said, sources: Mapping[int, Any], targets: Mapping[int, Any]) -> dict[str, Any]:
    return {
        "kind": said.kind,
        "sources": list(sources),
        "targets": list(targets),
        "effective_on": said.effective_on,
        "document": " ".join(said.document.split())[:100],
        "archives_place": said.archives_place if rules.BY_KIND[said.kind].closes else None,
        "note": " ".join(said.note.split())[:500],
    }


def assign(
    request_id: UUID, wanted: Mapping[int, Line], *, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Say of classes where they go, all others keep what was said. Numbers and names that are taken get the next free ones.

    Raises NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        lines = {
            one.class_id: Line(one.class_id, one.target_id, one.number, one.name)
            for one in ReorganisedClass.everywhere.using(using).filter(reorganisation_id=request.id)
        }
        targets = set(request.targets)
        lines |= {
            class_id: line if line.target_id in targets else Line(class_id, None)
            for class_id, line in wanted.items()
        }
        _keep(request, lines, using=using, today=today)
        request.version += 1
        request.save(using=using)
        _tell(request, "assign", by=by, today=today, using=using)
        return request


def _keep(request: Reorganisation, lines: Mapping[int, Line], *, using: str, today: date) -> None:
    """Keep a line for each open class of the sources, numbered so that nothing collides."""
    facts = facts_of(request, today=today, using=using, lines={})
    row = rules.BY_KIND[Kind(request.kind)]
    only = request.targets[0] if row.closes and len(request.targets) == 1 else None
    classes = {one.id: one for one in facts.classes}
    planned = [lines.get(one.id) or Line(one.id, None if one.is_empty else only) for one in facts.classes]
    numbered = rules.numbered(planned, classes, facts.taken)
    ReorganisedClass.everywhere.using(using).filter(reorganisation_id=request.id).delete()
    ReorganisedClass.everywhere.using(using).bulk_create(
        ReorganisedClass(
            reorganisation_id=request.id,
            place=request.place,
            class_id=class_id,
            source_id=classes[class_id].school_id,
            target_id=line.target_id,
            number=line.number,
            name=line.name,
        )
        for class_id, line in numbered.items()
    )


# Deciding --------------------------------------------------------------------------------------


def propose(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Put a plan before the leader. What is under way at the schools may still be settled until the decision.

    Raises ReorganisationStopped, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        stops = [one for one in _preview(request, today=today, using=using).stops if one.code not in SETTLES]
        if stops:
            raise ReorganisationStopped(stops)
        request.prepared_by, request.prepared_on, request.reason = by.account_id, today, ""
        _put(request, State.WITH_LEADER, Act.PROPOSE, by=by, today=today, using=using)
        return request


def withdraw(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Take a request back from the leader; one that is being prepared is given up. Raises NotNow, NotYourTurn, NotAllowed."""
    with national("status") as using:
        request = _moving(request_id, Act.WITHDRAW, by=by, version=version, using=using)
        target = State.WITHDRAWN if request.state == State.DRAFT else State.DRAFT
        _put(request, target, Act.WITHDRAW, by=by, today=today, using=using)
        return request


def send_back(
    request_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Return a request to who prepares it. Raises ReasonMissing, NotNow, NotYourTurn, NotAllowed."""
    with national("status") as using:
        request = _moving(request_id, Act.RETURN, by=by, version=version, using=using)
        request.reason = _stated(reason)
        _put(request, State.DRAFT, Act.RETURN, by=by, today=today, using=using, reason=request.reason)
        return request


def approve(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Decide a plan as the authority's leader: all of it happens at once, or nothing.

    Raises OwnWork (who prepared does not decide), ReorganisationStopped, Overtaken where a pupil of the classes
    changed in the same moment, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.APPROVE, by=by, version=version, using=using)
        if by.account_id == request.prepared_by:
            raise OwnWork(
                "准备撤并和作出决定须是两个人，请由另一位同事办理。",
                "Who prepared may not decide; a colleague has to.",
            )
        pupils = _take_effect(request, by=by, today=today, using=using)
        request.effect_on, request.undo_until = today, today + timedelta(days=DAYS_TO_UNDO)
        _put(
            request,
            State.DONE,
            Act.APPROVE,
            by=by,
            today=today,
            using=using,
            pupils=pupils,
            copies=sum(len(ids) for ids in request.made["copies"].values()),
        )
        return request


def _moving(request_id: UUID, act: Act, *, by: Actor, version: int | None, using: str) -> Reorganisation:
    """Return a request, locked, that the actor may move by `act`. Raises NotNow, NotYourTurn, NotAllowed."""
    request = _request(request_id, by=by, using=using, is_locked=True)
    step = rules.step_of(State(request.state), act)
    if step is None or version not in (None, request.version):
        raise NotNow(
            "这份申请刚刚已有变化，请刷新后再办理。",
            "The request has just changed; reload and look again.",
        )
    by.require(step.permission)
    if act is not Act.UNDO and by.place != request.place:
        raise NotYourTurn("这份申请不在本单位办理。", "It is another office's request.")
    return request


def _stated(reason: str) -> str:
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing("请写明理由。", "Say why.")
    return reason


def _put(
    request: Reorganisation, state: State, act: Act, *, by: Actor, today: date, using: str, **more: Any
) -> None:
    request.state, request.received_on = state, today
    request.version += 1
    request.save(using=using)
    _tell(request, act, by=by, today=today, using=using, **more)


# The effect ------------------------------------------------------------------------------------

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


def _take_effect(request: Reorganisation, *, by: Actor, today: date, using: str) -> int:
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
        held = _lock(cursor, known)
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
    concerned = [one.place for one in (*facts.sources.values(), *facts.targets.values())]
    look_again(concerned, using=using)
    return len(pupils)


def _ids(facts: Facts) -> list[int]:
    return sorted(one.id for one, _line, _target in facts.going)


def _stopped_by(request: Reorganisation, *, today: date, using: str) -> Facts:
    """Return the facts of a plan that nothing stands in the way of. Raises ReorganisationStopped."""
    preview = _preview(request, today=today, using=using)
    stops = [*preview.stops, *(one for one in preview.findings if one.code == "day-to-come")]
    if stops:
        raise ReorganisationStopped(stops)
    return preview.facts


def overtaken() -> Overtaken:
    return Overtaken(
        "这些班级的学生刚刚有了变动，没有办理；请再按一次。",
        "Pupils of these classes changed in this very moment, and nothing was done; press again.",
    )


def _lock(cursor: Any, known: dict[str, Any]) -> set[UUID]:
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
    _tell_classes(cursor, known)


TELL_CLASSES = """
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
SELECT lpad(to_hex(c.id), 32, '0')::uuid, w.act, 'class', %(account)s, %(office)s, c.place, %(request)s, NULL,
    jsonb_build_object('number', c.number, 'name', c.name, 'reorganisation', %(request)s::text)
FROM unnest(%(told)s::bigint[], %(acts)s::text[]) AS w (id, act) JOIN organisations_class c ON c.id = w.id
ORDER BY c.id
"""


def _tell_classes(
    cursor: Any, known: dict[str, Any], *, closes: str = "going", opens: str = "opened"
) -> None:
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


# Undo ------------------------------------------------------------------------------------------


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
        request = _moving(request_id, Act.UNDO, by=by, version=version, using=using)
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
        reason = _stated(reason)
        pupils = _take_back(request, by=by, today=today, using=using)
        request.reason = reason
        _put(request, State.UNDONE, Act.UNDO, by=by, today=today, using=using, reason=reason, pupils=pupils)
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
        _lock(cursor, known)
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
        cursor.execute(STANDS_ON_IT, known)
        _require_nothing_on_top(*cursor.fetchone())
        for statement in TAKEN_BACK:
            cursor.execute(statement, known)
        for statement in FOLLOWS:
            cursor.execute(statement.format(of="target", to="source"), known)
        _tell_classes(cursor, known, closes="opened", opens="reopened")
        _open_schools(cursor, request, concerned, by=by, using=using)
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


# Events ----------------------------------------------------------------------------------------


def _tell(request: Reorganisation, act: str, *, by: Actor, today: date, using: str, **more: Any) -> None:
    record(
        f"status.reorganisation.{act}",
        by=by.account_id,
        office=by.place,
        subject_kind="reorganisation",
        subject_id=request.id,
        place=request.place,
        after={"state": str(request.state), "kind": str(request.kind), "on": str(today), **more},
        using=using,
    )
