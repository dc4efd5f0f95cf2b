"""Cases of status business on their way from desk to desk. The only code that moves one.

Every verb is one transaction in the national role, since a change can concern two schools of two
provinces; who may do it is asked of the actor each time, at the moment it is done. The pupil's row is
locked first. A second press, a second tab, a repetition after a lost answer meet the version
they looked at, and are told what happened.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor, national
from xueji.audit.actions import INSERT as EVENT
from xueji.audit.actions import event
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.lib.working_days import Calendar
from xueji.organisations.queries import authority_codes, calendar
from xueji.status.actions import effects
from xueji.status.encryption import seal, unseal
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.checks import FieldFault
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Kind, Obstacle, Starter, Weight
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Desk, Purpose, filed_with
from xueji.status.rules.steps import CLOSED, Act, State, steps_from
from xueji.status.statements import Writing, asked, business
from xueji.students.encryption import associated

# Who opened a case or closed it where no person did.
NOBODY = 0
# More new rows than this no effect needs.
NEW_IDS = 3
TRACKING_SCHEME = "tracking"
# Without letters that are read for others; 20 of them are beyond guessing (100 bits).
TRACKING_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TRACKING_LENGTH = 20


class NoSuchCase(Refused):
    code = "not-found"


class NoSuchKind(Refused):
    code = "no-such-kind"


class NotNow(Refused):
    code = "not-now"


class NotYourTurn(Refused):
    code = "not-your-turn"


class OwnWork(Refused):
    code = "own-work"


class ReasonMissing(Refused):
    code = "reason-missing"


class CannotUndo(Refused):
    code = "cannot-undo"


class FieldsMissing(Refused):
    """Fields were not filled in rightly; `faults` says which and how."""

    code = "fields"

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        super().__init__("".join(fault.zh for fault in faults), " ".join(fault.en for fault in faults))
        self.faults = tuple(faults)


class Stopped(Refused):
    """Something stands in the way; `obstacles` says what, and who must clear it."""

    code = "stopped"

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(
            "".join(one.zh + (f"（{one.article}）" if one.article else "") for one in obstacles),
            " ".join(one.en for one in obstacles),
        )
        self.obstacles = tuple(obstacles)


@dataclass(frozen=True)
class OpenTurn:
    """The turn of the desk that has a case, as its clock stands."""

    received_on: date
    due_on: date
    paused_on: date | None
    paused_days: int


@dataclass(frozen=True)
class Moving:
    """A case as an action holds it, locked until commit."""

    student_id: UUID
    id: UUID
    kind: Kind
    state: State
    place: int
    other_place: int | None
    starter_place: int
    desk_place: int
    at: int
    route: tuple[Desk, ...]
    pack_id: int
    name: str
    payload: dict[str, Any]
    filed_by: int
    filed_on: date
    effect_on: date | None
    undo_until: date | None
    version: int
    student_version: int
    is_discreet: bool
    # None while no desk has it.
    turn: OpenTurn | None = None
    # Accounts that filed, answered or approved: none of them decides at another desk.
    took_part: frozenset[int] = frozenset()

    @property
    def desk(self) -> Desk:
        return self.route[self.at]


@dataclass(frozen=True)
class Preview:
    """What would happen if a change were filed now: what stands in the way, which desks decide, which rows change."""

    facts: Facts
    payload: dict[str, Any]
    faults: tuple[FieldFault, ...]
    obstacles: tuple[Obstacle, ...]
    route: tuple[Desk, ...]
    plan: Plan | None

    @property
    def stops(self) -> tuple[Obstacle, ...]:
        return tuple(one for one in self.obstacles if one.weight is Weight.STOPS)

    @property
    def waits(self) -> tuple[Obstacle, ...]:
        return tuple(one for one in self.obstacles if one.weight is Weight.WAITS)


@dataclass(frozen=True)
class Filed:
    """A filed case: its id, the state it began in, and the code by which the family follows it (empty: none)."""

    student_id: UUID
    id: UUID
    state: State
    tracking_code: str
    waits_for: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Acted:
    """What an act made of a case."""

    student_id: UUID
    id: UUID
    state: State
    version: int


# Looking ahead -----------------------------------------------------------------------------


def kind_of(code: str) -> Kind:
    """Return the kind with this code. Raises NoSuchKind."""
    kind = BY_CODE.get(code)
    if kind is None:
        raise NoSuchKind("没有这种学籍变动。", "There is no such kind of change.")
    return kind


def look_ahead(
    kind: Kind,
    student_id: UUID,
    typed: dict[str, Any],
    *,
    by: Actor,
    today: date,
    papers: Collection[str] = (),
) -> Preview:
    """Return what would happen if the change were filed now. Writes nothing.

    `papers` are the kinds of paper that are there. Raises NoSuchCase when there is no such
    pupil for this office, NotAllowed.
    """
    with national("status") as using:
        return _preview(kind, student_id, typed, by=by, today=today, papers=papers, using=using)


def _preview(
    kind: Kind,
    student_id: UUID,
    typed: dict[str, Any],
    *,
    by: Actor,
    today: date,
    papers: Collection[str],
    using: str,
) -> Preview:
    payload, faults = checks.read(kind, typed)
    found = facts_of(
        student_id,
        kind=kind,
        payload=payload,
        starter=by.place,
        today=today,
        using=using,
        new_ids=tuple(uuid7.many(NEW_IDS)),
    )
    if found is None:
        raise no_such_pupil()
    facts, _version = found
    require_starter(kind, facts, by)
    obstacles = checks.obstacles(kind, facts, payload)
    obstacles += checks.paper_obstacles(checks.missing_papers(kind, facts, payload, papers))
    is_complete = not faults and not any(one.weight is Weight.STOPS for one in obstacles)
    return Preview(
        facts=facts,
        payload=payload,
        faults=faults,
        obstacles=obstacles,
        route=kind.desks(facts, payload) if is_complete else (),
        plan=kind.effect(facts, payload) if is_complete else None,
    )


def require_starter(kind: Kind, facts: Facts, by: Actor) -> None:
    """Raise unless the actor's office may file this kind of change for this pupil."""
    if kind.starter is Starter.AUTHORITY:
        by.require("status.file_at_authority")
        is_own = by.place == facts.school.authority
    else:
        by.require("status.file")
        school = facts.target_school if kind.starter is Starter.RECEIVING_SCHOOL else facts.school
        is_own = school is not None and by.place == school.place
    if not is_own:
        raise no_such_pupil()


