"""Work of the worker for this room: accounts nobody uses are sealed; answers, counters, sessions are forgotten."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from xueji.access import actions_misses
from xueji.access.actions import forget_answers
from xueji.access.actions_sealing import seal_idle
from xueji.access.actions_sign_in import forget_sign_ins, forget_throttles
from xueji.access.rules import sessions
from xueji.access.scope import NOWHERE, acting, national


@app.periodic(cron="17 3 * * *")
@app.task(name="access.forget_answers", queueing_lock="access.forget_answers")
def forget(timestamp: int) -> None:
    """Forget remembered answers each night. Repeating it is harmless."""
    now = timezone.now()
    forget_answers(now=now)
    with national("misses") as using:
        actions_misses.forget(today=timezone.localdate(now), using=using)
    with acting(NOWHERE):
        forget_throttles(now=now)
        forget_sign_ins(now=now, longest=sessions.LONGEST)


@app.periodic(cron="27 0 * * *")
@app.task(name="access.seal_idle", queueing_lock="access.seal_idle")
def seal(timestamp: int) -> None:
    """Seal accounts that nobody used for over half a year. Repeating it is harmless."""
    seal_idle(today=timezone.localdate())
