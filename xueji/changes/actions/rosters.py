"""Rosters: uploaded, checked, submitted, approved by the school and verified by the authority.

Each verb is one transaction in the national role, because a child may be known anywhere;
what it changes is the school's own. Killed at any point, a batch is as it was before the
verb or as it is after, and the verb can be repeated.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection
from datetime import date
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.access.actions_misses import Looker, TooManyMisses, looker, over_budget
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor, national
from xueji.access.statements import asked
from xueji.changes.actions import claims, problems, registration, staging
from xueji.changes.actions.admissions import contested
from xueji.changes.actions.desks import (
    NoSuchBatch,
    NotNow,
    OwnWork,
    checked,
    decided,
    hand_over,
    locked,
    may_decide,
    note,
    step_to,
)
from xueji.changes.actions.examination import (
    Examined,
    Report,
    check_file,
    check_one,
    examine,
    price,
    read_file,
    silent,
)
from xueji.changes.models import RosterBatch, RosterFile, RosterFinding, RosterRow
from xueji.changes.queries.schools import require_open
from xueji.changes.rules.roster_files import Roster, as_roster, from_values
from xueji.changes.rules.roster_findings import BY_CODE
from xueji.changes.rules.roster_steps import Act, RowState, State, Step
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.lib.school_years import archive_due_on
from xueji.organisations.models import School
from xueji.organisations.queries import authority_of
from xueji.spreadsheets.tables import copy_into
from xueji.students.encryption import associated


class NothingToSubmit(Refused):
    code = "nothing-to-submit"


class ReasonMissing(Refused):
    code = "reason-missing"


def receive(
    content: bytes, *, file_name: str, school: School, by: Actor, door: str = "workbook"
) -> tuple[RosterBatch, bool]:
    """Keep an uploaded file as a batch to be checked; return it, and whether it is new.

    The same file of the same school is the batch it already is: nothing is done twice.
    """
    by.require("roster.upload", school.place)
    require_open(school)
    sha256 = hashlib.sha256(content).hexdigest()
    batch_id = uuid7.new()
    sealed = settings.XUEJI_KEY_RING.encrypt(content, associated("roster file", batch_id))
    with national("roster.check") as using, connections[using].cursor() as cursor:
        batch = RosterBatch(
            id=batch_id,
            place=school.place,
            school=school,
            desk_place=school.place,
            state=State.UPLOADED,
            door=door,
            file_name=file_name[:200],
            sha256=sha256,
            uploaded_by=by.account_id,
        )
        cursor.execute(
            """INSERT INTO changes_rosterbatch (id, place, school_id, desk_place, state, door, layout, file_name,
                   sha256, rows, accepted, rejected, warnings, excepted, registered, notes, seconds, uploaded_by, version)
               VALUES (%s, %s, %s, %s, %s, %s, '', %s, %s, 0, 0, 0, 0, 0, 0, '{}', 0, %s, 1)
               ON CONFLICT (school_id, sha256) WHERE state <> 'withdrawn' DO NOTHING RETURNING uploaded_at""",
            [
                batch_id,
                batch.place,
                school.pk,
                batch.place,
                batch.state,
                door,
                batch.file_name,
                sha256,
                by.account_id,
            ],
        )
        begun = cursor.fetchone()
        if begun is None:
            kept = live_batch(school, sha256, using)
            if kept is not None:
                waits_again(kept, using)
                return kept, False
            # It was taken back at this very moment: the file may come anew.
            return receive(content, file_name=file_name, school=school, by=by, door=door)
        cursor.execute(
            "INSERT INTO changes_rosterfile (place, batch_id, content) VALUES (%s, %s, %s)",
            [school.place, batch_id, sealed],
        )
        uploaded = {"state": State.UPLOADED, "file": file_name}
        note(batch_id, "roster.upload", by=by, place=school.place, using=using, after=uploaded)
        (batch.uploaded_at,) = begun
        batch._state.adding, batch._state.db = False, using
        return batch, True


LIVE = "SELECT id FROM changes_rosterbatch WHERE school_id = %s AND sha256 = %s AND state <> 'withdrawn'"


def waits_again(batch: RosterBatch, using: str) -> None:
    """Let a batch that was beyond the budget of its day be checked anew, now that its file came again."""
    if batch.state == State.UNREADABLE and (batch.refusal or {}).get("code") == TooManyMisses.code:
        batch.state, batch.refusal = State.UPLOADED, None
        batch.save(using=using, update_fields=["state", "refusal"])


def live_batch(school: School, sha256: str, using: str) -> RosterBatch | None:
    """Return the batch that this content is at this school, unless it was taken back."""
    known = asked(LIVE, [school.pk, sha256], using=using)
    return RosterBatch.everywhere.using(using).get(pk=known[0][0]) if known else None


def file_of(batch: RosterBatch, using: str) -> bytes:
    """Return the uploaded file of a batch as it came."""
    kept = RosterFile.everywhere.using(using).get(batch_id=batch.id)
    content: bytes = settings.XUEJI_KEY_RING.decrypt_bytes(kept.content, associated("roster file", batch.id))
    return content


def check_batch(batch_id: UUID, *, today: date, report: Report = silent) -> RosterBatch:
    """Check a batch and keep its findings and accepted rows. Repeating it begins anew, until it is submitted.

    A file that cannot be used makes the batch UNREADABLE with the sentence why.
    """
    started = time.monotonic()
    with national("roster.check") as using:
        batch = locked(batch_id, using)
        if batch.state not in {State.UPLOADED, State.CHECKED, State.UNREADABLE}:
            return batch
        before = batch.state
        report("open", 0, 0)
        try:
            roster = roster_of(batch, using)
        except Refused as refused:
            return unreadable(batch, refused, before=before, started=started, using=using, report=report)
        found = examine(
            roster, school=batch.school, today=today, using=using, batch_id=batch.id, report=report
        )
        spent = price(found, whose=Looker(batch.uploaded_by, batch.place), today=today, using=using)
        if spent is not None:
            too_many = over_budget(Way.ROSTER, spent.budget)
            return unreadable(batch, too_many, before=before, started=started, using=using, report=report)
        keep(batch, found, using=using, report=report)
        batch.state = State.CHECKED
        batch.seconds = time.monotonic() - started
        batch.save(using=using)
        checked(batch, before=before, using=using)
        report("done", found.rows, found.rows)
        return batch


def unreadable(
    batch: RosterBatch, refused: Refused, *, before: str, started: float, using: str, report: Report
) -> RosterBatch:
    """Keep why a batch was not checked, in place of findings."""
    batch.state = State.UNREADABLE
    batch.refusal = {"code": refused.code, "zh": refused.zh, "en": refused.en}
    batch.seconds = time.monotonic() - started
    batch.save(using=using)
    checked(batch, before=before, using=using)
    report("done", 0, 0)
    return batch


def roster_of(batch: RosterBatch, using: str) -> Roster:
    """Return the roster of a batch from its kept file. Raises Refused when it cannot be read."""
    content = file_of(batch, using)
    if batch.door == "workbook":
        return as_roster(read_file(content, batch.file_name))
    return from_values(json.loads(content))


def keep(batch: RosterBatch, found: Examined, *, using: str, report: Report) -> None:
    """Write findings and accepted rows of an examined batch, in place of earlier ones."""
    if batch.state != State.UPLOADED:
        RosterFinding.everywhere.using(using).filter(batch_id=batch.id).delete()
        RosterRow.everywhere.using(using).filter(batch_id=batch.id).delete()
        problems.forget_drafts(batch, using=using)
    report("write", 0, found.rows)
    severities = {code: row.severity.value for code, row in BY_CODE.items()}
    with connections[using].cursor() as cursor:
        copy_into(
            cursor,
            "changes_rosterfinding",
            found.checked.findings.select(
                pl.lit(str(batch.id)).alias("batch_id"),
                pl.lit(batch.place).alias("place"),
                "row",
                "column",
                "code",
                pl.col("code").replace_strict(severities).alias("severity"),
                "params",
            ),
        )
        batch.accepted = staging.stage(
            cursor, batch=batch.id, place=batch.place, rows=found.accepted, returning=found.returning
        )
    problems.draft_for(batch, found.checked, using=using)
    batch.layout = found.roster.layout
    batch.rows = found.rows
    batch.rejected = found.rows - batch.accepted
    batch.warnings = found.warnings
    # The two months run from entry, whether or not the school ever submits.
    entered = found.accepted["entered"].min()
    batch.due_on = archive_due_on(entered) if isinstance(entered, date) else None
    # Rows that a desk had taken out of an earlier round stand as the check finds them now.
    batch.excepted = 0
    batch.refusal = None
    batch.notes = {"normalised": found.checked.notes, "ignored": found.roster.ignored}


def submit(batch_id: UUID, *, by: Actor, today: date) -> RosterBatch:
    """Hand a checked batch to the leader, claim its children, open problem records for the doubtful ones.

    A child that another roster claimed first is taken out here, with its finding; exactly
    one roster has each child, whatever the timing. Raises NotNow; NothingToSubmit when no
    pupil is left, and then the batch stays with the registrar and says why.
    """
    with national("roster.submit") as using:
        batch = locked(batch_id, using)
        is_handed_in = submitted(batch, by=by, today=today, using=using)
    # Raised only now, so that the findings of the lost rows are kept.
    if not is_handed_in:
        raise nothing_to_submit()
    return batch


def nothing_to_submit() -> NothingToSubmit:
    return NothingToSubmit(
        "没有可以提交的学生：请先按提示改正后再上传。",
        "There is no pupil to submit: correct the file as the findings say and upload it again.",
    )


def submitted(batch: RosterBatch, *, by: Actor, today: date, using: str) -> bool:
    """Claim the children of a locked batch and hand it in; return False when no pupil is left of it."""
    step = step_to(batch, Act.SUBMIT, by)
    opened = problems.open_for(batch, by=by, today=today, using=using)
    taken = claims.claim(batch, using)
    opened += contested.hold(batch, reading=roster_of, by=by, today=today, using=using)[1]
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE state = %s), min(entered_on) FROM changes_rosterrow
               WHERE batch_id = %s""",
            [RowState.ACCEPTED, batch.id],
        )
        count, entered = cursor.fetchone()
    # What a desk took out in an earlier round is rejected from now on.
    batch.accepted, batch.rejected, batch.excepted = count, batch.rows - count, 0
    if not count and not opened:
        batch.save(using=using)
        return False
    batch.due_on = archive_due_on(entered) if entered else None
    hand_in(batch, step, by=by, today=today, using=using, taken=taken, problem_count=opened)
    return True