def no_such_pupil() -> NoSuchCase:
    return NoSuchCase(
        "没有找到这名学生，请从学生列表重新进入。", "There is no such pupil; open the list again."
    )


# Filing ------------------------------------------------------------------------------------


def file_case(
    kind_code: str,
    student_id: UUID,
    typed: dict[str, Any],
    *,
    by: Actor,
    today: date,
    paper_ids: Collection[UUID] = (),
    is_from_paper: bool = False,
) -> Filed:
    """File a change: put it on the first desk, or let it wait where others must clear the way first.

    Raises FieldsMissing, Stopped (with every obstacle), NotAllowed, NoSuchCase.
    """
    kind = kind_of(kind_code)
    with business() as writing:
        using = writing.using
        student_version = effects.lock_student(student_id, using)
        if student_version is None:
            raise no_such_pupil()
        papers = _papers(student_id, paper_ids, today, using)
        preview = _preview(
            kind, student_id, typed, by=by, today=today, papers={one[1] for one in papers}, using=using
        )
        if preview.faults:
            raise FieldsMissing(preview.faults)
        if preview.stops:
            raise Stopped(preview.stops)
        facts, payload, route = preview.facts, preview.payload, preview.route
        waits = bool(preview.waits)
        days = calendar(using)
        case = _begun(
            kind,
            facts,
            payload,
            route=route,
            state=State.WAITING if waits else State.WITH_DESK,
            starter_place=by.place,
            filed_by=by.account_id,
            student_version=student_version,
        )
        _insert(case, facts, is_from_paper=is_from_paper, days=days, writing=writing)
        _rest_on(case, papers, writing)
        if not waits:
            _receive(case, days=days, today=today, writing=writing)
            if kind.effect_on_filing is not None:
                _write(case, kind.effect_on_filing(facts, payload), moment=effects.FILING, writing=writing)
        _said(case, Act.FILE, by=by, today=today, writing=writing)
        _tell(case, Act.FILE, by=by, before=None, writing=writing)
        code = "" if kind.is_silent or kind.is_discreet else _track(case, writing)
        return Filed(student_id, case.id, case.state, code, preview.waits)


def _begun(
    kind: Kind,
    facts: Facts,
    payload: dict[str, Any],
    *,
    route: tuple[Desk, ...],
    state: State,
    starter_place: int,
    filed_by: int,
    student_version: int,
) -> Moving:
    """Return a case at its beginning: on its first desk, or with its starter while it waits."""
    receiver = facts.target_school if kind.starter is Starter.RECEIVING_SCHOOL else None
    return Moving(
        student_id=facts.student_id,
        id=uuid7.new(),
        kind=kind,
        state=state,
        place=facts.school.place,
        other_place=receiver.place if receiver else None,
        starter_place=starter_place,
        desk_place=starter_place if state is State.WAITING else route[0].place,
        at=0,
        route=route,
        pack_id=facts.pack_id,
        name=facts.name,
        payload=payload,
        filed_by=filed_by,
        filed_on=facts.today,
        effect_on=None,
        undo_until=None,
        version=1,
        student_version=student_version,
        is_discreet=kind.is_discreet,
    )


