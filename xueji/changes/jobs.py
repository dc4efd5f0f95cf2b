"""Work of the worker: rosters checked and registered, with progress; what was left lying is taken up again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django import app

from xueji.access.queries import actor_of
from xueji.access.scope import Actor, Scope, acting, national
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_steps import Act, State
from xueji.lib.errors import Refused

LEFT_LYING = timedelta(minutes=1)
# A registration up to this many rows takes about a second and is done while one waits; a larger one here.
ROWS_AT_ONCE = 5_000
# Stages of progress around those that the actions report.
WAITING, STOPPED = "waiting", "stopped"

PROGRESS = """
INSERT INTO changes_rosterprogress AS p (batch_id, place, stage, done, total)
VALUES (%(batch)s, %(place)s, %(stage)s, %(done)s, %(total)s)
ON CONFLICT (batch_id) DO UPDATE SET stage = EXCLUDED.stage, done = EXCLUDED.done, total = EXCLUDED.total,
    at = now(), started_at = CASE WHEN p.stage IN ('done', 'stopped') THEN now() ELSE p.started_at END
"""


def reporter(batch_id: UUID, place: int) -> rosters.Report:
    """Return a function that shows progress at once, in a transaction beside the one that works."""

    def report(stage: str, done: int, total: int) -> None:
        with acting(Scope(place, place + 1)), connections["default"].cursor() as cursor:
            cursor.execute(
                PROGRESS, {"batch": batch_id, "place": place, "stage": stage, "done": done, "total": total}
            )

    return report


def place_of(batch_id: UUID) -> int | None:
    with national("progress") as using:
        return RosterBatch.everywhere.using(using).filter(pk=batch_id).values_list("place", flat=True).first()


@app.task(name="roster.check", queue="rosters", pass_context=False)
def check_roster(batch_id: str) -> None:
    """Check an uploaded roster. Repeating it is harmless."""
    key = UUID(batch_id)
    place = place_of(key)
    if place is not None:
        rosters.check_batch(key, today=timezone.localdate(), report=reporter(key, place))


def register_later(
    batch: RosterBatch, *, by: Actor, except_rows: Collection[int] = (), reason: str = ""
) -> None:
    """Leave the last approval of a large roster to the worker; that it waits is shown at once.

    Must run inside the scope of the officer: job and progress come with its transaction.
    """
    with connections["default"].cursor() as cursor:
        known: dict[str, Any] = {
            "batch": batch.id,
            "place": batch.place,
            "stage": WAITING,
            "done": 0,
            "total": batch.accepted,
        }
        cursor.execute(PROGRESS, known)
    register_roster.defer(
        batch_id=str(batch.id),
        account_id=by.account_id,
        appointment_id=by.appointment_id,
        version=batch.version,
        except_rows=sorted(except_rows),
        reason=reason,
    )


@app.task(name="roster.register", queue="rosters")
def register_roster(
    batch_id: str,
    account_id: int,
    appointment_id: int,
    version: int,
    except_rows: Sequence[int] = (),
    reason: str = "",
) -> None:
    """Register a large roster for the officer who approved it. A repetition finds it done."""
    key = UUID(batch_id)
    today = timezone.localdate()
    place = place_of(key)
    by = actor_of(account_id, appointment_id, today=today)
    if place is None or by is None:
        return
    with national("progress") as using:
        waiting = RosterBatch.everywhere.using(using).filter(
            pk=key, state=State.WITH_AUTHORITY, version=version
        )
        if not waiting.exists():
            return
    report = reporter(key, place)
    try:
        rosters.decide(
            key,
            act=Act.APPROVE,
            by=by,
            today=today,
            version=version,
            except_rows=except_rows,
            reason=reason,
            report=report,
        )
    except Refused:
        # Somebody else was first or the officer may no longer: the desk is free for the next decision.
        report(STOPPED, 0, 0)


@app.periodic(cron="* * * * *")
@app.task(name="roster.take_up", queue="rosters", queueing_lock="roster.take_up")
def take_up(timestamp: int) -> None:
    """Check again what was uploaded and never checked: its job was lost with a process."""
    before = timezone.now() - LEFT_LYING
    with national("progress") as using:
        lying = list(
            RosterBatch.everywhere.using(using)
            .filter(state=State.UPLOADED, uploaded_at__lt=before)
            .values_list("pk", flat=True)[:100]
        )
    for batch_id in lying:
        check_roster(str(batch_id))


@app.periodic(cron="* * * * *")
@app.task(name="jobs.revive", queue="rosters", queueing_lock="jobs.revive", pass_context=True)
async def revive(context: object, timestamp: int) -> None:
    """Give jobs of a killed worker back to the queue."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