def hand_in(
    batch: RosterBatch, step: Step, *, by: Actor, today: date, using: str, taken: int, problem_count: int
) -> None:
    """Put a batch whose children are claimed on the desk of the leader."""
    batch.submitted_by = by.account_id
    hand_over(batch, step.target, desk=batch.place, today=today)
    batch.save(using=using)
    decided(batch, Act.SUBMIT, by=by, using=using)
    note(
        batch.id,
        "roster.submit",
        by=by,
        place=batch.place,
        using=using,
        before={"state": step.source},
        after={"state": batch.state, "pupils": batch.accepted, "taken": taken, "problems": problem_count},
    )


def decide(
    batch_id: UUID,
    *,
    act: Act,
    by: Actor,
    today: date,
    reason: str = "",
    except_rows: Collection[int] = (),
    version: int | None = None,
    report: Report = silent,
) -> RosterBatch:
    """Approve or return a batch at the desk whose turn it is.

    Rows in `except_rows` are taken out with the reason and go back to the school. On the
    approval of the authority the pupils are registered and numbered, in this transaction.
    Raises NotNow, OwnWork (two-person rule), ReasonMissing.
    """
    with national("roster.decide") as using:
        batch = locked(batch_id, using)
        step = may_decide(batch, act, by=by, version=version)
        if (act is Act.RETURN or except_rows) and not reason.strip():
            raise ReasonMissing(
                "请填写理由：学校需要知道为什么退回。", "Give a reason: the school has to know why."
            )
        if except_rows:
            take_out(batch, except_rows, reason=reason, by=by, using=using)
        if act is Act.APPROVE:
            held, _ = contested.hold(batch, reading=roster_of, by=by, today=today, using=using)
            batch.accepted, batch.rejected = batch.accepted - held, batch.rejected + held
        if act is Act.RETURN:
            claims.release(batch, using)
            hand_over(batch, State.CHECKED, desk=batch.place, today=today)
        elif step.target is State.REGISTERED:
            report("register", 0, batch.accepted - batch.excepted)
            batch.registered = registration.register(batch, by=by, today=today, using=using)
            hand_over(batch, State.REGISTERED, desk=by.place, today=today)
        else:
            hand_over(batch, step.target, desk=authority_of(batch.place, using=using), today=today)
        batch.save(using=using)
        decided(batch, act, by=by, using=using, reason=reason)
        note(
            batch.id,
            f"roster.{act}",
            by=by,
            place=batch.place,
            using=using,
            before={"state": step.source},
            after={"state": batch.state, "reason": reason, "excepted": len(set(except_rows))},
        )
    # Only now: who is told that it is done looks at once, and must find it done.
    report("done", batch.registered, batch.registered)
    return batch


