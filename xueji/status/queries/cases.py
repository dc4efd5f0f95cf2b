"""One case as an office sees it: its way over the desks, its papers, what approval would do. Lists of cases, read by key.

A case can concern two provinces, so one case is read in the national role and only after it was asked whether the
reader's office takes part in it. Lists are read in the reader's own scope.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor, national
from xueji.access.statements import asked
from xueji.changes.queries.pages import Page, page_of
from xueji.lib import uuid7
from xueji.organisations.queries import authority_codes
from xueji.status.actions.effects import EFFECT, FILING, kept
from xueji.status.encryption import unseal
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Kind, Obstacle, Starter, Weight
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.plans import Plan, Table, seats
from xueji.status.rules.routes import Desk, Party, Purpose
from xueji.status.rules.steps import CLOSED, Act, State, Who, acts_of
from xueji.students.encryption import associated

# As many as an action gives a plan.
NEW_IDS = 3
# Desks whose approval lets the receiving side know which school the pupil comes from.
TELLING = frozenset({Party.RECEIVING_AUTHORITY, Party.COMMON_AUTHORITY})


@dataclass(frozen=True)
class TurnLine:
    """One desk's turn. Days are working days; `used` without its pauses, up to today while it runs."""

    ordinal: int
    received_on: date
    due_on: date
    is_provisional: bool
    paused_on: date | None
    paused_days: int
    ended_on: date | None
    days: int
    days_used: int | None
    act: str


@dataclass(frozen=True)
class Said:
    """One act on the case: by which office, when, why."""

    ordinal: int
    act: str
    reason_code: str
    reason: str
    office: int
    on: date
    at: datetime
    is_stand_in: bool


@dataclass(frozen=True)
class PaperLine:
    """A paper of a pupil, without its content."""

    id: UUID
    kind: str
    file_name: str
    size: int
    office: int
    filed_on: date
    valid_until: date | None


@dataclass(frozen=True)
class CaseView:
    """A case with everything its page shows. `acts` are those of the reader now.

    `hides_origin` is true for the receiving side until its authority has approved: then no office of
    the side that holds the pupil may be named (docs/decisions).
    """

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
    filed_on: date
    due_on: date | None
    effect_on: date | None
    undo_until: date | None
    closed_on: date | None
    is_from_paper: bool
    is_discreet: bool
    version: int
    sex: str
    birth_on: date
    number: str
    turns: tuple[TurnLine, ...] = ()
    said: tuple[Said, ...] = ()
    papers: tuple[PaperLine, ...] = ()
    offices: Mapping[int, str] | None = None
    acts: tuple[Act, ...] = ()
    needs_other_person: bool = False
    hides_origin: bool = False
    undoer: int = 0

    @property
    def turn(self) -> TurnLine | None:
        """The turn that runs; None while no desk has it."""
        return next((turn for turn in self.turns if turn.ended_on is None), None)

    @property
    def desk(self) -> Desk:
        return self.route[self.at]

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED


@dataclass(frozen=True)
class Ahead:
    """What would happen on the approval that takes effect, were it today. `plan` is None where something stands in the way."""

    facts: Facts
    obstacles: tuple[Obstacle, ...]
    plan: Plan | None


ONE = """
SELECT c.student_id, c.id, c.kind, c.state, c.place, c.other_place, c.starter_place, c.desk_place, c.at, c.route,
    c.pack_id, c.name, c.payload, c.filed_on, c.due_on, c.effect_on, c.undo_until, c.closed_on, c.is_from_paper,
    c.is_discreet, c.version, s.sex, s.birth_on,
    (SELECT jsonb_agg(jsonb_build_array(encode(i.index, 'hex'), encode(i.value, 'hex'))) FROM students_identifier i
     WHERE i.student_id = c.student_id AND i.scheme = 'S' AND i.until IS NULL)
FROM status_case c JOIN students_student s ON s.id = c.student_id WHERE c.id = %s
"""
TURNS = """
SELECT ordinal, received_on, due_on, is_provisional, paused_on, paused_days, ended_on, days, days_used, act
FROM status_turn WHERE student_id = %s AND case_id = %s ORDER BY ordinal
"""
SAID = """
SELECT ordinal, act, reason_code, reason, office, "on", at, is_stand_in, by FROM status_decision
WHERE student_id = %s AND case_id = %s ORDER BY at, id
"""
PAPERS_OF_CASE = """
SELECT p.id, p.kind, p.file_name, p.size, p.office, p.filed_on, p.valid_until
FROM status_casepaper c JOIN status_paper p ON p.student_id = c.student_id AND p.id = c.paper_id
WHERE c.student_id = %s AND c.case_id = %s ORDER BY p.kind, p.id
"""
NAMES = "SELECT place, name FROM organisations_organisation WHERE place = ANY(%s)"


