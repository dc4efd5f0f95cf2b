"""What every verb on an open problem record does first and last: lock it, look whose turn it is, close it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.changes.models import Case, CaseParty, RosterBatch
from xueji.changes.rules.problem_records import CaseState
from xueji.lib.errors import Refused


class NoSuchCase(Refused):
    code = "not-found"


class NotNow(Refused):
    code = "not-now"


def no_such_case() -> NoSuchCase:
    """Return the refusal for a case that is not there, or is not the reader's: the same words for both."""
    return NoSuchCase(
        "没有这条问题学籍，或与本单位无关。请从问题学籍列表重新进入。",
        "There is no such problem record, or it does not concern you; open it from the list again.",
    )


def locked_case(case_id: UUID, using: str) -> Case:
    """Return an opened case, locked until commit. Raises NoSuchCase.

    Rosters that its records are rows of are locked first, as whoever takes a roster back
    locks it before its cases.
    """
    batches = CaseParty.everywhere.using(using).filter(case_id=case_id, batch_id__isnull=False)
    wanted = {batch_id for batch_id in batches.values_list("batch_id", flat=True) if batch_id}
    list(RosterBatch.everywhere.using(using).select_for_update().filter(pk__in=wanted).order_by("pk"))
    case: Case | None = (
        Case.everywhere.using(using)
        .select_for_update()
        .filter(pk=case_id)
        .exclude(state=CaseState.DRAFT)
        .first()
    )
    if case is None:
        raise no_such_case()
    return case


def require_open(case: Case) -> None:
    """Raise NotNow when the case is closed."""
    if case.state == CaseState.CLOSED:
        raise NotNow(
            "该问题学籍已办结，可能刚由同事处理；请刷新查看结果。",
            "This problem record is closed, perhaps by a colleague just now; reload to see the outcome.",
        )


def close(case: Case, outcome: str, *, today: date, answer: str = "", using: str) -> None:
    """Close a case and tell every school concerned the outcome."""
    case.state, case.outcome, case.closed_on = CaseState.CLOSED, outcome, today
    case.version += 1
    case.save(using=using)
    CaseParty.everywhere.using(using).filter(case=case).update(
        closed_on=today, outcome=outcome, answer=answer[:500]
    )


def note_party(
    party: CaseParty, act: str, *, by: Actor, using: str, after: dict[str, object] | None = None
) -> None:
    """Record what one school did, where only that school and the offices above it read it."""
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="case",
        subject_id=party.case_id,
        place=party.place,
        after=after,
        using=using,
    )


def note_reading(case: Case, *, by: Actor, using: str) -> None:
    """Record that somebody at the desk looked at the numbers of a case in full."""
    record(
        "problem.reveal",
        by=by.account_id,
        office=by.place,
        subject_kind="case",
        subject_id=case.id,
        place=by.place,
        using=using,
    )
