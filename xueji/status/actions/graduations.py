"""Graduation (毕业), completion (结业) and leaving (肄业) of a last grade: one request per grade, decided desk by desk.

Every verb is one transaction in the national role. The effect is set-based: enrolments end, head counts
follow, images are kept so that the undo is their exact inverse, each pupil has an event. What became blocked
since the proposal is set aside and said; it never stops the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.rules import places
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_codes, authority_of, calendar
from xueji.organisations.queries_packs import pack_for
from xueji.organisations.rules.school_kinds import Stage
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn, OwnWork, ReasonMissing
from xueji.status.models import Graduation, GraduationPupil
from xueji.status.queries.graduations import Gone, LastGrade, Standing, gone, grade_called, standing
from xueji.status.rules import graduation as rules
from xueji.status.rules.graduation import Act, Choice, Finding, State
from xueji.status.rules.routes import in_chain

MOMENT = "effect"


class NoSuchGraduation(Refused):
    code = "not-found"


class GradeStopped(Refused):
    """The whole grade cannot be proposed; `findings` say why."""

    code = "grade-stopped"

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__("".join(one.zh for one in findings), " ".join(one.en for one in findings))
        self.findings = tuple(findings)


class ChoicesUnfit(Refused):
    """What was said of some pupils cannot be; `faults` holds the sentence by pupil, in both languages."""

    code = "choices-unfit"

    def __init__(self, faults: Mapping[UUID, tuple[str, str]]) -> None:
        zh = "；".join(dict.fromkeys(one[0].rstrip("。") for one in faults.values()))
        en = " ".join(dict.fromkeys(one[1] for one in faults.values()))
        super().__init__(
            f"{len(faults)} 名学生填写有误：{zh}。", f"{len(faults)} pupil(s) are not filled in rightly: {en}"
        )
        self.faults = dict(faults)


@dataclass(frozen=True)
class Preview:
    """What an approval would do now. Nothing is written for it."""

    grade: LastGrade
    standing: Standing
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.is_stop)


# Looking -----------------------------------------------------------------------------------


def what_blocks(grade_id: int, *, by: Actor, today: date) -> Preview:
    """Return the pupils of a grade with what stands in the way of each, if it left today. Raises NoSuchGraduation."""
    with national("status") as using:
        grade = _grade(grade_id, by=by, using=using)
        return Preview(
            grade,
            standing(grade_id, request_id=grade.request_id, on=today, using=using),
            rules.grade_findings(grade.facts, today),
        )


def look_ahead(request_id: UUID, *, by: Actor) -> tuple[Graduation, Preview]:
    """Return a request and what its approval would do now. Raises NoSuchGraduation."""
    with national("status") as using:
        request = _request(request_id, by=by, using=using)
        return request, _preview(request, using=using)


def _preview(request: Graduation, *, using: str) -> Preview:
    grade = grade_called(request.grade_id, using=using)
    if grade is None:
        raise no_such()
    return Preview(
        grade,
        standing(request.grade_id, request_id=request.id, on=request.graduates_on, using=using),
        rules.grade_findings(grade.facts, request.graduates_on),
    )


def _grade(grade_id: int, *, by: Actor, using: str) -> LastGrade:
    by.require("status.view")
    grade = grade_called(grade_id, using=using)
    if grade is None or grade.place not in by.scope:
        raise no_such()
    return grade


def _request(request_id: UUID, *, by: Actor, using: str, is_locked: bool = False) -> Graduation:
    by.require("status.view")
    rows = Graduation.everywhere.using(using)
    request: Graduation | None = (
        (rows.select_for_update() if is_locked else rows).filter(pk=request_id).first()
    )
    if request is None or request.place not in by.scope:
        raise no_such()
    return request


def no_such() -> NoSuchGraduation:
    return NoSuchGraduation(
        "没有这个年级或毕业申请，请从毕业办理页重新进入。",
        "There is no such grade or request; open it from the graduation page again.",
    )


# Proposing ---------------------------------------------------------------------------------

LIST_PUPILS = """
INSERT INTO status_graduationpupil
    (student_id, graduation_id, place, class_id, name, outcome, destination, reason, state, aside)