def take_out(batch: RosterBatch, rows: Collection[int], *, reason: str, by: Actor, using: str) -> None:
    """Take rows out of a batch on its way: they go back to the school with the reason."""
    wanted = list(set(rows))
    taken = (
        RosterRow.everywhere.using(using)
        .filter(batch_id=batch.id, row__in=wanted, state=RowState.ACCEPTED)
        .update(state=RowState.EXCEPTED, reason=reason[:200])
    )
    if taken != len(wanted):
        raise NotNow(
            "所选学生中有的已不在该批次中，请刷新后重新选择。",
            "Some of the chosen pupils are no longer in this batch; reload and choose again.",
        )
    with connections[using].cursor() as cursor:
        cursor.execute(claims.UNCLAIM, {"batch": batch.id})
        cursor.execute(
            """INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
               SELECT %(batch)s, 'roster.except', 'batch', %(account)s, %(office)s, %(place)s, %(batch)s,
                   jsonb_build_object('row', row, 'reason', reason)
               FROM changes_rosterrow WHERE batch_id = %(batch)s AND row = ANY(%(rows)s)""",
            {
                "batch": batch.id,
                "account": by.account_id,
                "office": by.place,
                "place": batch.place,
                "rows": wanted,
            },
        )
    batch.excepted += taken