def open_for_school(
    kind_code: str, student_id: UUID, payload: dict[str, Any], *, reason: str, today: date
) -> Filed | None:
    """Open a case at the pupil's school because a term of the rules ran out; the school completes it or withdraws it.

    Nothing is decided by it: its first desk's clock stands still until the school's registrar
    has answered. None where such a case is open already, or where something stands in its way.
    """
    kind = kind_of(kind_code)
    with business() as writing:
        using = writing.using
        student_version = effects.lock_student(student_id, using)
        found = facts_of(student_id, kind=kind, payload=payload, starter=0, today=today, using=using)
        if student_version is None or found is None:
            return None
        facts, _version = found
        if any(one.weight is not Weight.WARNS for one in checks.obstacles(kind, facts, payload)):
            return None
        route = kind.desks(facts, payload)
        case = _begun(
            kind,
            facts,
            payload,
            route=route,
            state=State.RETURNED,
            starter_place=facts.school.place,
            filed_by=NOBODY,
            student_version=student_version,
        )
        days = calendar(using)
        _insert(case, facts, is_from_paper=False, days=days, writing=writing)
        _receive(case, days=days, today=today, writing=writing)
        _pause(case, today=today, writing=writing)
        _said(case, Act.FILE, by=None, today=today, reason=reason, writing=writing)
        _tell(case, Act.FILE, by=None, before=None, writing=writing)
        code = "" if kind.is_silent or kind.is_discreet else _track(case, writing)
        return Filed(student_id, case.id, case.state, code)


def _papers(student_id: UUID, paper_ids: Collection[UUID], today: date, using: str) -> list[tuple[UUID, str]]:
    """Return (id, kind) of the papers that count: the pupil's own, and valid today."""
    if not paper_ids:
        return []
    return asked(
        """SELECT id, kind FROM status_paper WHERE student_id = %s AND id = ANY(%s)
           AND (valid_until IS NULL OR valid_until >= %s) ORDER BY id""",
        [student_id, list(paper_ids), today],
        using=using,
    )


def _rest_on(case: Moving, papers: Sequence[tuple[UUID, str]], writing: Writing) -> None:
    """Note the papers that a case rests on."""
    for paper_id, _kind in papers:
        writing.say(
            """INSERT INTO status_casepaper (student_id, case_id, paper_id, place, is_discreet)
               VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [case.student_id, case.id, paper_id, case.place, case.is_discreet],
        )


INSERT_CASE = """
INSERT INTO status_case (student_id, id, place, kind, state, other_place, starter_place, desk_place, at, route,
    pack_id, name, payload, filed_by, filed_on, due_on, starts_on, is_discreet, is_from_paper, version)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL, %s, %s, %s)
"""


def _insert(case: Moving, facts: Facts, *, is_from_paper: bool, days: Calendar, writing: Writing) -> None:
    kind, whole = case.kind, None
    if kind.days_in_all:
        whole = days.due_on(kind.counts_from(facts, case.payload), kind.days_in_all).on
    writing.say(
        INSERT_CASE,
        [
            case.student_id,
            case.id,
            case.place,
            case.kind.code,
            case.state,
            case.other_place,
            case.starter_place,
            case.desk_place,
            case.at,
            json.dumps([desk.as_json() for desk in case.route]),
            case.pack_id,
            case.name,
            seal(case.payload, case.id),
            case.filed_by,
            case.filed_on,
            whole,
            case.is_discreet,
            is_from_paper,
            case.version,
        ],
    )


def _track(case: Moving, writing: Writing) -> str:
    """Give the case a code for the family, and return it."""
    code = "".join(secrets.choice(TRACKING_SIGNS) for _ in range(TRACKING_LENGTH))
    ring = settings.XUEJI_KEY_RING
    writing.say(
        "INSERT INTO status_tracking (code_index, student_id, case_id, place, code) VALUES (%s, %s, %s, %s, %s)",
        [
            ring.blind_index(TRACKING_SCHEME, code),
            case.student_id,
            case.id,
            case.starter_place,
            ring.encrypt(code, associated("tracking", case.id)),
        ],
    )
    return code


# Moving ------------------------------------------------------------------------------------

LOCK = """
SELECT c.student_id, c.id, c.kind, c.state, c.place, c.other_place, c.starter_place, c.desk_place, c.at, c.route,
    c.pack_id, c.name, c.payload, c.filed_by, c.filed_on, c.effect_on, c.undo_until, c.version, s.version,
    c.is_discreet
FROM status_case c JOIN students_student s ON s.id = c.student_id
WHERE c.id = %s FOR UPDATE OF s, c
"""

# Asked after the lock is held, in a statement of its own: it sees what the holder before wrote.
STANDS = """
SELECT t.received_on, t.due_on, t.paused_on, t.paused_days,
    (SELECT array_agg(DISTINCT d.by) FROM status_decision d WHERE d.student_id = one.student_id
        AND d.case_id = one.case_id AND d.act IN ('file', 'answer', 'approve'))
