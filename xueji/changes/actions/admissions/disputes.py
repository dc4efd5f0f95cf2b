"""Duplicate admission (重复招生): opened by itself, answered by the schools, decided where they disagree.

A dispute is a problem record of its own kind (tables, papers, desk and due days are
shared), but it asks another question: where does the child attend, since when, and what
proves it. One school has the child in the end, or none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.scope import Actor, national
from xueji.changes.actions import claims
from xueji.changes.actions.problems.cases import locked_case, no_such_case, note_party, require_open
from xueji.changes.actions.problems.corrections import CorrectionFails, school_at
from xueji.changes.actions.problems.decisions import (
    OutcomeNotOpen,
    case_at_desk,
    keep,
    require_other_hand,
    require_reason,
)
from xueji.changes.actions.problems.opening import KIND, Standing, begin, mark_admissions, note, parties_of
from xueji.changes.actions.problems.resubmissions import checked_again, send_on
from xueji.changes.actions.problems.statements import StatementMissing, hand_to_desk, require_papers
from xueji.changes.actions.rosters import roster_of
from xueji.changes.encryption import seal, unseal
from xueji.changes.models import Admission, AdmissionList, Case, CaseParty, Evidence, RosterBatch, RosterRow
from xueji.changes.queries.problems import statements_of
from xueji.changes.rules.admission_disputes import ABSENT, ATTENDS, DAYS_TO_UNDO, NOWHERE, settled_by
from xueji.changes.rules.problem_records import DAYS_TO_STATE, OF_ADMISSION, Act, CaseState, Remedy, Side
from xueji.changes.rules.roster_findings import BY_CODE
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.queries import desk_for

HERE, OTHER = "attends-here", "attends-other"


class NotADispute(Refused):
    code = "not-found"


class DayMissing(Refused):
    code = "day-missing"


class RowDoesNotPass(Refused):
    code = "row-does-not-pass"


# Opening ------------------------------------------------------------------------------------

# Who else admits a child of this list, or has it on a roster on its way.
CONTENDERS = """
SELECT a.scheme, a.index, b.place, b.name, NULL::uuid AS batch_id, NULL::int AS row, k.id AS case_id
FROM changes_admission a
JOIN changes_admission b ON b.scheme = a.scheme AND b.index = a.index AND b.state = 'awaited'
LEFT JOIN changes_case k ON k.id = b.case_id AND k.closed_on IS NULL
WHERE a.list_id = %(list)s AND EXISTS (
    SELECT 1 FROM changes_admission o WHERE o.scheme = a.scheme AND o.index = a.index
        AND o.state = 'awaited' AND o.place <> a.place)
UNION ALL
SELECT a.scheme, a.index, a.place, a.name, NULL, NULL, k.id
FROM changes_admission a
LEFT JOIN changes_case k ON k.id = a.case_id AND k.closed_on IS NULL
WHERE a.list_id = %(list)s AND EXISTS (
    SELECT 1 FROM changes_rosterclaim c WHERE c.scheme = a.scheme AND c.index = a.index AND c.place <> a.place)
