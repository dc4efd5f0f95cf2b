"""Work of the worker for this room: answers that nobody will ask for again are forgotten."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from xueji.access.actions import forget_answers


@app.periodic(cron="17 3 * * *")
@app.task(name="access.forget_answers", queueing_lock="access.forget_answers")
def forget(timestamp: int) -> None:
    """Forget remembered answers each night. Repeating it is harmless."""
    forget_answers(now=timezone.now())