FROM (SELECT %s::uuid AS student_id, %s::uuid AS case_id) one
LEFT JOIN status_turn t ON t.student_id = one.student_id AND t.case_id = one.case_id AND t.ended_on IS NULL
"""


def locked(case_id: UUID, using: str) -> Moving:
    """Return a case, it and its pupil locked until commit. Raises NoSuchCase."""
    rows = asked(LOCK, [case_id], using=using)
    if not rows:
        raise no_such_case()
    (row,) = rows
    student_id, id_, kind, state, place, other_place, starter_place, desk_place, at, route, *rest = row
    pack_id, name, payload, filed_by, filed_on, effect_on, undo_until, version, student_version, discreet = (
        rest
    )
    ((*turn, took_part),) = asked(STANDS, [student_id, id_], using=using)
    return Moving(
        student_id=student_id,
        id=id_,
        kind=BY_CODE[kind],
        state=State(state),
        place=place,
        other_place=other_place,
        starter_place=starter_place,
        desk_place=desk_place,
        at=at,
        route=tuple(Desk.from_json(one) for one in (json.loads(route) if isinstance(route, str) else route)),
        pack_id=pack_id,
        name=name,
        payload=unseal(payload, id_),
        filed_by=filed_by,
        filed_on=filed_on,
        effect_on=effect_on,
        undo_until=undo_until,
        version=version,
        student_version=student_version,
        is_discreet=discreet,
        turn=OpenTurn(*turn) if turn[0] else None,
        took_part=frozenset(took_part or ()),
    )


def no_such_case() -> NoSuchCase:
    return NoSuchCase(
        "没有这项业务，请从待办重新进入。", "There is no such case; open it from the inbox again."
    )


def permission_at(desk: Desk) -> str:
    """Return the permission that deciding at a desk needs."""
    is_school = places.level_of(desk.place) == "school"
    return "status.decide_at_school" if is_school else "status.decide_at_authority"


def require_turn(case: Moving, act: Act, *, by: Actor, version: int | None) -> None:
    """Raise unless `by` may do `act` on the case now, as it was looked at.

    Raises NotNow for what is past, NotYourTurn for another office, NotAllowed for a role that
    may not, OwnWork for who did an earlier part (two-person rule).
    """
    _require_version(case, version)
    if not steps_from(case.state, act):
        raise not_now()
    if by.place != case.desk_place:
        if by.place in {desk.place for desk in case.route[: case.at]}:
            raise not_now()
        raise NotYourTurn("该业务现在不在本单位办理。", "This case is not on the desk of your office now.")
    by.require(permission_at(case.desk))
    if by.account_id in case.took_part:
        raise OwnWork(
            "您已办理过本业务的前一环节，这一环节须由另一位同事办理。",
            "You did an earlier part of this case; a second person has to do this one.",
        )


def require_starter_of(case: Moving, act: Act, *, by: Actor, version: int | None) -> None:
    """Raise unless `by` is at the office that filed, and `act` is possible now."""
    _require_version(case, version)
    by.require("status.file_at_authority" if case.kind.starter is Starter.AUTHORITY else "status.file")
    if by.place != case.starter_place:
        raise NotYourTurn("只有提交的单位可以办理。", "Only the office that filed it may do this.")
    if not steps_from(case.state, act):
        raise not_now()


def _require_version(case: Moving, version: int | None) -> None:
    if version is not None and version != case.version:
        raise NotNow(
            "该业务刚刚有了进展，请刷新查看后再操作。", "The case has just moved on; reload and look again."
        )


def not_now() -> NotNow:
    return NotNow(
        "该业务已不在这一环节，可能已由同事办理；请刷新查看当前状态。",
        "The case is past this step, perhaps by a colleague; reload to see where it is.",
    )


def approve(case_id: UUID, *, by: Actor, today: date, reason: str = "", version: int | None = None) -> Acted:
    """Approve at the desk whose turn it is, and hand the case on; at the desk of the effect it takes effect.

    What stood in the way is looked at again when it takes effect. A late decision is accepted.
    Raises Stopped, Overtaken and what `require_turn` raises.
    """
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_turn(case, Act.APPROVE, by=by, version=version)
        days = calendar(using)
        moved = case
        if case.desk.has_effect:
            moved = _take_effect(case, today=today, writing=writing)
        if case.at + 1 < len(case.route):
            moved = replace(
                moved, at=case.at + 1, desk_place=case.route[case.at + 1].place, version=case.version + 1
            )
        else:
            moved = replace(moved, state=State.COMPLETED, version=case.version + 1)
        _said(case, Act.APPROVE, by=by, today=today, reason=reason, writing=writing)
        _end_turn(case, Act.APPROVE, days=days, today=today, writing=writing)
        if moved.state is State.WITH_DESK:
            _receive(moved, days=days, today=today, writing=writing)
        _move(moved, today=today, writing=writing)
        _tell(moved, Act.APPROVE, by=by, before=case, writing=writing)
        if case.kind.ends_others and case.desk.has_effect:
            _end_others(case, today=today, writing=writing)
        if moved.state in CLOSED:
            _release_waiting(case.student_id, today=today, writing=writing)
        return Acted(case.student_id, case.id, moved.state, moved.version)


@dataclass(frozen=True)
class Foreseen:
    """What an approval would do: the desk that gets the case next (None: it is completed), and the rows that would change."""

    case_id: UUID
    next_desk: Desk | None
    plan: Plan | None


def foresee(case_id: UUID, *, by: Actor, today: date) -> Foreseen:
    """Return what would happen if the case were approved now, by whom its turn it is. Writes nothing.

    Raises what `approve` raises.
    """
    with national("status") as using:
        case = locked(case_id, using)
        require_turn(case, Act.APPROVE, by=by, version=None)
        following = case.route[case.at + 1] if case.at + 1 < len(case.route) else None
        return Foreseen(
            case_id,
            following,
            _effect_now(case, today=today, using=using)[0] if case.desk.has_effect else None,
        )


def _effect_now(case: Moving, *, today: date, using: str) -> tuple[Plan, Facts]:
    """Return what the case would write now, and on which facts. The facts are read anew: rules are asked at the moment they count.

    Raises Stopped.
    """
    kind = case.kind
    found = facts_of(
        case.student_id,
        kind=kind,
        payload=case.payload,
        starter=case.starter_place,
        today=today,
        using=using,
        pack_id=case.pack_id,
        without_case=case.id,
        new_ids=tuple(uuid7.many(NEW_IDS)),
    )
    if found is None:
        raise no_such_pupil()
    facts, _version = found
    blocking = [
        one
        for one in checks.obstacles(kind, facts, case.payload)
        # The window was open when it was filed: a desk that takes its days does not close it.
        if one.weight is not Weight.WARNS and one.code != "window-closed"
    ]
    if blocking:
        raise Stopped(blocking)
    return kind.effect(facts, case.payload), facts


def _take_effect(case: Moving, *, today: date, writing: Writing) -> Moving:
    """Write what the case is about."""
    planned, facts = _effect_now(case, today=today, using=writing.using)
    if case.kind.leaves_copy:
        _leave_copy(case, today=today, using=writing.using)
    _write(case, planned, moment=effects.EFFECT, writing=writing)
    return replace(
        case,
        effect_on=today,
        undo_until=today + timedelta(days=case.kind.days_to_undo(facts)) if case.kind.may_be_undone else None,
        student_version=case.student_version + 1,
    )


def _end_others(case: Moving, *, today: date, writing: Writing) -> None:
    """Withdraw the pupil's other open cases that had no effect yet: nothing is left that they could change."""
    writing.send()
    using = writing.using
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT id FROM status_case WHERE student_id = %s AND id <> %s AND closed_on IS NULL
               AND effect_on IS NULL ORDER BY id""",
            [case.student_id, case.id],
        )
        others = [row[0] for row in cursor.fetchall()]
    for other in others:
        _close(
            locked(other, using),
            Act.WITHDRAW,
            State.WITHDRAWN,
            by=None,
            today=today,
            reason="该生学籍已终止。",
            writing=writing,
        )


def _write(case: Moving, plan: Plan, *, moment: str, writing: Writing) -> None:
    effects.apply(
        plan,
        student_id=case.student_id,
        case_id=case.id,
        place=case.place,
        moment=moment,
        writing=writing,
        is_discreet=case.is_discreet,
    )
    _raise_version(case, writing)


def _raise_version(case: Moving, writing: Writing) -> None:
    writing.say("UPDATE students_student SET version = version + 1 WHERE id = %s", [case.student_id])


COPY = """
INSERT INTO status_sealedcopy (student_id, id, place, case_id, name, content, sha256, made_on)
SELECT s.id, %s, %s, %s, %s, text, encode(sha256(text), 'hex'), %s
FROM students_student s, LATERAL (SELECT convert_to(jsonb_build_object(
    'student', to_jsonb(s),
    'identifiers', (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.since, i.scheme), '[]')
        FROM students_identifier i WHERE i.student_id = s.id),
    'enrolments', (SELECT coalesce(jsonb_agg(to_jsonb(e) || jsonb_build_object('school', o.name, 'class_number', c.number)
        ORDER BY e.started_on), '[]') FROM students_enrolment e
        JOIN organisations_organisation o ON o.id = e.school_id
        JOIN organisations_class c ON c.id = e.class_of_id WHERE e.student_id = s.id),
    'family', (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.ordinal), '[]')
        FROM students_familymember f WHERE f.student_id = s.id),
    'marks', (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.since), '[]')
        FROM status_mark m WHERE m.student_id = s.id)
)::text, 'UTF8') AS text) AS made
WHERE s.id = %s RETURNING id
"""


def _leave_copy(case: Moving, *, today: date, using: str) -> None:
    """Keep the record as it stands, for the school that gives the pupil away (art. 15). Numbers in it stay encrypted."""
    asked(COPY, [uuid7.new(), case.place, case.id, case.name, today, case.student_id], using=using)


def refuse(
    case_id: UUID,
    *,
    reason_code: str,
    reason: str = "",
    by: Actor,
    today: date,
    version: int | None = None,
) -> Acted:
    """Refuse at the desk whose turn it is, for a reason of the kind's closed list; words only explain it.

    Raises ReasonMissing for a reason that is not on the list.
    """
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_turn(case, Act.REFUSE, by=by, version=version)
        _require_decision(case)
        if reason_code not in {one.code for one in case.kind.refusals}:
            raise ReasonMissing(
                "请从列表中选择不同意的理由；欠费、名额、成绩不是理由。",
                "Choose a reason of the list; money owed, quotas and marks are none.",
            )
        return _close(
            case,
            Act.REFUSE,
            State.REFUSED,
            by=by,
            today=today,
            reason_code=reason_code,
            reason=reason,
            writing=writing,
        )


def _require_decision(case: Moving) -> None:
    """Raise where the desk only takes note of what took effect already (备案)."""
    if case.desk.purpose is Purpose.FILE_FOR_RECORD:
        raise NotNow(
            "该业务已经生效，本单位只作备案；确有错误的，请在期限内撤销办理结果。",
            "It has taken effect and is filed with your office for the record; if it was wrong, undo it in time.",
        )


def withdraw(case_id: UUID, *, by: Actor, today: date, reason: str = "", version: int | None = None) -> Acted:
    """Take a case back by the office that filed it, as long as it had no effect."""
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_starter_of(case, Act.WITHDRAW, by=by, version=version)
        if case.effect_on is not None:
            raise NotNow(
                "该业务已经生效，不能撤回；确有错误的，请上级主管部门撤销。",
                "It has taken effect and cannot be withdrawn; if it was wrong, the authority above can undo it.",
            )
        return _close(case, Act.WITHDRAW, State.WITHDRAWN, by=by, today=today, reason=reason, writing=writing)


def _close(
    case: Moving,
    act: Act,
    state: State,
    *,
    by: Actor | None,
    today: date,
    writing: Writing,
    reason_code: str = "",
    reason: str = "",
) -> Acted:
    """Close a case without its effect; what filing had written is taken back."""
    using = writing.using
    back = effects.taken_back(case.student_id, case.id, using=using)
    if back.writes:
        _apply_back(case, back, moment=effects.FILING, writing=writing)
        _raise_version(case, writing)
    moved = replace(case, state=state, version=case.version + 1)
    _said(case, act, by=by, today=today, reason_code=reason_code, reason=reason, writing=writing)
    _end_turn(case, act, days=calendar(using), today=today, writing=writing)
    _move(moved, today=today, writing=writing)
    _tell(moved, act, by=by, before=case, writing=writing)
    _release_waiting(case.student_id, today=today, writing=writing)
    return Acted(case.student_id, case.id, state, moved.version)


def _apply_back(case: Moving, back: Plan, *, moment: str, writing: Writing) -> None:
    """Write the inverse of what the case did; no images are kept of it."""
    effects.apply(
        back,
        student_id=case.student_id,
        case_id=case.id,
        place=case.place,
        moment=moment,
        writing=writing,
        keep=False,
    )


def send_back(case_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None) -> Acted:
    """Return a case for completion: the desk's clock pauses until the answer comes. Raises ReasonMissing."""
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_turn(case, Act.RETURN, by=by, version=version)
        _require_decision(case)
        if not reason.strip():
            raise ReasonMissing("请写明需要补正什么。", "Say what has to be completed.")
        moved = replace(case, state=State.RETURNED, version=case.version + 1)
        _pause(moved, today=today, writing=writing)
        _said(case, Act.RETURN, by=by, today=today, reason=reason, writing=writing)
        _move(moved, today=today, writing=writing)
        _tell(moved, Act.RETURN, by=by, before=case, writing=writing)
        return Acted(case.student_id, case.id, moved.state, moved.version)