def seen_by(case_id: UUID, *, by: Actor, today: date) -> CaseView | None:
    """Return a case as the reader's office sees it; None where there is none that concerns it. Five statements."""
    with national("status") as using:
        return _seen_by(case_id, by=by, today=today, using=using)


def _seen_by(case_id: UUID, *, by: Actor, today: date, using: str) -> CaseView | None:
    with connections[using].cursor() as cursor:
        cursor.execute(ONE, [case_id])
        row = cursor.fetchone()
        if row is None:
            return None
        case = _case(row)
        if not takes_part(case, by):
            return None
        key = [case.student_id, case.id]
        cursor.execute(TURNS, key)
        turns = tuple(TurnLine(*one) for one in cursor.fetchall())
        cursor.execute(SAID, key)
        rows = cursor.fetchall()
        said = tuple(Said(*one[:8]) for one in rows)
        took_part = any(one[8] == by.account_id and one[1] in ("file", "answer", "approve") for one in rows)
        cursor.execute(PAPERS_OF_CASE, key)
        papers = tuple(PaperLine(*one) for one in cursor.fetchall())
        undoer = _undoer(case)
        wanted = {
            case.place, case.other_place, case.starter_place, undoer,
            *(desk.place for desk in case.route), *(one.office for one in said),
        }  # fmt: skip
        cursor.execute(NAMES, [[place for place in wanted if place is not None]])
        offices = dict(cursor.fetchall())
    acts = _acts(case, by=by, today=today, took_part=took_part, undoer=undoer)
    return replace(
        case,
        turns=turns,
        said=said,
        papers=papers,
        offices=offices,
        acts=acts,
        needs_other_person=took_part and _is_at_desk(case, by) and _may_decide(case, by),
        hides_origin=_hides_origin(case, turns, by),
        undoer=undoer,
    )


def _case(row: tuple[Any, ...]) -> CaseView:
    numbers = _json(row[23]) or []
    return CaseView(
        student_id=row[0],
        id=row[1],
        kind=BY_CODE[row[2]],
        state=State(row[3]),
        place=row[4],
        other_place=row[5],
        starter_place=row[6],
        desk_place=row[7],
        at=row[8],
        route=tuple(Desk.from_json(one) for one in _json(row[9])),
        pack_id=row[10],
        name=row[11],
        payload=unseal(row[12], row[1]),
        filed_on=row[13],
        due_on=row[14],
        effect_on=row[15],
        undo_until=row[16],
        closed_on=row[17],
        is_from_paper=row[18],
        is_discreet=row[19],
        version=row[20],
        sex=row[21],
        birth_on=row[22],
        number=_number(*numbers[0]) if numbers else "",
    )


def _number(index: str, value: str) -> str:
    opened: str = settings.XUEJI_KEY_RING.decrypt(
        bytes.fromhex(value), associated("identifier", bytes.fromhex(index))
    )
    return opened


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Concerned:
    """The parties of a case alone."""

    place: int
    other_place: int | None
    starter_place: int
    route: tuple[Desk, ...]
    is_discreet: bool


PARTIES = "SELECT place, other_place, starter_place, route, is_discreet FROM status_case WHERE id = %s"


def concerned_by(case_id: UUID, *, by: Actor) -> Concerned | None:
    """Return the parties of a case of which the reader's office is one; None of any other. One statement."""
    with national("status") as using:
        rows = asked(PARTIES, [case_id], using=using)
    if not rows:
        return None
    place, other_place, starter_place, route, is_discreet = rows[0]
    found = Concerned(
        place, other_place, starter_place, tuple(Desk.from_json(one) for one in _json(route)), is_discreet
    )
    return found if takes_part(found, by) else None


def takes_part(case: CaseView | Concerned, by: Actor) -> bool:
    """Return whether the reader's office, or one below it, takes part; of what is discreet, only its own desks do."""
    concerned = {case.place, case.other_place, case.starter_place, *(desk.place for desk in case.route)}
    if case.is_discreet:
        return by.may("status.discreet") and by.place in {
            case.starter_place,
            *(desk.place for desk in case.route),
        }
    return by.level is Level.MINISTRY or any(place is not None and place in by.scope for place in concerned)


