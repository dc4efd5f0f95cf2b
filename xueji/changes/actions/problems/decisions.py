"""The desk ends a problem record, or gives it back to the schools."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from xueji.access.actions_misses import spend
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor, national
from xueji.changes.actions import rosters
from xueji.changes.actions.problems.cases import NotNow, close, locked_case, note_reading, require_open
from xueji.changes.actions.problems.corrections import (
    CorrectionFails,
    cancel_enrolment,
    correct_student,
    corrected_identity,
    locked_student,
    release,
    require_still_at,
    school_at,
)
from xueji.changes.actions.problems.following import (
    claim_if_free,
    open_for_pupil,
    open_for_row,
    require_another_question,
)
from xueji.changes.actions.problems.opening import note
from xueji.changes.actions.problems.resubmissions import checked_again, send_on
from xueji.changes.actions.problems.statements import require_problem, roster_of_record, typed_row
from xueji.changes.encryption import unseal
from xueji.changes.models import Case, CaseParty, Decision, RosterBatch
from xueji.changes.queries.problems import Record, Statement, is_late, stated, statements_of, student_record
from xueji.changes.rules.problem_records import (
    BY_OUTCOME,
    DAYS_TO_STATE,
    Act,
    CaseState,
    Outcome,
    Remedy,
    Side,
    outcomes_for,
    step_from,
)
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.students.models import Identifier


class OwnStatement(Refused):
    code = "own-work"


class ReasonMissing(Refused):
    code = "reason-missing"


class OutcomeNotOpen(Refused):
    code = "outcome-not-open"


class CorrectionDoesNotHelp(Refused):
    code = "correction-does-not-help"


def decide(
    case_id: UUID, *, by: Actor, outcome: str, reason: str, today: date, version: int | None = None
) -> Case:
    """End a case at its desk. What the outcome means for the pupils happens in this transaction.

    The pupil of the roster goes on as a batch of one to the leader and the authority. A
    correction that collides with yet another record opens the next case.
    Raises NoSuchCase, NotNow, OwnStatement (who stated cannot decide), ReasonMissing,
    OutcomeNotOpen, CorrectionFails.
    """
    with national("problems") as using:
        case = case_at_desk(case_id, by=by, act=Act.DECIDE, today=today, version=version, using=using)
        require_problem(case)
        statements = statements_of(case, using=using, with_papers=False)
        require_other_hand(statements, by)
        require_reason(reason)
        filed, standing = stated(statements)
        chosen = BY_OUTCOME.get(outcome)
        if chosen is None or chosen not in outcomes_for(
            of_row=case.batch_id is not None, filed=filed, standing=standing
        ):
            raise OutcomeNotOpen(
                "按各学校目前的说明，不能这样结案。请选择所列的结论，或退回学校补充。",
                "What the schools stated does not allow this outcome. Choose one of those offered, or return the case.",
            )
        carry_out(case, chosen, statements, by=by, today=today, using=using)
        keep(case, chosen.code, reason, by=by, using=using)
        close(case, chosen.code, today=today, answer=reason.strip(), using=using)
        note(case, "problem.decide", by=by, using=using, after={"outcome": chosen.code, "reason": reason})
        return case


def give_back(case_id: UUID, *, by: Actor, reason: str, today: date, version: int | None = None) -> Case:
    """Return a case to its schools: what they stated does not suffice. Each has to state again.

    Raises NoSuchCase, NotNow, OwnStatement, ReasonMissing.
    """
    with national("problems") as using:
        case = case_at_desk(case_id, by=by, act=Act.RETURN, today=today, version=version, using=using)
        require_other_hand(statements_of(case, using=using, with_papers=False), by)
        require_reason(reason)
        case.state, case.received_on = CaseState.WITH_SCHOOLS, today
        case.due_on = today + timedelta(days=DAYS_TO_STATE)
        case.version += 1
        case.save(using=using)
        CaseParty.everywhere.using(using).filter(case=case).update(
            stated_on=None, received_on=today, due_on=case.due_on, answer=reason.strip()[:500]
        )
        keep(case, Act.RETURN, reason, by=by, using=using)
        note(case, "problem.return", by=by, using=using, after={"reason": reason})
        return case


def reveal(case_id: UUID, *, by: Actor, today: date) -> None:
    """Let the desk see the numbers of a case in full, record that it did, and count it among what is shown in full.

    Raises NoSuchCase, NotNow, TooManyMisses.
    """
    by.require("problems.decide")
    spend(Way.UNMASK, case_id.bytes, by=by, today=today)
    with national("problems") as using:
        case = locked_case(case_id, using)
        by.require("problems.decide", case.place)
        require_desk(case, by)
        note_reading(case, by=by, using=using)


def require_desk(case: Case, by: Actor) -> None:
    """Raise NotNow unless `by` sits at the desk of the case."""
    if by.place != case.desk_place:
        raise NotNow(
            "该问题学籍由各相关学校共同的主管部门核查，不在本单位待办中。",
            "This problem record is on the desk common to all schools concerned, not on yours.",
        )


def case_at_desk(case_id: UUID, *, by: Actor, act: Act, today: date, version: int | None, using: str) -> Case:
    """Return the case, locked, if `by` may do this at its desk now. Raises NoSuchCase, NotNow, NotAllowed."""
    case = locked_case(case_id, using)
    by.require("problems.decide", case.place)
    require_open(case)
    require_desk(case, by)
    if version is not None and version != case.version:
        raise NotNow(
            "该问题学籍刚刚有变化（学校改了说明，或同事处理过），请刷新后再决定。",
            "This problem record has just changed: a school stated anew, or a colleague acted. Reload first.",
        )
    if step_from(CaseState(case.state), act, is_late=is_late(case, today)) is None:
        raise NotNow(
            "各学校还没有都说明情况，期限届满前不能办理。",
            "Not every school has stated yet, and their time has not run out.",
        )
    return case


def require_other_hand(statements: list[Statement], by: Actor) -> None:
    """Raise OwnStatement if the decider stated for a school (two-person rule)."""
    if any(statement.party.stated_by == by.account_id for statement in statements):
        raise OwnStatement(
            "说明情况的人不能作出结论，请由另一位同事办理。",
            "Who stated for a school cannot decide; a second person has to.",
        )


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(
            "请填写理由：学校需要知道依据是什么。", "Give a reason: the schools have to know why."
        )


def keep(case: Case, act: str, reason: str, *, by: Actor, using: str) -> None:
    """Keep one act of the desk."""
    Decision.everywhere.using(using).create(
        id=uuid7.new(),
        place=case.place,
        subject_id=case.id,
        act=act,
        reason=reason.strip()[:500],
        by=by.account_id,
        office=by.place,
    )


def carry_out(
    case: Case, outcome: Outcome, statements: list[Statement], *, by: Actor, today: date, using: str
) -> None:
    """Do what an outcome means: first to the records that stand, then to the row that was filed."""
    gone: list[UUID] = []
    if outcome.code in {"filed-right", "standing-right", "corrected", "deleted"}:
        for statement in statements:
            remedy = statement.sides.get(Side.STANDING)
            if remedy is Remedy.CORRECT:
                correct(case, statement, by=by, today=today, using=using)
            elif remedy is Remedy.DELETE:
                gone += delete(case, statement, by=by, today=today, using=using)
        claim_if_free(case, by=by, today=today, using=using)
    if outcome.code in {"filed-right", "two-persons"}:
        is_coincidence = case.problem == "same-person"
        # An equal name, sex and birth date is what the desk has decided about. A number is so
        # only where both stay: then it is disputed.
        decided = {"same-person-suspected"} if is_coincidence else set()
        if outcome.code == "two-persons" and not is_coincidence:
            decided = {"to-be-checked"}
        returning = gone[0] if is_coincidence and gone else None
        register(case, decided=decided, returning=returning, by=by, today=today, using=using)


def register(
    case: Case, *, decided: Collection[str], returning: UUID | None, by: Actor, today: date, using: str
) -> None:
    """Send the filed pupil on to registration, checked again with what the desk decided."""
    school = school_at(case.place, using)
    batch = RosterBatch.everywhere.using(using).get(pk=case.batch_id)  # type: ignore[misc]
    filing = CaseParty.everywhere.using(using).get(case=case, place=case.place)
    try:
        pupil = checked_again(
            unseal(case.payload, case.id)["values"],
            school=school,
            today=today,
            using=using,
            decided=decided,
            returning=returning,
        )
    except CorrectionFails as fails:
        raise CorrectionDoesNotHelp(
            "按此结论，上报的学生仍不能注册：" + "".join(f.message_zh for f in fails.findings),
            "With this outcome the pupil still cannot be registered: "
            + " ".join(f.message_en for f in fails.findings),
        ) from fails
    send_on(
        pupil,
        case,
        school=school,
        submitted_by=filing.stated_by or batch.submitted_by or batch.uploaded_by,
        by=by,
        today=today,
        using=using,
        is_disputed="to-be-checked" in pupil.decided,
        is_another=returning is None and "same-person-suspected" in pupil.decided,
    )


def correct(case: Case, statement: Statement, *, by: Actor, today: date, using: str) -> None:
    """Give the record of a school the values that the school proposed, checked once more.

    Where they collide with another record, the next case opens.
    """
    found = statement.record
    if found is None:
        return
    require_still_at(found, statement.party.place)
    if found.student_id is not None:
        student_id = found.student_id
        locked_student(student_id, using)
        found = student_record(student_id, using=using) or found
        identity = corrected_identity(
            found, statement.proposal, student_id=student_id, case=case, today=today, using=using
        )
        correct_student(student_id, identity, case=case, by=by, today=today, using=using)
        if identity.collides:
            open_for_pupil(found, identity, case, by=by, today=today, using=using)
        return
    batch, school = roster_of_record(found, using), school_at(found.place, using)
    values = typed_row(batch, found.row, using) | statement.proposal
    take_row(batch, found, "号码有误，已按问题学籍的结论更正后另行办理。", by=by, using=using)
    pupil = checked_again(
        values, school=school, today=today, using=using, batch_id=batch.id, may_collide=True
    )
    if pupil.collides:
        require_another_question(pupil, case)
        open_for_row(pupil, case, batch, found.row, by=by, today=today, using=using)
        return
    send_on(
        pupil,
        case,
        school=school,
        submitted_by=statement.party.stated_by or batch.uploaded_by,
        by=by,
        today=today,
        using=using,
    )


def delete(case: Case, statement: Statement, *, by: Actor, today: date, using: str) -> list[UUID]:
    """End the record of a school whose pupil is not there; return the student, if it is one.

    A number that two names claimed goes with the record that was given up, so that the
    pupil whose it is can be registered; an equal person without a number simply comes back.
    """
    found = statement.record
    if found is None:
        return []
    require_still_at(found, statement.party.place)
    if found.student_id is None:
        batch = roster_of_record(found, using)
        take_row(batch, found, "学校确认该生不在校，按问题学籍的结论取出。", by=by, using=using)
        return []
    cancel_enrolment(found.student_id, case=case, by=by, today=today, using=using)
    if case.problem == "number-duplicate":
        payload = unseal(case.payload, case.id)
        contested = Identifier.everywhere.using(using).filter(
            scheme=payload["scheme"], index=bytes.fromhex(payload["index"]), student_id=found.student_id
        )
        student = locked_student(found.student_id, using)
        for identifier in contested:
            release(identifier, student=student, by=by, using=using)
    return [found.student_id]


def take_row(batch: RosterBatch, found: Record, reason: str, *, by: Actor, using: str) -> None:
    """Take a row out of a roster on its way, as its own desks do."""
    if found.row is not None:
        rosters.take_out(batch, [found.row], reason=reason, by=by, using=using)
    batch.version += 1
    batch.save(using=using, update_fields=["excepted", "version"])