def answer(
    case_id: UUID,
    *,
    by: Actor,
    today: date,
    typed: dict[str, Any] | None = None,
    paper_ids: Collection[UUID] = (),
    reason: str = "",
    version: int | None = None,
) -> Acted:
    """Send a returned case back to the desk that asked, completed; the desk's clock goes on where it paused.

    `typed` replaces what was stated. Raises FieldsMissing, Stopped.
    """
    with business() as writing:
        using = writing.using
        case = locked(case_id, using)
        require_starter_of(case, Act.ANSWER, by=by, version=version)
        payload = case.payload
        papers = _papers(case.student_id, paper_ids, today, using)
        if typed is not None:
            payload, faults = checks.read(case.kind, {**case.payload, **typed})
            if faults:
                raise FieldsMissing(faults)
        moved = replace(case, state=State.WITH_DESK, payload=payload, version=case.version + 1)
        given = {*_paper_kinds(case, using), *(one[1] for one in papers)}
        _require_clear(moved, given, today=today, using=using)
        _resume(moved, days=calendar(using), today=today, writing=writing)
        _rest_on(case, papers, writing)
        writing.say(
            "UPDATE status_case SET payload = %s WHERE student_id = %s AND id = %s",
            [seal(payload, case.id), case.student_id, case.id],
        )
        _said(case, Act.ANSWER, by=by, today=today, reason=reason, writing=writing)
        _move(moved, today=today, writing=writing)
        _tell(moved, Act.ANSWER, by=by, before=case, writing=writing)
        return Acted(case.student_id, case.id, moved.state, moved.version)


