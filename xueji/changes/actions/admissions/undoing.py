"""The undo of a decision about a duplicate admission: the exact inverse, by the authority above, in 30 days.

The dispute is open again where it was decided; the admissions that ended wait again, the row that was sent on to
registration is taken back. What stands on the decision meanwhile is undone first, and the refusal says what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.changes.actions import claims
from xueji.changes.actions.admissions.disputes import LOCK_CHILD, locked_dispute, standing_of_child
from xueji.changes.actions.desks import decided, hand_over
from xueji.changes.actions.desks import note as note_batch
from xueji.changes.actions.problems.cases import NotNow
from xueji.changes.actions.problems.decisions import keep, require_reason
from xueji.changes.actions.problems.opening import note
from xueji.changes.encryption import unseal
from xueji.changes.models import Case, CaseParty, RosterBatch
from xueji.changes.queries.admissions import may_undo, undoer_of
from xueji.changes.rules import roster_steps
from xueji.changes.rules.problem_records import Act, CaseState
from xueji.changes.rules.roster_steps import State
from xueji.lib.errors import Refused


class CannotUndo(Refused):
    code = "cannot-undo"


class NotYourTurn(Refused):
    code = "not-your-turn"


@dataclass(frozen=True)
class Child:
    """A child by its blind index."""

    scheme: str
    index: bytes

    @property
    def key(self) -> tuple[str, bytes]:
        return (self.scheme, self.index)


def undo(case_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None) -> Case:
    """Take a decision about a duplicate admission back, exactly, as long as nothing stands on it.

    Raises NoSuchCase, NotADispute, NotNow, NotYourTurn, NotAllowed, ReasonMissing, CannotUndo.
    """
    by.require("problems.undo")
    with national("problems") as using:
        batch = locked_batch(case_id, using)
        case = locked_dispute(case_id, using)
        by.require("problems.undo", case.desk_place)
        if case.undo_until is None or version not in (None, case.version):
            raise NotNow(
                "没有可以撤销的结论，或刚刚已有变化；请刷新查看。",
                "There is no decision that could be undone, or it has just changed; reload and look again.",
            )
        if by.place != undoer_of(case):
            raise NotYourTurn(
                "撤销须由作出结论的单位的上一级主管部门办理。",
                "Only the authority above the office that decided can undo it.",
            )
        if not may_undo(case, by=by, today=today):
            raise CannotUndo(
                f"已超过撤销期限（{case.undo_until}），请由相关学校和主管部门另行办理。",
                "The days in which it can be undone are over; the schools and their authorities have to see to it anew.",
            )
        require_reason(reason)
        payload = unseal(case.payload, case.id)
        child = Child(payload["scheme"], bytes.fromhex(payload["index"]))
        with connections[using].cursor() as cursor:
            cursor.execute(LOCK_CHILD, child.key)
        require_nothing_on_top(case, child, batch, using)
        if batch is not None and batch.state != State.WITHDRAWN:
            take_back(batch, reason, by=by, today=today, using=using)
        await_again(case, by=by, using=using)
        open_again(case, using)
        keep(case, Act.UNDO, reason, by=by, using=using)
        note(case, "admission.undo", by=by, using=using, after={"reason": reason.strip()[:500]})
        return case


def locked_batch(case_id: UUID, using: str) -> RosterBatch | None:
    """Return the roster that the decision sent on, locked before its case as everywhere; None where there is none."""
    made = Case.everywhere.using(using).filter(pk=case_id).values_list("made", flat=True).first() or {}
    if not made.get("batch"):
        return None
    found: RosterBatch = RosterBatch.everywhere.using(using).select_for_update().get(pk=made["batch"])
    return found


# Admissions that ended and are no longer as the decision left them, or at a school that has closed or whose list was
# taken back; rosters that have the child; disputes about it that are open.
STANDS_ON_IT = """
SELECT
    (SELECT count(*) FROM unnest(%(ended)s::uuid[]) AS w (id)
        LEFT JOIN changes_admission a ON a.id = w.id AND a.state = 'elsewhere' AND a.place = ANY(%(places)s)
        LEFT JOIN changes_admissionlist l ON l.id = a.list_id AND l.state = 'issued'
        LEFT JOIN organisations_school s ON s.organisation_id = a.school_id AND s.state = 'open'
        WHERE l.id IS NULL OR s.organisation_id IS NULL),
    (SELECT count(*) FROM changes_admission a WHERE a.id = ANY(%(awaited)s::uuid[]) AND (
        a.state <> 'awaited' OR a.place <> ALL(%(places)s) OR a.case_id IS DISTINCT FROM %(case)s)),
    (SELECT count(*) FROM changes_rosterclaim c
        WHERE c.scheme = %(scheme)s AND c.index = %(index)s AND c.batch_id IS DISTINCT FROM %(batch)s)