SELECT e.student_id, %(request)s, %(place)s, e.class_of_id, s.name, '07', '', '', 'listed', '[]'
FROM students_enrolment e
JOIN organisations_class c ON c.id = e.class_of_id JOIN students_student s ON s.id = e.student_id
WHERE c.grade_id = %(grade)s AND e.ended_on IS NULL
ON CONFLICT (student_id, graduation_id) DO UPDATE SET class_id = EXCLUDED.class_id, name = EXCLUDED.name
"""

DROP_THOSE_GONE = """
DELETE FROM status_graduationpupil p WHERE p.graduation_id = %(request)s AND NOT EXISTS (
    SELECT 1 FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
    WHERE e.student_id = p.student_id AND e.ended_on IS NULL AND c.grade_id = %(grade)s)
"""


def begin(grade_id: int, *, by: Actor, today: date) -> Graduation:
    """Open a request for a last grade with all its pupils as graduating; an open one is returned as it is.

    Raises GradeStopped, NoSuchGraduation, NotAllowed.
    """
    by.require("status.file")
    with national("status") as using:
        grade = _grade(grade_id, by=by, using=using)
        if grade.place != by.place:
            raise no_such()
        # It can be prepared from May on, and proposed from June on.
        is_shown = today >= rules.shown_from(grade.facts)
        first = max(today, rules.proposed_from(grade.facts)) if is_shown else today
        stops = [one for one in rules.grade_findings(grade.facts, first) if one.is_stop]
        if stops:
            raise GradeStopped(stops)
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT 1 FROM organisations_grade WHERE id = %s FOR UPDATE", [grade_id])
        open_one: Graduation | None = (
            Graduation.everywhere.using(using).filter(grade_id=grade_id, state__in=sorted(rules.OPEN)).first()
        )
        if open_one is not None:
            return open_one
        request: Graduation = Graduation.everywhere.using(using).create(
            id=uuid7.new(),
            place=grade.place,
            school_id=grade.school_id,
            grade_id=grade.id,
            stage=grade.facts.stage,
            number=grade.facts.number,
            entry_year=grade.facts.entry_year,
            state=State.DRAFT,
            graduates_on=max(today, rules.proposed_from(grade.facts)),
            needs_authority=rules.needs_authority(grade.facts),
            desk_place=grade.place,
            received_on=today,
        )
        _list_pupils(request, using)
        _tell(request, "begin", by=by, today=today, using=using)
        return request


def _list_pupils(request: Graduation, using: str) -> None:
    known: dict[str, Any] = {"request": request.id, "place": request.place, "grade": request.grade_id}
    with connections[using].cursor() as cursor:
        cursor.execute(DROP_THOSE_GONE, known)
        cursor.execute(LIST_PUPILS, known)


KEEP_CHOICES = """
UPDATE status_graduationpupil p SET outcome = w.outcome, destination = w.destination, reason = w.reason
FROM unnest(%(students)s::uuid[], %(outcomes)s::text[], %(destinations)s::text[], %(reasons)s::text[])
    AS w (student_id, outcome, destination, reason)
