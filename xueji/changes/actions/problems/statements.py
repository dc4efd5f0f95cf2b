"""A school concerned states what is to be done: prove, correct or delete its record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.changes.actions import rosters
from xueji.changes.actions.problems.cases import close, locked_case, no_such_case, note_party, require_open
from xueji.changes.actions.problems.corrections import (
    corrected_identity,
    school_at,
)
from xueji.changes.actions.problems.following import open_for_row, require_another_question
from xueji.changes.actions.problems.resubmissions import checked_again, send_on
from xueji.changes.encryption import seal, unseal
from xueji.changes.models import Case, CaseParty, Evidence, RosterBatch
from xueji.changes.queries.problems import (
    CODE_LISTS,
    Record,
    filed_record,
    speaks_for_both,
    standing_record,
)
from xueji.changes.rules.problem_records import (
    BY_KIND,
    CORRECTABLE,
    DAYS_TO_STATE,
    PAPER_NAMES,
    PAPERS,
    CaseState,
    Remedy,
    Side,
)
from xueji.lib.errors import Refused


class RemedyNotAllowed(Refused):
    code = "remedy-not-allowed"


class StatementMissing(Refused):
    code = "statement-missing"


class PapersMissing(Refused):
    code = "papers-missing"


class NothingCorrected(Refused):
    code = "nothing-corrected"


class AnotherQuestion(Refused):
    code = "another-question"


class RecordGone(Refused):
    code = "record-gone"


def state(
    case_id: UUID,
    *,
    by: Actor,
    remedy: str,
    statement: str,
    proposal: Mapping[str, str] | None = None,
    about: str = "",
    today: date,
) -> Case:
    """Keep what a school states; with the last statement the case goes to its desk.

    `proposal` are the corrected values by field (CORRECTABLE), `about` the record meant by a
    school whose own row collides with its own pupil. A later statement takes the place of
    the earlier one until the desk has decided. The school that filed the row settles the
    case by correcting the row, which is then checked from the start and goes on to
    registration, or by dropping it.
    Raises NoSuchCase, NotNow, RemedyNotAllowed, StatementMissing, PapersMissing,
    NothingCorrected, CorrectionFails.
    """
    by.require("problems.state", by.place)
    with national("problems") as using:
        case = locked_case(case_id, using)
        party = CaseParty.everywhere.using(using).filter(case=case, place=by.place).first()
        if party is None:
            raise no_such_case()
        require_open(case)
        require_problem(case)
        chosen = allowed_remedy(case, remedy)
        side = side_of(case, party, chosen, about)
        if not statement.strip():
            raise StatementMissing(
                "请填写情况说明：写明核对了什么、结论是什么。",
                "Write a statement: what was compared, and with which result.",
            )
        require_papers(case, party, chosen, using)
        party.remedy, party.statement, party.proposal = chosen, statement.strip()[:500], None
        party.about = side or ""
        party.stated_by, party.stated_on = by.account_id, today
        party.save(using=using)
        after: dict[str, object] = {"remedy": str(chosen), "about": str(side or "")}
        if side is Side.FILED and chosen is not Remedy.PROVE:
            settle(case, party, chosen, proposal or {}, by=by, today=today, using=using)
            after["outcome"] = case.outcome
        else:
            if chosen is Remedy.CORRECT:
                party.proposal = seal(checked_proposal(case, party, proposal or {}, today, using), case.id)
                party.save(using=using, update_fields=["proposal"])
            hand_to_desk(case, today=today, using=using)
        note_party(party, "problem.state", by=by, using=using, after=after)
        return case


def require_problem(case: Case) -> None:
    """Raise AnotherQuestion for a case that asks where a child attends: it is answered on its own page."""
    if BY_KIND[case.problem].is_of_admission:
        raise AnotherQuestion(
            "重复招生请在“重复招生”页面说明学生是否在本校就读，由核查单位选定学校。",
            "A duplicate admission is answered and decided on its own page: does the child attend, since when.",
        )


def allowed_remedy(case: Case, remedy: str) -> Remedy:
    """Return the remedy, if this kind of problem has it. Raises RemedyNotAllowed."""
    problem = BY_KIND[case.problem]
    if remedy not in problem.remedies:
        raise RemedyNotAllowed(
            f"“{problem.zh}”不能这样处理，请在所列方式中选择。",
            f"This is no way to settle “{problem.en}”; choose one of those offered.",
        )
    return Remedy(remedy)


def side_of(case: Case, party: CaseParty, remedy: Remedy, about: str) -> Side | None:
    """Return which record a statement is about; None for both. Raises RemedyNotAllowed."""
    if not speaks_for_both(case, party):
        return Side(party.about)
    if remedy is Remedy.PROVE:
        return None
    if about not in set(Side):
        raise RemedyNotAllowed(
            "请选择变更或删除哪一条：本次上报的，还是本校已有的。",
            "Choose which record is meant: the row that was filed, or the one your school has.",
        )
    return Side(about)


def require_papers(
    case: Case, party: CaseParty, remedy: Remedy, using: str, *, kinds: Collection[str] | None = None
) -> None:
    """Raise PapersMissing unless the school filed every paper that the remedy needs, or these kinds."""
    filed = set(
        Evidence.everywhere.using(using).filter(case=case, place=party.place).values_list("kind", flat=True)
    )
    missing = [PAPER_NAMES[kind] for kind in kinds or PAPERS[remedy] if kind not in filed]
    if missing:
        raise PapersMissing(
            "请先上传：" + "、".join(zh for zh, _ in missing) + "。",
            "First file: " + ", ".join(en for _, en in missing) + ".",
        )


def differing(found: Record, proposal: Mapping[str, str]) -> dict[str, str]:
    """Return the proposed values that differ from the record, as codes. Raises NothingCorrected."""
    changed = {}
    for key in CORRECTABLE:
        if key not in proposal:
            continue
        value = str(proposal[key] or "").strip()
        codes = CODE_LISTS.get(key)
        if codes is not None:
            value = codes.code_of(value) or value
        if value != found.values.get(key, ""):
            changed[key] = value
    if not changed:
        raise NothingCorrected(
            "没有改动任何内容。请填写更正后的姓名或证件信息；如果原信息无误，请选择“佐证”。",
            "Nothing was changed. Give the corrected name or document; if the data are right, choose “prove”.",
        )
    return changed


def record_of(party: CaseParty, using: str) -> Record:
    """Return the record that stands at the party's school. Raises RecordGone."""
    found = standing_record(party, using=using)
    if found is None:
        raise RecordGone(
            "该记录已不存在（名册已撤回或该行已取出），无需变更；请选择“删除”。",
            "This record is gone: its roster or row was taken back. Nothing is to be corrected; choose “delete”.",
        )
    return found