def _paper_kinds(case: Moving, using: str) -> set[str]:
    """Return the kinds of the papers that a case rests on."""
    rows = asked(
        """SELECT DISTINCT p.kind FROM status_casepaper c
           JOIN status_paper p ON p.student_id = c.student_id AND p.id = c.paper_id
           WHERE c.student_id = %s AND c.case_id = %s""",
        [case.student_id, case.id],
        using=using,
    )
    return {row[0] for row in rows}


def _require_clear(case: Moving, papers: Collection[str], *, today: date, using: str) -> None:
    """Raise Stopped where the case as it now reads could not be filed with these kinds of paper.

    What its own filing wrote is no obstacle.
    """
    if case.kind.effect_on_filing is not None:
        return
    found = facts_of(
        case.student_id,
        kind=case.kind,
        payload=case.payload,
        starter=case.starter_place,
        today=today,
        using=using,
        pack_id=case.pack_id,
        without_case=case.id,
    )
    if found is None:
        raise no_such_pupil()
    facts = found[0]
    asked = checks.missing_papers(case.kind, facts, case.payload, papers)
    stops = [
        one
        for one in (*checks.obstacles(case.kind, facts, case.payload), *checks.paper_obstacles(asked))
        if one.weight is Weight.STOPS and one.code != "window-closed"
    ]
    if stops:
        raise Stopped(stops)


