"""A correction is checked again, and where it collides once more, the next problem record opens by itself."""

from __future__ import annotations

from datetime import date

from xueji.access.scope import Actor
from xueji.changes.actions.problems.corrections import (
    CorrectionFails,
    Identity,
    hold,
    locked_student,
    release,
    value_of,
)
from xueji.changes.actions.problems.opening import (
    KIND,
    Standing,
    begin,
    drafted,
    note,
    parties_of,
    standing_of,
)
from xueji.changes.actions.problems.resubmissions import Pupil
from xueji.changes.encryption import seal, unseal
from xueji.changes.models import Case, CaseParty, RosterBatch
from xueji.changes.queries.problems import Record
from xueji.changes.rules.problem_records import CaseState, Side
from xueji.lib import uuid7
from xueji.students.models import Enrolment, Identifier
from xueji.students.rules.schemes import DISPUTED_SCHEME


def require_another_question(pupil: Pupil, case: Case) -> None:
    """Raise CorrectionFails where a corrected row still collides in what its case is about already."""
    line, payload = pupil.row.row(0, named=True), unseal(case.payload, case.id)
    if pupil.collides and (line["scheme"], line["index"].hex()) == (payload["scheme"], payload["index"]):
        raise CorrectionFails(pupil.faults)


def open_for_row(
    pupil: Pupil, case: Case, batch: RosterBatch, row: int | None, *, by: Actor, today: date, using: str
) -> Case:
    """Open the next case about a row whose correction collides with another record than before."""
    following = drafted(batch, row, pupil.row.row(0, named=True), pupil.values, pupil.collides)
    payload = unseal(following.payload, following.id)
    (others,) = standing_of([following], {following.id: payload}, using=using).values()
    following.student_id = next((other.student_id for other in others if other.student_id), None)
    return keep(following, parties_with(following, others, today), case, by=by, using=using)


def open_for_pupil(
    found: Record, identity: Identity, case: Case, *, by: Actor, today: date, using: str
) -> Case:
    """Open the next case about an enrolled pupil whose corrected identity collides with other records.

    The pupil keeps the number as a disputed one until it ends. Every school concerned
    states, the pupil's own first; the desk is the lowest office common to them.
    """
    case_id = uuid7.new()
    payload = {
        "scheme": identity.scheme,
        "index": identity.index.hex(),
        "sex": identity.sex,
        "birth_on": str(identity.birth_on),
    }
    following = Case(
        id=case_id,
        place=found.place,
        kind=KIND,
        problem=identity.collides,
        student_id=found.student_id,
        payload=seal(payload, case_id),
        name=identity.name,
    )
    (others,) = standing_of([following], {case_id: payload}, using=using).values()
    others = [other for other in others if other.student_id != found.student_id]
    # A school with both children speaks about the one whose record has stood so far.
    here = next((other for other in others if other.place == found.place), None)
    own = here or Standing(found.place, identity.name, found.student_id, None, None)
    parties = parties_with(following, [own, *(other for other in others if other is not here)], today)
    for party in parties:
        party.about = Side.STANDING
        if party.place == own.place:
            party.name = own.name
    return keep(following, parties, case, by=by, using=using)


def parties_with(case: Case, others: list[Standing], today: date) -> list[CaseParty]:
    """Return the parties of a case that begins today."""
    begin(case, others, today=today)
    return parties_of(case, others)


def keep(following: Case, parties: list[CaseParty], case: Case, *, by: Actor, using: str) -> Case:
    """Write the next case, and let the case before lead to it."""
    following.save(using=using, force_insert=True)
    CaseParty.everywhere.using(using).bulk_create(parties)
    note(
        following,
        "problem.open",
        by=by,
        using=using,
        after={"problem": following.problem, "state": CaseState.WITH_SCHOOLS, "follows": str(case.id)},
    )
    case.payload = seal(unseal(case.payload, case.id) | {"continued_by": str(following.id)}, case.id)
    case.save(using=using, update_fields=["payload"])
    return following


def claim_if_free(case: Case, *, by: Actor, today: date, using: str) -> None:
    """Make the disputed number of a case's enrolled pupil the pupil's own, once no other record holds it."""
    if case.student_id is None or case.batch_id is not None:
        return
    student = locked_student(case.student_id, using)
    enrolled = Enrolment.everywhere.using(using).filter(student_id=student.pk, ended_on=None)
    disputed = (
        Identifier.everywhere.using(using)
        .filter(student_id=student.pk, scheme=DISPUTED_SCHEME, until__isnull=True)
        .first()
    )
    payload = unseal(case.payload, case.id)
    if disputed is None or "index" not in payload or not enrolled.exists():
        return
    scheme, index = payload["scheme"], bytes.fromhex(payload["index"])
    if Identifier.everywhere.using(using).filter(scheme=scheme, index=index).exists():
        return
    number = value_of(disputed)
    release(disputed, student=student, by=by, using=using)
    hold(scheme, index, number, student, today, using)