def undo(batch_id: UUID, *, by: Actor, today: date, reason: str = "") -> RosterBatch:
    """Take a batch back as a whole, as long as the authority has not verified it.

    Claims are released, open problem records of the batch are closed, and the file may be
    uploaded anew. Repeating it changes nothing.
    """
    with national("roster.undo") as using:
        batch = locked(batch_id, using)
        if batch.state == State.WITHDRAWN:
            return batch
        step = step_to(batch, Act.UNDO, by)
        claims.release(batch, using)
        problems.close_for(batch, by=by, today=today, using=using)
        hand_over(batch, State.WITHDRAWN, desk=batch.place, today=today)
        batch.save(using=using)
        decided(batch, Act.UNDO, by=by, using=using, reason=reason)
        note(
            batch.id,
            "roster.undo",
            by=by,
            place=batch.place,
            using=using,
            before={"state": step.source},
            after={"state": batch.state, "reason": reason},
        )
        return batch


def import_file(
    content: bytes, *, file_name: str, school: School, by: Actor, today: date, report: Report = silent
) -> tuple[RosterBatch, bool]:
    """Receive, check and submit a file in one go; return the batch and whether anything was done.

    An import that was killed on its way is taken up where it stood.
    """
    batch, _ = receive(content, file_name=file_name, school=school, by=by)
    if batch.state not in {State.UPLOADED, State.CHECKED, State.UNREADABLE}:
        return batch, False
    batch = check_batch(batch.id, today=today, report=report)
    if batch.state != State.CHECKED or not (batch.accepted or problems.has_drafts(batch)):
        return batch, True
    try:
        return submit(batch.id, by=by, today=today), True
    except (NotNow, NothingToSubmit) as refused:
        # The same file came twice at once and the other one was submitted first, or other
        # rosters claimed all its children meanwhile and the findings say so.
        with national("roster.submit") as using:
            done = isinstance(refused, NothingToSubmit)
            return RosterBatch.everywhere.using(using).get(pk=batch.id), done


