"""A pupil of a roster whom a problem record held: checked again and put into a batch of its own.

All of it runs inside the transaction of the verb that settles, in the national role.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.actions import claims, staging
from xueji.changes.actions.desks import note
from xueji.changes.actions.examination import examine
from xueji.changes.actions.problems.corrections import CorrectionFails
from xueji.changes.models import Case, Decision, RosterBatch, RosterFile, RosterFinding, RosterRow
from xueji.changes.queries.findings import Told, of_checked
from xueji.changes.queries.schools import require_open
from xueji.changes.rules.roster_files import from_values
from xueji.changes.rules.roster_findings import BY_CODE, PROBLEM_OF, REJECTING, Severity
from xueji.changes.rules.roster_steps import Act, State
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.lib.school_years import archive_due_on
from xueji.organisations.models import School
from xueji.students.encryption import associated
from xueji.students.rules.schemes import DISPUTED_SCHEME

DOOR = "problem"


class TakenMeanwhile(Refused):
    code = "taken-meanwhile"


@dataclass(frozen=True)
class Pupil:
    """One pupil of a roster that passed the checks again: its typed values and its checked row."""

    values: dict[str, str]
    row: pl.DataFrame
    returning: pl.DataFrame
    warnings: pl.DataFrame
    # The kind of problem where another record has the number, or is equal without one; else empty.
    collides: str
    faults: tuple[Told, ...]
    decided: frozenset[str]  # findings that stand in its way no more, because a desk decided


def checked_again(
    values: Mapping[str, str],
    *,
    school: School,
    today: date,
    using: str,
    decided: Collection[str] = (),
    returning: UUID | None = None,
    batch_id: UUID | None = None,
    may_collide: bool = False,
) -> Pupil:
    """Return the pupil of a roster row that passes all checks from the start. Raises CorrectionFails.

    `decided` are codes of findings that a desk has decided about; `returning` is the
    student that the row is, when a desk said so. `may_collide`: a row that collides with
    another record passes as one that does, for the next problem record.
    """
    require_open(school)
    found = examine(from_values([dict(values)]), school=school, today=today, using=using, batch_id=batch_id)
    rejecting = [told for told in of_checked(found.checked) if BY_CODE[told.code].severity in REJECTING]
    faults = [told for told in rejecting if told.code not in decided]
    is_held = may_collide and all(BY_CODE[told.code].severity is Severity.HELD for told in faults)
    if faults and not is_held:
        raise CorrectionFails(faults)
    row = found.checked.rows
    back = found.returning
    if returning is not None:
        back = pl.DataFrame({"row": row["row"], "student_id": [str(returning)]})
    return Pupil(
        values=dict(values),
        row=row.with_columns(staging.blind_indexes(row)),
        returning=back,
        warnings=found.checked.findings.filter(~pl.col("code").is_in(list(decided))),
        collides=PROBLEM_OF[faults[0].code] if faults else "",
        faults=tuple(faults),
        decided=frozenset(told.code for told in rejecting if told not in faults),
    )


def send_on(
    pupil: Pupil,
    case: Case,
    *,
    school: School,
    submitted_by: int,
    by: Actor,
    today: date,
    using: str,
    is_disputed: bool = False,
    is_another: bool = False,
) -> RosterBatch:
    """Put a pupil into a batch of its own that waits for the leader, like any submitted roster.

    `is_disputed`: two persons claim the number, so it is kept without a claim on it.
    `is_another`: an equal person exists, so the row claims nothing but itself.
    Raises TakenMeanwhile.
    """
    content = json.dumps([pupil.values], ensure_ascii=False, sort_keys=True).encode()
    batch_id = uuid7.new()
    entered = pupil.row["entered"][0]
    batch = RosterBatch.everywhere.using(using).create(
        id=batch_id,
        place=school.place,
        school=school,
        desk_place=school.place,
        state=State.WITH_LEADER,
        door=DOOR,
        layout="short",
        file_name=str(pupil.row["name"][0])[:200],
        sha256=hashlib.sha256(case.id.bytes + batch_id.bytes + content).hexdigest(),
        rows=1,
        accepted=1,
        warnings=pupil.warnings.height,
        uploaded_by=submitted_by,
        submitted_by=submitted_by,
        received_on=today,
        due_on=archive_due_on(entered),
    )
    ring = settings.XUEJI_KEY_RING
    RosterFile.everywhere.using(using).create(
        batch=batch, place=batch.place, content=ring.encrypt(content, associated("roster file", batch_id))
    )
    RosterFinding.everywhere.using(using).bulk_create(
        RosterFinding(
            batch=batch,
            place=batch.place,
            row=row,
            column=column,
            code=code,
            severity=BY_CODE[code].severity.value,
            params=json.loads(params),
        )
        for row, column, code, params in pupil.warnings.select("row", "column", "code", "params").iter_rows()
    )
    with connections[using].cursor() as cursor:
        staging.stage(cursor, batch=batch_id, place=batch.place, rows=pupil.row, returning=pupil.returning)
    row = RosterRow.everywhere.using(using).get(batch=batch)
    number = pupil.row["document_number"][0]
    if is_disputed and number:
        row.scheme, row.is_disputed = DISPUTED_SCHEME, True
        row.index = ring.blind_index(DISPUTED_SCHEME, f"{number}|{row.student_id}")
        row.document = ring.encrypt(number, associated("identifier", row.index))
    elif is_another and not number:
        row.index = ring.blind_index(row.scheme, f"{row.name}|{row.sex}|{row.birth_on}|{row.student_id}")
    row.save(using=using, update_fields=["scheme", "index", "document", "is_disputed"])
    if claims.claim(batch, using):
        raise TakenMeanwhile(
            "该学生刚刚被另一份名册申报或已注册，请刷新后重新处理。",
            "Another roster has just claimed this pupil or the pupil was registered; reload and look again.",
        )
    Decision.everywhere.using(using).create(
        id=uuid7.new(),
        place=batch.place,
        subject_id=batch.id,
        act=Act.SUBMIT,
        by=submitted_by,
        office=batch.place,
    )
    note(
        batch.id,
        "roster.submit",
        by=by,
        place=batch.place,
        using=using,
        after={"pupils": 1, "problem": str(case.id)},
    )
    return batch