UNION ALL
SELECT a.scheme, a.index, c.place, c.name, c.batch_id, c.row, NULL
FROM changes_admission a
JOIN changes_rosterclaim c ON c.scheme = a.scheme AND c.index = a.index AND c.place <> a.place
WHERE a.list_id = %(list)s
ORDER BY 1, 2, 3, 6 NULLS LAST
"""


@dataclass
class Contested:
    """A child that several schools admit, with the record of each by place."""

    scheme: str
    index: bytes
    by_place: dict[int, Standing]
    open_case: UUID | None = None


def open_for_list(found: AdmissionList, *, by: Actor, today: date, using: str) -> int:
    """Open the disputes about the children of a list that is being issued; return how many children.

    Its children are locked. A roster's row about such a child is taken out of its roster and
    waits with the dispute. A school that comes third joins the dispute that is open.
    """
    children: dict[tuple[str, bytes], Contested] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(CONTENDERS, {"list": found.id})
        for scheme, index, place, name, batch_id, row, case_id in cursor.fetchall():
            key = (scheme, bytes(index))
            child = children.setdefault(key, Contested(scheme, bytes(index), {}))
            child.open_case = child.open_case or case_id
            if batch_id is not None or place not in child.by_place:
                child.by_place[place] = Standing(place, name, None, batch_id, row)
    rows = lock_rows(children.values(), using)
    for child in children.values():
        if child.open_case is not None:
            join(child, by=by, today=today, using=using)
        else:
            open_one(child, rows, by=by, today=today, using=using)
    return len(children)


def lock_rows(children: Any, using: str) -> dict[tuple[UUID, int], RosterRow]:
    """Lock the rosters of contested rows, in one order, and return those rows that still stand."""
    wanted = {
        (standing.batch_id, standing.row)
        for child in children
        for standing in child.by_place.values()
        if standing.batch_id is not None and standing.row is not None
    }
    if not wanted:
        return {}
    batches = sorted({batch_id for batch_id, _ in wanted})
    list(RosterBatch.everywhere.using(using).select_for_update().filter(pk__in=batches).order_by("pk"))
    rows = RosterRow.everywhere.using(using).filter(batch_id__in=batches, row__in=[row for _, row in wanted])
    return {(row.batch_id, row.row): row for row in rows if (row.batch_id, row.row) in wanted}


def open_one(
    child: Contested, rows: dict[tuple[UUID, int], RosterRow], *, by: Actor, today: date, using: str
) -> None:
    """Open the dispute about one child. Where a roster has it, that row is what was filed."""
    held = next((s for s in child.by_place.values() if s.batch_id is not None), None)
    case_id = uuid7.new()
    payload: dict[str, Any] = {"scheme": child.scheme, "index": child.index.hex()}
    first = held or next(iter(child.by_place.values()))
    if held is not None and held.batch_id is not None and held.row is not None:
        row = rows[held.batch_id, held.row]
        batch: RosterBatch = RosterBatch.everywhere.using(using).get(pk=held.batch_id)
        payload |= {"values": typed(batch, held.row, using), "sex": row.sex, "birth_on": str(row.birth_on)}
        take_into_dispute(batch, held.row, by=by, using=using)
    case = Case(
        id=case_id,
        place=first.place,
        kind=KIND,
        problem=OF_ADMISSION,
        name=first.name,
        batch_id=held.batch_id if held else None,
        row=held.row if held else None,
        payload=seal(payload, case_id),
    )
    others = [standing for place, standing in child.by_place.items() if place != first.place]
    begin(case, others, today=today)
    parties = parties_of(case, others)
    case.save(using=using, force_insert=True)
    if held is None:
        for party in parties:
            party.about = Side.STANDING
    CaseParty.everywhere.using(using).bulk_create(parties)
    mark_admissions([case], using=using)
    note(case, "problem.open", by=by, using=using, after={"problem": OF_ADMISSION, "schools": len(parties)})


def typed(batch: RosterBatch, row: int, using: str) -> dict[str, str]:
    """Return a row of a roster as it was typed."""
    frame = roster_of(batch, using).frame
    line = frame.filter(frame["row"] == row).row(0, named=True)
    return {key: value for key, value in line.items() if key != "row" and value is not None}


def take_into_dispute(batch: RosterBatch, row: int, *, by: Actor, using: str) -> None:
    """Take a row out of a roster on its way, with the finding why; its claim is given up."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """UPDATE changes_rosterrow SET state = 'elsewhere', reason = 'admitted-elsewhere'
               WHERE batch_id = %s AND row = %s""",
            [batch.id, row],
        )
        cursor.execute(
            """INSERT INTO changes_rosterfinding (batch_id, place, row, "column", code, severity, params)
               VALUES (%s, %s, %s, 'document_number', 'admitted-elsewhere', %s, '{}') ON CONFLICT DO NOTHING""",
            [batch.id, batch.place, row, BY_CODE["admitted-elsewhere"].severity],
        )
        cursor.execute(claims.UNCLAIM, {"batch": batch.id})
    batch.accepted, batch.rejected = batch.accepted - 1, batch.rejected + 1
    batch.version += 1
    batch.save(using=using, update_fields=["accepted", "rejected", "version"])


def join(child: Contested, *, by: Actor, today: date, using: str) -> None:
    """Let schools that come later join an open dispute; its desk is again the lowest common to all."""
    case = Case.everywhere.using(using).select_for_update().get(pk=child.open_case)  # type: ignore[misc]
    there = set(CaseParty.everywhere.using(using).filter(case=case).values_list("place", flat=True))
    added = [standing for place, standing in child.by_place.items() if place not in there]
    if not added:
        return
    case.desk_place = desk_for(frozenset({*there, *child.by_place}))
    case.state, case.due_on = CaseState.WITH_SCHOOLS, today + timedelta(days=DAYS_TO_STATE)
    case.version += 1
    case.save(using=using)
    for table in (CaseParty, Evidence):
        table.everywhere.using(using).filter(case=case).update(desk_place=case.desk_place)
    CaseParty.everywhere.using(using).bulk_create(
        CaseParty(
            case=case,
            place=standing.place,
            desk_place=case.desk_place,
            problem=case.problem,
            name=standing.name,
            about=Side.STANDING,
            received_on=today,
            due_on=case.due_on,
        )
        for standing in added
    )
    mark_admissions([case], using=using)
    note(case, "problem.join", by=by, using=using, after={"schools": len(there) + len(added)})


# Answers and the decision ---------------------------------------------------------------------


def state(
    case_id: UUID, *, attends: bool, since: date | None = None, statement: str, by: Actor, today: date
) -> Case:
    """Keep whether the child attends the school of `by`; the same answer of all settles the dispute.

    Who says yes gives the day and has filed the proof of attendance. With the last answer a
    dispute in which more than one school insists goes to its desk. Raises NotADispute,
    NotNow, StatementMissing, PapersMissing, DayMissing, RowDoesNotPass.
    """
    by.require("problems.state", by.place)
    with national("problems") as using:
        case = locked_dispute(case_id, using)
        party = CaseParty.everywhere.using(using).filter(case=case, place=by.place).first()
        if party is None:
            raise no_such_case()
        require_open(case)
        if not statement.strip():
            raise StatementMissing(
                "请填写情况说明：如何确认学生是否在本校就读。",
                "Write a statement: how was it made sure whether the child attends your school?",
            )
        chosen = ATTENDS if attends else ABSENT
        if attends and (since is None or since > today):
            raise DayMissing(
                "请填写学生到校就读的日期，不能晚于今天。",
                "Give the day since when the child attends; it cannot lie in the future.",
            )
        if attends:
            require_attendance(case, party, using)
        party.remedy, party.statement = chosen, statement.strip()[:500]
        party.proposal = seal({"since": str(since)}, case.id) if attends else None
        party.stated_by, party.stated_on = by.account_id, today
        party.save(using=using)
        note_party(party, "admission.state", by=by, using=using, after={"attends": attends})
        winner = settled_by(answers_of(case, using))
        if winner is None:
            hand_to_desk(case, today=today, using=using)
        else:
            settle(case, winner, by=by, today=today, using=using)
            note(case, "admission.settle", by=by, using=using, after={"by": "answers"})
        return case


def require_attendance(case: Case, party: CaseParty, using: str) -> None:
    """Raise PapersMissing unless the school filed a proof of attendance."""
    require_papers(case, party, ATTENDS, using, kinds=("attendance",))


def answers_of(case: Case, using: str) -> dict[int, Remedy | None]:
    """Return what each school has answered, by place."""
    return {
        party.place: Remedy(party.remedy) if party.stated_on else None
        for party in CaseParty.everywhere.using(using).filter(case=case)
    }


def decide(
    case_id: UUID, *, school: int, reason: str, by: Actor, today: date, version: int | None = None
) -> Case:
    """Decide at the desk which school the child attends: the place of a party, or NOWHERE (0).

    Raises NotADispute, NotNow, OwnStatement (who stated cannot decide), ReasonMissing,
    OutcomeNotOpen, RowDoesNotPass.
    """
    with national("problems") as using:
        locked_dispute(case_id, using)
        case = case_at_desk(case_id, by=by, act=Act.DECIDE, today=today, version=version, using=using)
        statements = statements_of(case, using=using, with_papers=False)
        require_other_hand(statements, by)
        require_reason(reason)
        answers = answers_of(case, using)
        if school != NOWHERE and answers.get(school, ABSENT) is ABSENT:
            raise OutcomeNotOpen(
                "只能选定说明学生在其就读的学校，或尚未说明的学校；都不在读的，选择“均不在读”。",
                "Choose a school that says the child attends, or has not answered; or that none has the child.",
            )
        keep(case, Act.DECIDE, reason, by=by, using=using)
        case.undo_until = today + timedelta(days=DAYS_TO_UNDO)
        settle(case, school, by=by, today=today, using=using, answer=reason.strip())
        note(case, "admission.decide", by=by, using=using, after={"reason": reason})
        return case


def locked_dispute(case_id: UUID, using: str) -> Case:
    """Return the dispute, locked until commit. Raises NotADispute."""
    case = locked_case(case_id, using)
    if case.problem != OF_ADMISSION:
        raise NotADispute(
            "这不是重复招生，请在“问题学籍”中办理。",
            "This is no duplicate admission; handle it under “problem records”.",
        )
    return case


LOCK_CHILD = "SELECT 1 FROM changes_admittedchild WHERE scheme = %s AND index = %s FOR UPDATE"


def settle(case: Case, winner: int, *, by: Actor, today: date, using: str, answer: str = "") -> None:
    """Close a dispute: the admissions of all other parties end; a roster's row goes on where it won."""
    payload = unseal(case.payload, case.id)
    child = (payload["scheme"], bytes.fromhex(payload["index"]))
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK_CHILD, child)
    parties = list(CaseParty.everywhere.using(using).filter(case=case).order_by("place"))
    before = {"state": case.state, "answers": {str(party.place): party.answer for party in parties}}
    lost = [party.place for party in parties if party.place != winner]
    ended = end_admissions(child, lost, case, by=by, today=today, using=using)
    case.state, case.closed_on = CaseState.CLOSED, today
    case.outcome = HERE if case.place == winner else OTHER
    case.version += 1
    case.save(using=using)
    for party in parties:
        party.closed_on, party.answer = today, answer[:500]
        party.outcome = HERE if party.place == winner else OTHER
    CaseParty.everywhere.using(using).bulk_update(parties, ["closed_on", "answer", "outcome"])
    batch_id = None
    if case.place == winner and "values" in payload:
        batch_id = str(register(case, payload["values"], by=by, today=today, using=using).id)
    case.made = before | {"ended": ended, "batch": batch_id} | standing_of_child(child, using=using)
    case.save(using=using, update_fields=["made"])