def enrol_one(
    values: dict[str, str], *, school: School, by: Actor, today: date, door: str
) -> tuple[RosterBatch | None, Examined]:
    """Check one pupil as typed and, when nothing is wrong, submit it as a batch of one row.

    Returns no batch when a finding rejects the row: nothing is kept then. The same pupil
    posted again is the batch that it already is.
    """
    by.require("roster.submit", school.place)
    require_open(school)
    try:
        return enrol_at_once(values, school=school, by=by, today=today, door=door)
    except NothingToSubmit:
        # Another roster claimed the child between check and submission, and nothing was kept;
        # the check finds that claim now.
        return enrol_at_once(values, school=school, by=by, today=today, door=door)


def enrol_at_once(
    values: dict[str, str], *, school: School, by: Actor, today: date, door: str
) -> tuple[RosterBatch | None, Examined]:
    """Check and submit one pupil in one transaction: nothing is kept of one that is not accepted.

    Of two equal posts at once the second waits in `receive` and then finds the first one's
    batch. Raises NothingToSubmit when another roster was quicker; TooManyMisses.
    """
    content = json.dumps([values], ensure_ascii=False, sort_keys=True).encode()
    with national("roster.submit") as using:
        kept = live_batch(school, hashlib.sha256(content).hexdigest(), using)
        found = examine(
            from_values([values]),
            school=school,
            today=today,
            using=using,
            batch_id=kept.id if kept else None,
        )
        spent = price(found, whose=looker(by), today=today, using=using)
        batch = (
            None
            if spent
            else handed_in(found, content, values, school=school, by=by, today=today, door=door, using=using)
        )
    if spent is not None:
        raise over_budget(Way.ROSTER, spent.budget)
    return batch, found


def handed_in(
    found: Examined,
    content: bytes,
    values: dict[str, str],
    *,
    school: School,
    by: Actor,
    today: date,
    door: str,
    using: str,
) -> RosterBatch | None:
    """Keep an examined pupil as a batch of one row and submit it; None where nothing is to be kept."""
    if found.accepted.is_empty() and problems.doubtful(found.checked).is_empty():
        return None
    batch, is_new = receive(
        content, file_name=values.get("name", "") or door, school=school, by=by, door=door
    )
    if not is_new:
        batch = locked(batch.id, using)
    if batch.state in {State.UPLOADED, State.CHECKED}:
        before = batch.state
        keep(batch, found, using=using, report=silent)
        batch.state = State.CHECKED
        checked(batch, before=before, using=using)
        if not submitted(batch, by=by, today=today, using=using):
            raise nothing_to_submit()
    return batch


__all__ = [
    "Examined",
    "NoSuchBatch",
    "NotNow",
    "NothingToSubmit",
    "OwnWork",
    "ReasonMissing",
    "Report",
    "check_batch",
    "check_file",
    "check_one",
    "decide",
    "enrol_one",
    "import_file",
    "may_decide",
    "receive",
    "roster_of",
    "silent",
    "submit",
    "take_out",
    "undo",
]