# Waiting -----------------------------------------------------------------------------------


def release_waiting(student_id: UUID, *, today: date, using: str) -> int:
    """Put waiting cases of a pupil whose way has become clear on their first desk; return how many."""
    writing = Writing(using)
    moved = _release_waiting(student_id, today=today, writing=writing)
    writing.send()
    return moved


def _release_waiting(student_id: UUID, *, today: date, writing: Writing) -> int:
    writing.send()
    waiting = asked(
        "SELECT id FROM status_case WHERE student_id = %s AND state = %s ORDER BY id",
        [student_id, State.WAITING.value],
        using=writing.using,
    )
    return sum(
        _release(locked(case_id, writing.using), today=today, writing=writing) for (case_id,) in waiting
    )


def obstacles_of(case_id: UUID, *, today: date) -> tuple[Obstacle, ...]:
    """Return what stands in the way of a case now."""
    with national("status") as using:
        return _obstacles_of(locked(case_id, using), today=today, using=using)


def _obstacles_of(case: Moving, *, today: date, using: str) -> tuple[Obstacle, ...]:
    found = facts_of(
        case.student_id,
        kind=case.kind,
        payload=case.payload,
        starter=case.starter_place,
        today=today,
        using=using,
        pack_id=case.pack_id,
        without_case=case.id,
    )
    return checks.obstacles(case.kind, found[0], case.payload) if found else ()


def release(case_id: UUID, *, today: date) -> bool:
    """Look at a waiting case again, and put it on its first desk if nothing stands in its way; return whether it moved."""
    with business() as writing:
        return _release(locked(case_id, writing.using), today=today, writing=writing)


def _release(case: Moving, *, today: date, writing: Writing) -> bool:
    using = writing.using
    if case.state is not State.WAITING:
        return False
    if any(one.weight is not Weight.WARNS for one in _obstacles_of(case, today=today, using=using)):
        return False
    moved = replace(case, state=State.WITH_DESK, desk_place=case.route[0].place, version=case.version + 1)
    _receive(moved, days=calendar(using), today=today, writing=writing)
    _move(moved, today=today, writing=writing)
    _tell(moved, Act.RELEASE, by=None, before=case, writing=writing)
    # The next one that waits looks at what is open now.
    writing.send()
    return True


# Undo --------------------------------------------------------------------------------------


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
        _require_version(case, version)
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
            _apply_back(case, done.inverse(), moment=effects.EFFECT, writing=writing)
            writing.send()
            if case.kind.effect_on_filing is not None:
                back = effects.taken_back(case.student_id, case.id, using=using)
                _apply_back(case, back, moment=effects.FILING, writing=writing)
                writing.send()
        except effects.Overtaken as overtaken:
            raise CannotUndo(
                "该生的学籍此后又有了变动，不能直接撤销；请先撤销后来的变动。",
                "The record changed again since; undo the later change first.",
            ) from overtaken
        _raise_version(case, writing)
        writing.say(
            "UPDATE status_sealedcopy SET void_on = %s WHERE student_id = %s AND case_id = %s",
            [today, case.student_id, case.id],
        )
        moved = replace(case, state=State.UNDONE, version=case.version + 1)
        _said(case, Act.UNDO, by=by, today=today, reason=reason, writing=writing)
        _end_turn(case, Act.UNDO, days=calendar(using), today=today, writing=writing)
        _move(moved, today=today, writing=writing)
        _tell(moved, Act.UNDO, by=by, before=case, writing=writing)
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


# What every step writes --------------------------------------------------------------------