def _undoer(case: CaseView) -> int:
    desk = next(desk for desk in case.route if desk.has_effect)
    return places.authority_above(desk.place, authority_codes())


def _is_at_desk(case: CaseView, by: Actor) -> bool:
    return case.state is State.WITH_DESK and by.place == case.desk_place


def _may_decide(case: CaseView, by: Actor) -> bool:
    is_school = places.level_of(case.desk.place) == "school"
    return by.may("status.decide_at_school" if is_school else "status.decide_at_authority")


def _acts(case: CaseView, *, by: Actor, today: date, took_part: bool, undoer: int) -> tuple[Act, ...]:
    """Return what the reader may do now, by the table of steps. The actions ask everything again."""
    found: list[Act] = []
    if by.place == case.desk_place and _may_decide(case, by) and not took_part:
        is_record = case.desk.purpose is Purpose.FILE_FOR_RECORD
        found += [act for act in acts_of(case.state, Who.DESK) if not (is_record and act is Act.REFUSE)]
    files = "status.file_at_authority" if case.kind.starter is Starter.AUTHORITY else "status.file"
    if by.place == case.starter_place and by.may(files):
        found += [
            act
            for act in acts_of(case.state, Who.STARTER)
            if not (act is Act.WITHDRAW and case.effect_on is not None)
        ]
    may_undo = case.undo_until is not None and today <= case.undo_until
    if may_undo and by.place == undoer and by.may("status.undo"):
        found += acts_of(case.state, Who.ABOVE)
    return tuple(dict.fromkeys(found))


def _hides_origin(case: CaseView, turns: Collection[TurnLine], by: Actor) -> bool:
    """Return whether the reader stands on the receiving side and its authority has not approved yet."""
    if case.other_place is None or case.effect_on is not None or by.level is Level.MINISTRY:
        return False
    holders = {case.place, *(desk.place for desk in case.route if desk.party in SENDING)}
    if by.place in holders or case.place in by.scope:
        return False
    passed = {turn.ordinal for turn in turns if turn.act == Act.APPROVE}
    return not any(case.route[at].party in TELLING for at in passed)


SENDING = frozenset({Party.SENDING_SCHOOL, Party.SENDING_AUTHORITY, Party.COMMON_AUTHORITY})


# What approval would do ---------------------------------------------------------------------


def ahead_of(case: CaseView, *, today: date) -> Ahead | None:
    """Return what the approval that takes effect would do today; None when the pupil is gone. Writes nothing."""
    with national("status") as using:
        found = facts_of(
            case.student_id,
            kind=case.kind,
            payload=case.payload,
            starter=case.starter_place,
            today=today,
            using=using,
            pack_id=case.pack_id,
            without_case=case.id,
            new_ids=tuple(uuid7.many(NEW_IDS)),
        )
    if found is None:
        return None
    facts, _version = found
    # The window was open when it was filed.
    obstacles = tuple(
        one for one in checks.obstacles(case.kind, facts, case.payload) if one.code != "window-closed"
    )
    blocks = any(one.weight is not Weight.WARNS for one in obstacles)
    return Ahead(facts, obstacles, None if blocks else case.kind.effect(facts, case.payload))


def done_by(case: CaseView) -> Plan:
    """Return what a case has written, as it was kept."""
    with national("status") as using:
        return Plan(
            tuple(
                write
                for moment in (FILING, EFFECT)
                for write in kept(case.student_id, case.id, moment=moment, using=using).writes
            )
        )


@dataclass(frozen=True)
class ClassLine:
    """A class that a plan speaks of, with its school and how many pupils it has now."""

    id: int
    name: str
    grade: int
    school: str
    place: int
    count: int


CLASSES = """
SELECT c.id, c.name, g.number, o.name, c.place,
    (SELECT coalesce(sum(h.count), 0) FROM students_headcount h WHERE h.class_of_id = c.id)
FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
JOIN organisations_organisation o ON o.id = c.school_id WHERE c.id = ANY(%s)
"""


def classes_in(plan: Plan, *others: Any) -> dict[int, ClassLine]:
    """Return the classes that a plan, or the ids given beside it, speak of, by id. One statement."""
    wanted = {seat[0] for seat in seats(plan)} | {int(one) for one in others if one}
    for write in plan.writes:
        if write.table is Table.ENROLMENT:
            wanted |= {
                image["class_of_id"]
                for image in (write.before, write.after)
                if image and "class_of_id" in image
            }
    if not wanted:
        return {}
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(CLASSES, [sorted(wanted)])
        return {row[0]: ClassLine(*row) for row in cursor.fetchall()}