WHERE p.graduation_id = %(request)s AND p.student_id = w.student_id
"""


def choose(request_id: UUID, choices: Mapping[UUID, Choice], *, by: Actor, today: date) -> None:
    """Keep what the registrar says of pupils: outcome, destination, reason. After the effect the destinations alone.

    Raises ChoicesUnfit, NotNow, NotAllowed, NoSuchGraduation.
    """
    by.require("status.file")
    with national("status") as using:
        request = _own(request_id, by=by, using=using)
        said = {
            row.student_id: Choice(row.outcome, row.destination, row.reason)
            for row in GraduationPupil.everywhere.using(using).filter(graduation_id=request.id)
        }
        wanted = {student: choice for student, choice in choices.items() if student in said}
        if request.state == State.DONE:
            wanted = {
                student: Choice(said[student].outcome, choice.destination, said[student].reason)
                for student, choice in wanted.items()
            }
        elif request.state != State.DRAFT:
            raise not_now()
        stage = Stage(request.stage)
        faults = {
            student: fault
            for student, choice in wanted.items()
            if (fault := rules.choice_fault(choice, stage)) is not None
        }
        if faults:
            raise ChoicesUnfit(faults)
        changed = {student: choice for student, choice in wanted.items() if choice != said[student]}
        with connections[using].cursor() as cursor:
            cursor.execute(
                KEEP_CHOICES,
                {
                    "request": request.id,
                    "students": list(changed),
                    "outcomes": [one.outcome for one in changed.values()],
                    "destinations": [one.destination for one in changed.values()],
                    "reasons": [one.reason for one in changed.values()],
                },
            )
        _tell(request, "choose", by=by, today=today, using=using, pupils=len(changed))


def set_destination(request_id: UUID, destination: str, *, by: Actor, today: date) -> int:
    """Give every pupil of a request that has none yet the same destination; return how many.

    Raises ChoicesUnfit, NotNow, NotAllowed.
    """
    with national("status") as using:
        request = _own(request_id, by=by, using=using)
        rows = GraduationPupil.everywhere.using(using).filter(
            graduation_id=request.id, destination="", outcome__in=["07", "08", "09"]
        )
        choices = {row.student_id: Choice(row.outcome, destination, row.reason) for row in rows}
    choose(request_id, choices, by=by, today=today)
    return len(choices)


def _own(request_id: UUID, *, by: Actor, using: str) -> Graduation:
    """Return the actor's own school's request, locked."""
    by.require("status.file")
    request = _request(request_id, by=by, using=using, is_locked=True)
    if request.place != by.place:
        raise no_such()
    return request


# Deciding ----------------------------------------------------------------------------------


def propose(
    request_id: UUID, *, graduates_on: date, by: Actor, today: date, version: int | None = None
) -> Graduation:
    """Put a request before the school's leader, with the day on which its pupils leave.

    Pupils who came to the grade since are listed, those who left it are not any more.
    Raises GradeStopped, NotNow, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        grade = grade_called(request.grade_id, using=using)
        if grade is None:
            raise no_such()
        stops = [one for one in rules.grade_findings(grade.facts, graduates_on) if one.is_stop]
        if graduates_on > today:
            stops.append(
                Finding(
                    "day-to-come",
                    True,
                    "毕业日期不能晚于今天。",
                    "The day of graduation cannot be after today.",
                )
            )
        if stops:
            raise GradeStopped(stops)
        _list_pupils(request, using)
        request.graduates_on = graduates_on
        request.needs_authority = rules.needs_authority(grade.facts)
        request.proposed_by = by.account_id
        request.reason = ""
        _put(request, State.WITH_LEADER, today=today, using=using)
        _tell(request, Act.PROPOSE, by=by, today=today, using=using)
        return request