def _receive(case: Moving, *, days: Calendar, today: date, writing: Writing) -> None:
    """Put a case on its desk: its turn begins, with a clock of its own."""
    desk = case.desk
    due = days.due_on(today, desk.days)
    writing.say(
        """INSERT INTO status_turn (student_id, case_id, ordinal, place, party, purpose, above, kind, name,
               from_place, is_discreet, days, received_on, due_on, is_provisional, paused_days, act, case_version)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', %s)""",
        [
            case.student_id,
            case.id,
            case.at,
            desk.place,
            desk.party,
            desk.purpose,
            places.authority_above(desk.place, authority_codes()),
            case.kind.code,
            case.name,
            case.starter_place,
            case.is_discreet,
            desk.days,
            today,
            due.on,
            due.is_provisional,
            case.version,
        ],
    )


def _pause(case: Moving, *, today: date, writing: Writing) -> None:
    """Stop the clock of the desk whose turn it is."""
    writing.say(
        f"UPDATE status_turn SET paused_on = %s, case_version = %s WHERE {OF_THE_OPEN_TURN}",
        [today, case.version, case.student_id, case.id],
    )


def _resume(case: Moving, *, days: Calendar, today: date, writing: Writing) -> None:
    """Let the clock of the desk go on: the days it stood still are added to those it has."""
    if case.turn is None or case.turn.paused_on is None:
        return
    paused = days.days_used(case.turn.paused_on, today)
    due = days.shifted(case.turn.due_on, paused)
    writing.say(
        f"""UPDATE status_turn SET paused_on = NULL, paused_days = paused_days + %s, due_on = %s,
                is_provisional = %s, case_version = %s WHERE {OF_THE_OPEN_TURN}""",
        [paused, due.on, due.is_provisional, case.version, case.student_id, case.id],
    )


OF_THE_OPEN_TURN = "student_id = %s AND case_id = %s AND ended_on IS NULL"


def _end_turn(case: Moving, act: Act, *, days: Calendar, today: date, writing: Writing) -> None:
    """End the turn of the desk that has the case; one that waits is on no desk."""
    turn = case.turn
    if turn is None:
        return
    used = days.days_used(turn.received_on, turn.paused_on or today) - turn.paused_days
    writing.say(
        f"""UPDATE status_turn SET ended_on = %s, act = %s, case_version = %s, days_used = %s
            WHERE {OF_THE_OPEN_TURN}""",
        [today, act, case.version + 1, max(0, used), case.student_id, case.id],
    )


def _said(
    case: Moving,
    act: Act,
    *,
    by: Actor | None,
    today: date,
    writing: Writing,
    reason_code: str = "",
    reason: str = "",
) -> None:
    writing.say(
        """INSERT INTO status_decision (student_id, id, case_id, place, ordinal, act, reason_code, reason, by,
               office, "on", is_discreet, is_stand_in)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            case.student_id,
            uuid7.new(),
            case.id,
            case.place,
            case.at,
            act,
            reason_code,
            " ".join(reason.split())[:500],
            by.account_id if by else NOBODY,
            by.place if by else case.starter_place,
            today,
            case.is_discreet,
            by is not None and by.is_stand_in,
        ],
    )


def _move(case: Moving, *, today: date, writing: Writing) -> None:
    writing.say(
        """UPDATE status_case SET state = %s, at = %s, desk_place = %s, effect_on = %s, undo_until = %s,
               closed_on = %s, version = %s WHERE student_id = %s AND id = %s""",
        [
            case.state,
            case.at,
            case.desk_place,
            case.effect_on,
            case.undo_until,
            today if case.state in CLOSED else None,
            case.version,
            case.student_id,
            case.id,
        ],
    )


def _tell(case: Moving, act: Act, *, by: Actor | None, before: Moving | None, writing: Writing) -> None:
    """Append the event. A discreet change is filed under its case and the office that acted, without its kind,
    so that neither the pupil's record nor the history of a school shows it."""
    office = by.place if by else case.starter_place
    took_effect = case.effect_on is not None and (before is None or before.effect_on is None)
    writing.say(
        EVENT,
        event(
            f"status.{'discreet' if case.is_discreet else case.kind.code}.{act}",
            by=by.account_id if by else None,
            office=office,
            subject_kind="case" if case.is_discreet else "student",
            subject_id=case.id if case.is_discreet else case.student_id,
            place=office if case.is_discreet else case.place,
            before=None if before is None else {"state": before.state, "at": before.at},
            after={
                "case": str(case.id),
                "state": case.state,
                "at": case.at,
                **({"effect": True} if took_effect else {}),
                **({"stand_in": True} if by is not None and by.is_stand_in else {}),
            },
        ),
    )


def is_party(case: Moving, by: Actor) -> bool:
    """Return whether the actor's office or one below it takes part in the case."""
    concerned = {case.place, case.other_place, case.starter_place, *(desk.place for desk in case.route)}
    return by.level is Level.MINISTRY or any(place is not None and place in by.scope for place in concerned)