@dataclass(frozen=True)
class SchoolClass:
    """A class one can choose: open ones of a school."""

    id: int
    name: str
    number: str
    grade: int
    count: int


def classes_of_school(place: int) -> tuple[SchoolClass, ...]:
    """Return the open classes of the school at a place, in order of grade and number. Names of classes are public."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.name, c.number, g.number,
                   (SELECT coalesce(sum(h.count), 0) FROM students_headcount h WHERE h.class_of_id = c.id)
               FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
               WHERE c.place = %s AND c.closed_on IS NULL ORDER BY g.number, c.number""",
            [place],
        )
        return tuple(SchoolClass(*row) for row in cursor.fetchall())


# Papers and the family's code -----------------------------------------------------------------


def papers_of(student_id: UUID, *, today: date, with_discreet: bool = False) -> tuple[PaperLine, ...]:
    """Return the papers of a pupil that are valid today, the newest first: a paper is asked for once.

    Those of a discreet change are left out unless they are asked for, by who must know of them.
    """
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT id, kind, file_name, size, office, filed_on, valid_until FROM status_paper
               WHERE student_id = %s AND (valid_until IS NULL OR valid_until >= %s) AND (NOT is_discreet OR %s)
               ORDER BY filed_on DESC, id DESC""",
            [student_id, today, with_discreet],
        )
        return tuple(PaperLine(*row) for row in cursor.fetchall())


def code_of(case: CaseView) -> str:
    """Return the code by which the family follows a case, for the office that hands it over; empty for none."""
    with national("status") as using, connections[using].cursor() as cursor:
        cursor.execute("SELECT code FROM status_tracking WHERE case_id = %s", [case.id])
        row = cursor.fetchone()
    if row is None:
        return ""
    code: str = settings.XUEJI_KEY_RING.decrypt(bytes(row[0]), associated("tracking", case.id))
    return code


# Lists ----------------------------------------------------------------------------------------

Key = tuple[date, UUID]
SIZE = 50


@dataclass(frozen=True)
class CaseLine:
    """A case in a list. `on` is the day the list goes by, `due_on` until when its desk has it; `desk` is named only where it may be."""

    id: UUID
    kind: Kind
    state: State
    name: str
    on: date
    due_on: date | None
    party: Party
    desk: str

    @property
    def key(self) -> Key:
        return self.on, self.id


@dataclass(frozen=True)
class Tab:
    """A list of cases: its statement, which names id, the day it goes by as `on`, and until when as `due_on`."""

    statement: str
    is_newest_first: bool = False


COLUMNS = "c.id, c.kind, c.state, c.name, c.desk_place, c.route, c.at"
TABS: dict[str, Tab] = {
    # What the own desk has, and what the own office has to complete.
    "todo": Tab(
        f"""SELECT {COLUMNS}, t.due_on AS on, t.due_on
            FROM status_turn t JOIN status_case c ON c.student_id = t.student_id AND c.id = t.case_id
            WHERE t.place = %(own)s AND t.ended_on IS NULL AND t.paused_on IS NULL
            UNION ALL
            SELECT {COLUMNS}, c.filed_on, NULL FROM status_case c
            WHERE c.starter_place = %(own)s AND c.state = 'returned'"""
    ),
    "filed": Tab(
        f"""SELECT {COLUMNS}, c.filed_on AS on, NULL::date AS due_on FROM status_case c
            WHERE c.starter_place = %(own)s""",
        is_newest_first=True,
    ),
    # What others filed and the own school has to clear the way for.
    "clear": Tab(
        f"""SELECT {COLUMNS}, c.filed_on AS on, NULL::date AS due_on FROM status_case c
            WHERE c.place = %(own)s AND c.state = 'waiting' AND c.starter_place <> %(own)s"""
    ),
    # What passed the own desk and is over.
    "closed": Tab(
        f"""SELECT {COLUMNS}, t.ended_on AS on, NULL::date AS due_on
            FROM status_turn t JOIN status_case c ON c.student_id = t.student_id AND c.id = t.case_id
            WHERE t.place = %(own)s AND t.ended_on IS NOT NULL AND c.closed_on IS NOT NULL""",
        is_newest_first=True,
    ),
}
LISTED = """
SELECT w.id, w.kind, w.state, w.name, w.on, w.due_on, w.route, w.at, coalesce(o.name, '')
FROM (SELECT * FROM ({statement}) w
    WHERE (%(kind)s = '' OR w.kind = %(kind)s) AND (%(state)s = '' OR w.state = %(state)s) AND {window}
    ORDER BY w.on {order}, w.id {order} LIMIT %(limit)s) w