def checked_proposal(
    case: Case, party: CaseParty, proposal: Mapping[str, str], today: date, using: str
) -> dict[str, str]:
    """Return what a school proposes for its own record, checked from the start already now.

    That it collides with another record is no fault here: with the desk's consent the next
    problem record opens. Raises CorrectionFails.
    """
    found = record_of(party, using)
    changed = differing(found, proposal)
    if found.student_id is not None:
        corrected_identity(found, changed, student_id=found.student_id, case=case, today=today, using=using)
    else:
        batch = roster_of_record(found, using)
        pupil = checked_again(
            typed_row(batch, found.row, using) | changed,
            school=school_at(party.place, using),
            today=today,
            using=using,
            batch_id=batch.id,
            may_collide=True,
        )
        require_another_question(pupil, case)
    return changed


def roster_of_record(found: Record, using: str) -> RosterBatch:
    """Return the roster that a record is a row of; its case has locked it already."""
    batch: RosterBatch = RosterBatch.everywhere.using(using).get(pk=found.batch_id)  # type: ignore[misc]
    return batch


def typed_row(batch: RosterBatch, row: int | None, using: str) -> dict[str, str]:
    """Return a row of a roster as it was uploaded, by field."""
    frame = rosters.roster_of(batch, using).frame
    line = frame.filter(frame["row"] == row).row(0, named=True)
    return {key: value for key, value in line.items() if key != "row" and value is not None}


def settle(
    case: Case,
    party: CaseParty,
    remedy: Remedy,
    proposal: Mapping[str, str],
    *,
    by: Actor,
    today: date,
    using: str,
) -> None:
    """Close a case by what the filing school does with its own row: correct it or drop it.

    A corrected row that collides with another record than before goes on as the next case.
    """
    found = filed_record(case)
    if remedy is Remedy.CORRECT and found is not None:
        changed = differing(found, proposal)
        school = school_at(case.place, using)
        pupil = checked_again(
            unseal(case.payload, case.id)["values"] | changed,
            school=school,
            today=today,
            using=using,
            may_collide=True,
        )
        require_another_question(pupil, case)
        party.proposal = seal(changed, case.id)
        party.save(using=using, update_fields=["proposal"])
        if pupil.collides:
            batch = RosterBatch.everywhere.using(using).get(pk=case.batch_id)  # type: ignore[misc]
            open_for_row(pupil, case, batch, case.row, by=by, today=today, using=using)
            close(case, "continued", today=today, using=using)
            return
        send_on(pupil, case, school=school, submitted_by=by.account_id, by=by, today=today, using=using)
        close(case, "corrected", today=today, using=using)
    else:
        close(case, "deleted", today=today, using=using)


def hand_to_desk(case: Case, *, today: date, using: str) -> None:
    """Put a case on its desk once every school has stated; a restated one stays there, as another version."""
    waiting = CaseParty.everywhere.using(using).filter(case=case, stated_on__isnull=True)
    if case.state == CaseState.WITH_SCHOOLS and not waiting.exists():
        case.state, case.received_on = CaseState.WITH_DESK, today
        case.due_on = today + timedelta(days=DAYS_TO_STATE)
    case.version += 1
    case.save(using=using)