def withdraw(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Graduation:
    """Take a request back to the registrar; one that is with the registrar is given up. Raises NotNow, NotAllowed."""
    with national("status") as using:
        request = _moving(request_id, Act.WITHDRAW, by=by, version=version, using=using)
        target = State.WITHDRAWN if request.state == State.DRAFT else State.DRAFT
        _put(request, target, today=today, using=using)
        _tell(request, Act.WITHDRAW, by=by, today=today, using=using)
        return request


def send_back(
    request_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None
) -> Graduation:
    """Return a request to the registrar for completion. Raises ReasonMissing, NotNow, NotYourTurn, NotAllowed."""
    with national("status") as using:
        request = _moving(request_id, Act.RETURN, by=by, version=version, using=using)
        request.reason = _stated(reason)
        _put(request, State.DRAFT, today=today, using=using)
        _tell(request, Act.RETURN, by=by, today=today, using=using, reason=request.reason)
        return request


def approve(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Graduation:
    """Approve a request at its desk: on to the authority where it has a say, else its pupils leave.

    Raises OwnWork (who proposed does not decide), GradeStopped, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.APPROVE, by=by, version=version, using=using)
        if by.account_id == request.proposed_by:
            raise OwnWork(
                "提出申请和作出决定须是两个人，请由另一位同事办理。",
                "Who proposed may not decide; a colleague has to.",
            )
        target = rules.after_approval(State(request.state), needs_authority=request.needs_authority)
        above = _next_above(request, today=today, using=using) if request.needs_authority else None
        if target is State.DONE and above is not None:
            target = State.WITH_AUTHORITY
        if target is State.DONE:
            _take_effect(request, by=by, today=today, using=using)
        _put(request, target, today=today, using=using, desk=above)
        _tell(request, Act.APPROVE, by=by, today=today, using=using)
        return request


def _moving(request_id: UUID, act: Act, *, by: Actor, version: int | None, using: str) -> Graduation:
    """Return a request, locked, that the actor may move by `act`. Raises NotNow, NotYourTurn, NotAllowed."""
    request = _request(request_id, by=by, using=using, is_locked=True)
    step = rules.step_of(State(request.state), act)
    if step is None or version not in (None, request.version):
        raise not_now()
    by.require(step.permission)
    office = request.place if step.permission == "status.file" else request.desk_place
    if act is not Act.UNDO and by.place != office:
        raise NotYourTurn("这项申请不在本单位办理。", "It is not your office's turn.")
    return request


def not_now() -> NotNow:
    return NotNow(
        "这项申请刚刚已有变化，请刷新后再办理。", "The request has just changed; reload and look again."
    )


def _stated(reason: str) -> str:
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing("请写明理由。", "Say why.")
    return reason


def authorities_of(request: Graduation, *, today: date, using: str) -> tuple[int, ...]:
    """Return the authorities that approve a request, lowest first: the school's own, and for senior secondary
    those above it that the province's rules name."""
    own = authority_of(request.place, using=using)
    if request.stage != Stage.SENIOR:
        return (own,)
    _id, pack = pack_for(request.place, today, using=using)
    return (own, *in_chain(own, pack.senior_level))


def _next_above(request: Graduation, *, today: date, using: str) -> int | None:
    """Return the authority that decides after the desk whose turn it is; None where it is the last."""
    chain = authorities_of(request, today=today, using=using)
    if request.state != State.WITH_AUTHORITY:
        return chain[0]
    following = [place for at, place in enumerate(chain) if request.desk_place in chain[:at]]
    return following[0] if following else None


def _put(request: Graduation, state: State, *, today: date, using: str, desk: int | None = None) -> None:
    """Put a request on the desk of its new state, with that desk's own clock; the turn of the one before is kept."""
    if request.state in rules.WAITING:
        request.turns = [
            *request.turns,
            {
                "place": request.desk_place,
                "received_on": str(request.received_on),
                "due_on": str(request.due_on or request.received_on),
                "ended_on": str(today),
                "days_used": calendar(using).days_used(request.received_on, today),
            },
        ]
    request.state = state
    request.desk_place = desk if state is State.WITH_AUTHORITY and desk is not None else request.place
    request.above = places.authority_above(request.desk_place, authority_codes())
    request.received_on = today
    waits = state in rules.WAITING
    request.due_on = calendar(using).due_on(today, rules.DAYS_FOR_AUTHORITY).on if waits else None
    request.version += 1
    request.save(using=using)


# The effect --------------------------------------------------------------------------------

GOING = "unnest(%(students)s::uuid[], %(outcomes)s::text[], %(destinations)s::text[]) AS g (student_id, outcome, destination)"

LOCK = "SELECT id FROM students_student WHERE id = ANY(%(all)s) ORDER BY id FOR UPDATE"

# What each statement takes is the request, its pupils with their outcomes, the day, the actor.
EFFECT = (
    f"""
    INSERT INTO status_effect (student_id, case_id, moment, ordinal, place, "table", key, before, after)
    SELECT e.student_id, %(request)s, '{MOMENT}', 0, e.place, 'students_enrolment',
        jsonb_build_object('student_id', e.student_id, 'id', e.id),
        jsonb_build_object('class_of_id', e.class_of_id, 'state', e.state, 'place', e.place,
            'ended_on', e.ended_on, 'end_reason', e.end_reason),
        jsonb_build_object('class_of_id', e.class_of_id, 'state', g.outcome, 'place', e.place,
            'ended_on', %(on)s::date, 'end_reason', g.outcome)
    FROM {GOING} JOIN students_enrolment e ON e.student_id = g.student_id AND e.ended_on IS NULL
    ORDER BY e.student_id
    """,
    f"""
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
    SELECT e.student_id, 'status.graduation.leave', 'student', %(account)s, %(office)s, e.place, %(request)s,
        jsonb_build_object('state', e.state),
        jsonb_build_object('state', g.outcome, 'ended_on', %(on)s::date, 'destination', g.destination)
    FROM {GOING} JOIN students_enrolment e ON e.student_id = g.student_id AND e.ended_on IS NULL
    ORDER BY e.student_id
    """,
    f"""
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT e.class_of_id, e.state, e.place, -count(*)
    FROM {GOING} JOIN students_enrolment e ON e.student_id = g.student_id AND e.ended_on IS NULL
    GROUP BY e.class_of_id, e.state, e.place ORDER BY e.class_of_id, e.state
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
    """,
    f"""
    UPDATE students_enrolment e SET state = g.outcome, ended_on = %(on)s, end_reason = g.outcome,
        version = e.version + 1
    FROM {GOING} WHERE e.student_id = g.student_id AND e.ended_on IS NULL
    """,
    "UPDATE students_student SET version = version + 1 WHERE id = ANY(%(students)s)",
    """
    UPDATE status_graduationpupil SET state = 'done', aside = '[]'
    WHERE graduation_id = %(request)s AND student_id = ANY(%(students)s)
    """,
    """
    UPDATE status_graduationpupil p SET state = 'aside', aside = w.codes::jsonb
    FROM unnest(%(aside)s::uuid[], %(codes)s::text[]) AS w (student_id, codes)
    WHERE p.graduation_id = %(request)s AND p.student_id = w.student_id
    """,
)

CLOSE_EMPTY = """
UPDATE organisations_class c SET closed_on = %(today)s
WHERE c.grade_id = %(grade)s AND c.closed_on IS NULL AND c.id = ANY(%(classes)s) AND NOT EXISTS (
    SELECT 1 FROM students_enrolment e WHERE e.class_of_id = c.id AND e.ended_on IS NULL)
RETURNING c.id
"""

CLOSE_GRADE = """
UPDATE organisations_grade g SET is_open = false
WHERE g.id = %(grade)s AND g.is_open AND NOT EXISTS (
    SELECT 1 FROM organisations_class c WHERE c.grade_id = g.id AND c.closed_on IS NULL)
"""


def _take_effect(request: Graduation, *, by: Actor, today: date, using: str) -> None:
    """End the enrolments of all who leave, close what became empty. Raises GradeStopped."""
    preview = _preview(request, using=using)
    if preview.stops:
        raise GradeStopped(preview.stops)
    with connections[using].cursor() as cursor:
        # Whoever is changing a pupil of the grade now is waited for; then everything is read anew.
        cursor.execute(LOCK, {"all": sorted(line.student_id for line in preview.standing.lines)})
        now = _preview(request, using=using).standing
        aside = {line.student_id: [one.code for one in line.findings if one.is_stop] for line in now.blocked}
        known: dict[str, Any] = {
            "request": request.id,
            "grade": request.grade_id,
            "students": [line.student_id for line in now.going],
            "outcomes": [line.choice.outcome for line in now.going],
            "destinations": [line.choice.destination for line in now.going],
            "aside": list(aside),
            "codes": [_as_json(codes) for codes in aside.values()],
            "classes": sorted({line.class_id for line in now.going}),
            "on": request.graduates_on,
            "today": today,
            "account": by.account_id,
            "office": by.place,
        }
        for statement in EFFECT:
            cursor.execute(statement, known)
        cursor.execute(CLOSE_EMPTY, known)
        request.closed_classes = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(CLOSE_GRADE, known)
        request.is_grade_closed = bool(cursor.rowcount)
    request.effect_on = today
    request.undo_until = today + timedelta(days=rules.DAYS_TO_UNDO)
    for class_id in request.closed_classes:
        _tell_class(request, class_id, "class.close", by=by, closed_on=str(today), using=using)


def _as_json(codes: list[str]) -> str:
    # Codes are words of our own: nothing in them needs escaping.
    return "[" + ", ".join(f'"{code}"' for code in codes) + "]"


# Undo --------------------------------------------------------------------------------------

STANDS_ON_IT = """
SELECT
    (SELECT count(*) FROM students_enrolment e WHERE e.student_id = ANY(%(students)s) AND e.ended_on IS NULL),
    (SELECT count(DISTINCT c.student_id) FROM status_case c WHERE c.student_id = ANY(%(students)s)
        AND c.closed_on IS NULL AND c.state <> 'waiting' AND NOT c.is_discreet AND c.filed_on >= %(effect_on)s)
"""

TAKE_BACK = f"""
UPDATE students_enrolment e SET state = f.before->>'state', ended_on = NULL, end_reason = f.before->>'end_reason',
    version = e.version + 1
FROM status_effect f
WHERE f.student_id = ANY(%(students)s) AND f.case_id = %(request)s AND f.moment = '{MOMENT}'
    AND e.student_id = f.student_id AND e.id = (f.key->>'id')::uuid
    AND e.class_of_id = (f.after->>'class_of_id')::bigint AND e.state = f.after->>'state'
    AND e.place = (f.after->>'place')::bigint AND e.ended_on = (f.after->>'ended_on')::date
    AND e.end_reason = f.after->>'end_reason'
"""

AFTER_TAKING_BACK = (
    f"""
    INSERT INTO students_headcount AS h (class_of_id, state, place, count)
    SELECT (f.before->>'class_of_id')::bigint, f.before->>'state', (f.before->>'place')::bigint, count(*)
    FROM status_effect f
    WHERE f.student_id = ANY(%(students)s) AND f.case_id = %(request)s AND f.moment = '{MOMENT}'
    GROUP BY 1, 2, 3 ORDER BY 1, 2
    ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
    """,
    "UPDATE students_student SET version = version + 1 WHERE id = ANY(%(students)s)",
    f"""
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
    SELECT f.student_id, 'status.graduation.undo', 'student', %(account)s, %(office)s, f.place, %(request)s,
        jsonb_build_object('state', f.after->>'state'), jsonb_build_object('state', f.before->>'state')
    FROM status_effect f
    WHERE f.student_id = ANY(%(students)s) AND f.case_id = %(request)s AND f.moment = '{MOMENT}'
    ORDER BY f.student_id
    """,
    """
    UPDATE status_graduationpupil SET state = 'undone'
    WHERE graduation_id = %(request)s AND student_id = ANY(%(students)s)
    """,
)

REOPEN = """
UPDATE organisations_class SET closed_on = NULL
WHERE id = ANY(%(closed)s) AND closed_on IS NOT NULL AND id IN (
    SELECT class_of_id FROM students_enrolment WHERE student_id = ANY(%(students)s) AND ended_on IS NULL)
RETURNING id
"""


def undoer_of(request: Graduation, using: str) -> int:
    """Return the authority that may undo a request: the one above the office that decided last."""
    decided = request.place
    if request.needs_authority:
        on = request.effect_on or request.received_on
        decided = authorities_of(request, today=on, using=using)[-1]
    return places.authority_above(decided, authority_codes())


def who_left(request_id: UUID, *, by: Actor) -> tuple[Graduation, list[Gone]]:
    """Return a request and who left by it: the dry run of its undo. Raises NoSuchGraduation, NotAllowed."""
    by.require("status.undo")
    with national("status") as using:
        request = _request(request_id, by=by, using=using)
        return request, gone(request_id, using=using)


def undo(
    request_id: UUID,
    *,
    reason: str,
    by: Actor,
    today: date,
    students: Collection[UUID] | None = None,
    version: int | None = None,
) -> Graduation:
    """Take a graduation back, exactly: in 30 days, by the authority above, for all its pupils or some.

    Refused with the number of pupils on whom later facts stand: a new enrolment, a case filed since.
    Raises CannotUndo, ReasonMissing, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = _moving(request_id, Act.UNDO, by=by, version=version, using=using)
        if by.place != undoer_of(request, using):
            raise NotYourTurn(
                "撤销须由作出决定的单位的上一级主管部门办理。",
                "Only the authority above the office that decided can undo it.",
            )
        if request.undo_until is None or today > request.undo_until:
            raise CannotUndo(
                f"已超过撤销期限（{request.undo_until}），请按更正或恢复学籍办理。",
                "The days in which it can be undone are over; file a correction or a restoration.",
            )
        reason = _stated(reason)
        rows = GraduationPupil.everywhere.using(using).filter(
            graduation_id=request.id, state=GraduationPupil.DONE
        )
        done = sorted(row.student_id for row in rows)
        chosen = done if students is None else sorted(set(students) & set(done))
        if not chosen:
            raise CannotUndo("所选学生没有随本申请毕业。", "None of the chosen pupils left by this request.")
        _take_back(request, chosen, by=by, today=today, using=using)
        if len(chosen) == len(done):
            request.state = State.UNDONE
        request.reason = reason
        request.version += 1
        request.save(using=using)
        _tell(request, Act.UNDO, by=by, today=today, using=using, reason=reason, pupils=len(chosen))
        return request


def _take_back(request: Graduation, students: list[UUID], *, by: Actor, today: date, using: str) -> None:
    known = {
        "request": request.id,
        "students": students,
        "all": students,
        "effect_on": request.effect_on,
        "closed": request.closed_classes,
        "account": by.account_id,
        "office": by.place,
    }
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK, known)
        cursor.execute(STANDS_ON_IT, known)
        enrolled, open_cases = cursor.fetchone()
        if enrolled or open_cases:
            raise CannotUndo(
                f"{enrolled} 名学生已有新的学籍，{open_cases} 名学生有此后提出的在办业务；请先撤销后来的业务，或只撤销其余学生。",
                f"{enrolled} pupil(s) are enrolled again and {open_cases} have a case filed since;"
                " undo those first, or undo the other pupils alone.",
            )
        cursor.execute(TAKE_BACK, known)
        if cursor.rowcount != len(students):
            raise CannotUndo(
                f"{len(students) - cursor.rowcount} 名学生的学籍此后又有变动，不能直接撤销；请先撤销后来的变动。",
                f"The records of {len(students) - cursor.rowcount} pupil(s) changed again since; undo that first.",
            )
        for statement in AFTER_TAKING_BACK:
            cursor.execute(statement, known)
        cursor.execute(REOPEN, known)
        reopened = [row[0] for row in cursor.fetchall()]
        if request.is_grade_closed:
            cursor.execute("UPDATE organisations_grade SET is_open = true WHERE id = %s", [request.grade_id])
            request.is_grade_closed = False
    request.closed_classes = [one for one in request.closed_classes if one not in reopened]
    for class_id in reopened:
        _tell_class(request, class_id, "class.reopen", by=by, closed_on=None, using=using)


# Events ------------------------------------------------------------------------------------


def _tell(request: Graduation, act: str, *, by: Actor, today: date, using: str, **more: Any) -> None:
    record(
        f"status.graduation.{act}",
        by=by.account_id,
        office=by.place,
        subject_kind="graduation",
        subject_id=request.id,
        place=request.place,
        after={"state": str(request.state), "on": str(today), **more},
        using=using,
    )


def _tell_class(
    request: Graduation, class_id: int, act: str, *, by: Actor, closed_on: str | None, using: str
) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="class",
        subject_id=class_id,
        place=request.place,
        after={"closed_on": closed_on},
        batch_id=request.id,
        using=using,
    )