LEFT JOIN organisations_organisation o ON o.place = w.desk_place
ORDER BY w.on {order}, w.id {order}
"""


def listed(
    by: Actor,
    tab: str,
    *,
    kind: str = "",
    state: str = "",
    after: Key | None = None,
    before: Key | None = None,
    size: int = SIZE,
) -> Page[CaseLine, Key]:
    """Return a page of one of TABS for the reader's office. One statement; what is discreet is on none of them."""
    chosen = TABS[tab]
    is_back = before is not None and after is None
    descends = chosen.is_newest_first != is_back
    known: dict[str, Any] = {"own": by.place, "kind": kind, "state": state, "limit": size + 1}
    window = "true"
    if after or before:
        window = f"(w.on, w.id) {'<' if descends else '>'} (%(key_on)s, %(key_id)s)"
        known["key_on"], known["key_id"] = after or before  # type: ignore[misc]
    with connections["default"].cursor() as cursor:
        cursor.execute(
            LISTED.format(statement=chosen.statement, window=window, order="DESC" if descends else "ASC"),
            known,
        )
        found = [_line(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.key, is_after=after is not None, is_before=is_back)


def _line(row: tuple[Any, ...]) -> CaseLine:
    id_, kind, state, name, on, due_on, route, at, desk = row
    party = Party(_json(route)[at]["party"])
    # Whose school it was is told on the page of the case, to those who may know.
    return CaseLine(
        id_, BY_CODE[kind], State(state), name, on, due_on, party, "" if party in SENDING else desk
    )


@dataclass(frozen=True)
class OpenLine:
    """An open case of one pupil."""

    id: UUID
    kind: Kind
    state: State
    filed_on: date
    due_on: date | None
    party: Party


def open_cases_of(student_id: UUID) -> tuple[OpenLine, ...]:
    """Return the open cases of a pupil in scope, the oldest first; nothing discreet among them. One statement."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.kind, c.state, c.filed_on,
                   CASE WHEN t.paused_on IS NULL THEN t.due_on END, c.route, c.at FROM status_case c
               LEFT JOIN status_turn t ON t.student_id = c.student_id AND t.case_id = c.id AND t.ended_on IS NULL
               WHERE c.student_id = %s AND c.closed_on IS NULL ORDER BY c.id""",
            [student_id],
        )
        return tuple(
            OpenLine(
                row[0], BY_CODE[row[1]], State(row[2]), row[3], row[4], Party(_json(row[5])[row[6]]["party"])
            )
            for row in cursor.fetchall()
        )


# Drafts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DraftLine:
    """A draft of the own office; `typed` is what was typed so far."""

    id: UUID
    kind: Kind
    student_id: UUID | None
    name: str
    typed: dict[str, Any]
    created_on: date
    changed_at: datetime


DRAFT = "SELECT id, kind, student_id, name, payload, created_on, changed_at FROM status_draft"


def draft_of(draft_id: UUID, by: Actor) -> DraftLine | None:
    """Return a draft of the reader's own office; None for another's or none."""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"{DRAFT} WHERE id = %s AND place = %s", [draft_id, by.place])
        row = cursor.fetchone()
    return _draft(row) if row else None


def draft_for(kind: str, student_id: UUID, by: Actor) -> UUID | None:
    """Return the draft that the reader's office has of a kind for a pupil already; None where it has none."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM status_draft WHERE place = %s AND kind = %s AND student_id = %s ORDER BY id LIMIT 1",
            [by.place, kind, student_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def drafts(
    by: Actor, *, after: UUID | None = None, before: UUID | None = None, size: int = SIZE
) -> Page[DraftLine, UUID]:
    """Return a page of the drafts of the reader's office, the newest first. One statement."""
    is_back = before is not None and after is None
    window = "" if not (after or before) else f"AND id {'>' if is_back else '<'} %s"
    keys = [after or before] if window else []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"{DRAFT} WHERE place = %s {window} ORDER BY id {'ASC' if is_back else 'DESC'} LIMIT %s",
            [by.place, *keys, size + 1],
        )
        found = [_draft(row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.id, is_after=after is not None, is_before=is_back)


def _draft(row: tuple[Any, ...]) -> DraftLine:
    return DraftLine(row[0], BY_CODE[row[1]], row[2], row[3], unseal(row[4], row[0]), row[5], row[6])