STANDING_OF_CHILD = """
SELECT coalesce((SELECT jsonb_agg(a.id ORDER BY a.id) FROM changes_admission a
        WHERE a.scheme = %(scheme)s AND a.index = %(index)s AND a.state = 'awaited'), '[]')::text,
    (SELECT e.id::text FROM students_identifier i
        JOIN students_enrolment e ON e.student_id = i.student_id AND e.ended_on IS NULL
        WHERE i.scheme = %(scheme)s AND i.index = %(index)s)
"""


def standing_of_child(child: tuple[str, bytes], *, using: str) -> dict[str, Any]:
    """Return which admissions await a child and which enrolment it has, as text: what an undo has to find again."""
    with connections[using].cursor() as cursor:
        cursor.execute(STANDING_OF_CHILD, {"scheme": child[0], "index": child[1]})
        awaited, enrolment = cursor.fetchone()
    return {"awaited": json.loads(awaited), "enrolment": enrolment}


def end_admissions(
    child: tuple[str, bytes], lost: Sequence[int], case: Case, *, by: Actor, today: date, using: str
) -> list[str]:
    """End the admissions of a child at the schools that it does not attend; return their ids."""
    ended = Admission.everywhere.using(using).filter(
        scheme=child[0], index=child[1], state="awaited", place__in=lost
    )
    ids = list(ended.values_list("id", flat=True))
    ended.update(state="elsewhere", reason="other-school", ended_on=today)
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, after)
               SELECT a.id, 'admission.end', 'admission', %s, %s, a.place,
                   jsonb_build_object('state', a.state, 'case', %s::text)
               FROM changes_admission a WHERE a.id = ANY(%s)""",
            [by.account_id, by.place, str(case.id), ids],
        )
    return [str(one) for one in ids]


def register(case: Case, values: dict[str, str], *, by: Actor, today: date, using: str) -> RosterBatch:
    """Send the row of a roster on to registration, checked again. Raises RowDoesNotPass."""
    school = school_at(case.place, using)
    filing = CaseParty.everywhere.using(using).get(case=case, place=case.place)
    batch = RosterBatch.everywhere.using(using).get(pk=case.batch_id)  # type: ignore[misc]
    try:
        pupil = checked_again(values, school=school, today=today, using=using, batch_id=batch.id)
    except CorrectionFails as fails:
        raise RowDoesNotPass(
            "学生在贵校就读，但名册中的这一行仍不能注册：" + "".join(f.message_zh for f in fails.findings),
            "The child attends this school, but its row of the roster still cannot be registered: "
            + " ".join(f.message_en for f in fails.findings),
        ) from fails
    submitted_by = filing.stated_by or batch.submitted_by or batch.uploaded_by
    return send_on(pupil, case, school=school, submitted_by=submitted_by, by=by, today=today, using=using)
