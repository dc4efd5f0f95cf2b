"""A case in the hand of an action: locked with its pupil, asked who may act, written step by step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.access.statements import asked
from xueji.audit.actions import INSERT as EVENT
from xueji.audit.actions import event
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.lib.working_days import Calendar
from xueji.organisations.queries import authority_codes
from xueji.status.actions import effects
from xueji.status.encryption import unseal
from xueji.status.rules.checks import FieldFault
from xueji.status.rules.kind import Kind, Obstacle, Starter
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Desk
from xueji.status.rules.steps import CLOSED, Act, State, steps_from
from xueji.status.statements import Writing

# Who opened a case or closed it where no person did.
NOBODY = 0


class NoSuchCase(Refused):
    code = "not-found"


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
    # Other cases of the pupil wait until this one is over, or something else is.
    others_wait: bool = False

    @property
    def desk(self) -> Desk:
        return self.route[self.at]


@dataclass(frozen=True)
class Acted:
    """What an act made of a case."""

    student_id: UUID
    id: UUID
    state: State
    version: int


def no_such_pupil() -> NoSuchCase:
    return NoSuchCase(
        "没有找到这名学生，请从学生列表重新进入。", "There is no such pupil; open the list again."
    )


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
        AND d.case_id = one.case_id AND d.act IN ('file', 'answer', 'approve')),
    EXISTS (SELECT 1 FROM status_case w WHERE w.student_id = one.student_id AND w.id <> one.case_id
        AND w.state = 'waiting')
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
    ((*turn, took_part, others_wait),) = asked(STANDS, [student_id, id_], using=using)
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
        others_wait=others_wait,
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
    require_version(case, version)
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
    require_version(case, version)
    by.require("status.file_at_authority" if case.kind.starter is Starter.AUTHORITY else "status.file")
    if by.place != case.starter_place:
        raise NotYourTurn("只有提交的单位可以办理。", "Only the office that filed it may do this.")
    if not steps_from(case.state, act):
        raise not_now()


def require_version(case: Moving, version: int | None) -> None:
    if version is not None and version != case.version:
        raise NotNow(
            "该业务刚刚有了进展，请刷新查看后再操作。", "The case has just moved on; reload and look again."
        )


def not_now() -> NotNow:
    return NotNow(
        "该业务已不在这一环节，可能已由同事办理；请刷新查看当前状态。",
        "The case is past this step, perhaps by a colleague; reload to see where it is.",
    )


def write(case: Moving, plan: Plan, *, moment: str, writing: Writing) -> None:
    effects.apply(
        plan,
        student_id=case.student_id,
        case_id=case.id,
        place=case.place,
        moment=moment,
        writing=writing,
        is_discreet=case.is_discreet,
    )
    raise_version(case, writing)


def raise_version(case: Moving, writing: Writing) -> None:
    writing.say("UPDATE students_student SET version = version + 1 WHERE id = %s", [case.student_id])


def apply_back(case: Moving, back: Plan, *, moment: str, writing: Writing) -> None:
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


def receive(case: Moving, *, days: Calendar, today: date, writing: Writing) -> None:
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


def pause(case: Moving, *, today: date, writing: Writing) -> None:
    """Stop the clock of the desk whose turn it is."""
    writing.say(
        f"UPDATE status_turn SET paused_on = %s, case_version = %s WHERE {OF_THE_OPEN_TURN}",
        [today, case.version, case.student_id, case.id],
    )


def resume(case: Moving, *, days: Calendar, today: date, writing: Writing) -> None:
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


def end_turn(case: Moving, act: Act, *, days: Calendar, today: date, writing: Writing) -> None:
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


def said(
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


def move(case: Moving, *, today: date, writing: Writing) -> None:
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


def tell(case: Moving, act: Act, *, by: Actor | None, before: Moving | None, writing: Writing) -> None:
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
            other_place=None if case.is_discreet else case.other_place,
        ),
    )


def is_party(case: Moving, by: Actor) -> bool:
    """Return whether the actor's office or one below it takes part in the case."""
    concerned = {case.place, case.other_place, case.starter_place, *(desk.place for desk in case.route)}
    return by.level is Level.MINISTRY or any(place is not None and place in by.scope for place in concerned)
