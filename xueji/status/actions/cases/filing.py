"""Filing: what a change would do, and the case that begins."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings

from xueji.access.scope import Actor, national
from xueji.access.statements import asked
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.lib.working_days import Calendar
from xueji.organisations.queries import calendar
from xueji.status.actions import effects
from xueji.status.actions.cases.moving import (
    NOBODY,
    FieldsMissing,
    Moving,
    Stopped,
    no_such_pupil,
    pause,
    receive,
    said,
    tell,
    write,
)
from xueji.status.encryption import seal
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.checks import FieldFault
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Kind, Obstacle, Starter, Weight
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Desk
from xueji.status.rules.steps import Act, State
from xueji.status.statements import Writing, business
from xueji.students.encryption import associated

# More new rows than this no effect needs.
NEW_IDS = 3
TRACKING_SCHEME = "tracking"


# Without letters that are read for others; 20 of them are beyond guessing (100 bits).
TRACKING_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TRACKING_LENGTH = 20


class NoSuchKind(Refused):
    code = "no-such-kind"


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
        papers = valid_papers(student_id, paper_ids, today, using)
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
        rest_on(case, papers, writing)
        if not waits:
            receive(case, days=days, today=today, writing=writing)
            if kind.effect_on_filing is not None:
                write(case, kind.effect_on_filing(facts, payload), moment=effects.FILING, writing=writing)
        said(case, Act.FILE, by=by, today=today, writing=writing)
        tell(case, Act.FILE, by=by, before=None, writing=writing)
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
        receive(case, days=days, today=today, writing=writing)
        pause(case, today=today, writing=writing)
        said(case, Act.FILE, by=None, today=today, reason=reason, writing=writing)
        tell(case, Act.FILE, by=None, before=None, writing=writing)
        code = "" if kind.is_silent or kind.is_discreet else _track(case, writing)
        return Filed(student_id, case.id, case.state, code)


def valid_papers(
    student_id: UUID, paper_ids: Collection[UUID], today: date, using: str
) -> list[tuple[UUID, str]]:
    """Return (id, kind) of the papers that count: the pupil's own, and valid today."""
    if not paper_ids:
        return []
    return asked(
        """SELECT id, kind FROM status_paper WHERE student_id = %s AND id = ANY(%s)
           AND (valid_until IS NULL OR valid_until >= %s) ORDER BY id""",
        [student_id, list(paper_ids), today],
        using=using,
    )


def rest_on(case: Moving, papers: Sequence[tuple[UUID, str]], writing: Writing) -> None:
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
