"""Decisions on the way from desk to desk, the effect among them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.access.statements import asked
from xueji.lib import uuid7
from xueji.organisations.queries import calendar
from xueji.status.actions import effects
from xueji.status.actions.cases.filing import NEW_IDS, rest_on, valid_papers
from xueji.status.actions.cases.moving import (
    Acted,
    FieldsMissing,
    Moving,
    NotNow,
    ReasonMissing,
    Stopped,
    apply_back,
    end_turn,
    locked,
    move,
    no_such_pupil,
    pause,
    raise_version,
    receive,
    require_starter_of,
    require_turn,
    resume,
    said,
    tell,
    write,
)
from xueji.status.actions.cases.waiting import release_waiting
from xueji.status.encryption import seal
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Weight
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Desk, Purpose
from xueji.status.rules.steps import CLOSED, Act, State
from xueji.status.statements import Writing, business


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
        said(case, Act.APPROVE, by=by, today=today, reason=reason, writing=writing)
        end_turn(case, Act.APPROVE, days=days, today=today, writing=writing)
        if moved.state is State.WITH_DESK:
            receive(moved, days=days, today=today, writing=writing)
        move(moved, today=today, writing=writing)
        tell(moved, Act.APPROVE, by=by, before=case, writing=writing)
        if case.kind.ends_others and case.desk.has_effect:
            _end_others(case, today=today, writing=writing)
        if moved.state in CLOSED and case.others_wait:
            release_waiting(case.student_id, today=today, writing=writing)
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
    write(case, planned, moment=effects.EFFECT, writing=writing)
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
        apply_back(case, back, moment=effects.FILING, writing=writing)
        raise_version(case, writing)
    moved = replace(case, state=state, version=case.version + 1)
    said(case, act, by=by, today=today, reason_code=reason_code, reason=reason, writing=writing)
    end_turn(case, act, days=calendar(using), today=today, writing=writing)
    move(moved, today=today, writing=writing)
    tell(moved, act, by=by, before=case, writing=writing)
    if case.others_wait:
        release_waiting(case.student_id, today=today, writing=writing)
    return Acted(case.student_id, case.id, state, moved.version)


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
        pause(moved, today=today, writing=writing)
        said(case, Act.RETURN, by=by, today=today, reason=reason, writing=writing)
        move(moved, today=today, writing=writing)
        tell(moved, Act.RETURN, by=by, before=case, writing=writing)
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
        papers = valid_papers(case.student_id, paper_ids, today, using)
        if typed is not None:
            payload, faults = checks.read(case.kind, {**case.payload, **typed})
            if faults:
                raise FieldsMissing(faults)
        moved = replace(case, state=State.WITH_DESK, payload=payload, version=case.version + 1)
        given = {*_paper_kinds(case, using), *(one[1] for one in papers)}
        _require_clear(moved, given, today=today, using=using)
        resume(moved, days=calendar(using), today=today, writing=writing)
        rest_on(case, papers, writing)
        writing.say(
            "UPDATE status_case SET payload = %s WHERE student_id = %s AND id = %s",
            [seal(payload, case.id), case.student_id, case.id],
        )
        said(case, Act.ANSWER, by=by, today=today, reason=reason, writing=writing)
        move(moved, today=today, writing=writing)
        tell(moved, Act.ANSWER, by=by, before=case, writing=writing)
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