"""


def require_nothing_on_top(case: Case, child: Child, batch: RosterBatch | None, using: str) -> None:
    """Raise CannotUndo with what came after the decision."""
    made = case.made
    known: dict[str, Any] = {
        "ended": made["ended"],
        "awaited": made["awaited"],
        "places": [int(place) for place in made["answers"]],
        "case": case.id,
        "scheme": child.scheme,
        "index": child.index,
        "batch": batch.id if batch is not None else None,
    }
    now = standing_of_child(child.key, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(STANDS_ON_IT, known)
        ended, awaited, claimed = cursor.fetchone()
    if now["enrolment"] != made["enrolment"]:
        raise CannotUndo(
            "该生此后的学籍有了变动，结论不能撤销；请按学籍变动办理。",
            "The pupil's enrolment changed since, so the decision cannot be undone; file a change of status.",
        )
    if claimed or (batch is not None and batch.state in (State.WITH_AUTHORITY, State.REGISTERED)):
        raise CannotUndo(
            "该生此后已报到，名册正在办理，结论不能撤销；请先由学校撤回名册。",
            "The child has come since and a roster is on its way, so the decision cannot be undone; the school takes the"
            " roster back first.",
        )
    if ended or awaited or sorted(now["awaited"]) != sorted(made["awaited"]):
        raise CannotUndo(
            "该生的录取此后又有办理（登记未报到、撤回名单、另有录取或学校撤并），结论不能撤销；请先撤回后来的办理。",
            "The child's admission changed since (noted as not come, a list taken back, another list, a school closed), so the"
            " decision cannot be undone; take that back first.",
        )


def take_back(batch: RosterBatch, reason: str, *, by: Actor, today: date, using: str) -> None:
    """Take the roster back that the decision sent on to the leader."""
    before = batch.state
    claims.release(batch, using)
    hand_over(batch, State.WITHDRAWN, desk=batch.place, today=today)
    batch.save(using=using)
    decided(batch, roster_steps.Act.UNDO, by=by, using=using, reason=reason.strip())
    note_batch(
        batch.id,
        "roster.undo",
        by=by,
        place=batch.place,
        using=using,
        before={"state": before},
        after={"state": batch.state, "reason": reason.strip()[:500]},
    )


def await_again(case: Case, *, by: Actor, using: str) -> None:
    """Let the admissions that the decision ended wait again, with an event for each."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """WITH changed AS (
                   UPDATE changes_admission SET state = 'awaited', reason = '', ended_on = NULL
                   WHERE id = ANY(%s::uuid[]) RETURNING id, place, list_id
               )
               INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
               SELECT id, 'admission.await', 'admission', %s, %s, place, list_id,
                   jsonb_build_object('state', 'awaited', 'case', %s::text) FROM changed ORDER BY id""",
            [case.made["ended"], by.account_id, by.place, str(case.id)],
        )


def open_again(case: Case, using: str) -> None:
    """Put a case and its parties back to where they were before the decision."""
    made = case.made
    case.state, case.outcome, case.closed_on = CaseState(made["state"]), "", None
    case.made, case.undo_until = {}, None
    case.version += 1
    case.save(using=using)
    parties = list(CaseParty.everywhere.using(using).filter(case=case))
    for party in parties:
        party.closed_on, party.outcome = None, ""
        party.answer = made["answers"].get(str(party.place), "")
    CaseParty.everywhere.using(using).bulk_update(parties, ["closed_on", "answer", "outcome"])
