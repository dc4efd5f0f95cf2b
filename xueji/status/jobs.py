"""Work of the worker: reminders each morning, and what waited for others to clear the way."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django import app

from xueji.access.scope import national
from xueji.organisations.models import CalendarYear
from xueji.organisations.queries import forget_calendar
from xueji.status.actions import attempts, cases, clocks, overdue, promotion
from xueji.status.models import Campaign
from xueji.status.rules.promotion import CampaignState

# An import that the worker slept through is found in the morning at the latest.
LOOKS_BACK = timedelta(minutes=15)


@app.periodic(cron="10 6 * * *")
@app.task(name="status.remind", queue="status", queueing_lock="status.remind")
def remind(timestamp: int) -> None:
    """Count the due days of all desks anew and leave today's reminders. Repeating it is harmless."""
    count_anew(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="status.recount", queue="status", queueing_lock="status.recount")
def recount(timestamp: int) -> None:
    """Count due days anew soon after the days off of a year were imported. Nothing changed: nothing is done."""
    now = timezone.now()
    if CalendarYear.objects.filter(imported_at__gt=now - LOOKS_BACK).exists():
        count_anew(now=now)


def count_anew(*, now: datetime) -> None:
    forget_calendar()
    today = timezone.localdate(now)
    clocks.recount(today=today)
    clocks.recount_wholes()
    clocks.remind(today=today)
    with national("status.track") as using:
        attempts.forget(now=now, using=using)


@app.periodic(cron="30 5 * * *")
@app.task(name="status.follow_up", queue="status", queueing_lock="status.follow_up")
def follow_up(timestamp: int) -> None:
    """See to suspensions that have ended without a return. Repeating it is harmless."""
    overdue.follow_up(today=timezone.localdate())


@app.periodic(cron="*/10 * * * *")
@app.task(name="status.look_again", queue="status", queueing_lock="status.look_again")
def look_again(timestamp: int) -> None:
    """Put waiting cases on their first desk whose way has become clear by another door, such as a problem record settled."""
    with national("status.clocks") as using, connections[using].cursor() as cursor:
        cursor.execute("SELECT id FROM status_case WHERE state = 'waiting' ORDER BY id LIMIT 5000")
        waiting = [row[0] for row in cursor.fetchall()]
    for case_id in waiting:
        cases.release(case_id, today=timezone.localdate())


@app.periodic(cron="* * * * *")
@app.task(name="status.promote", queue="status", queueing_lock="status.promote")
def promote(timestamp: int) -> None:
    """Go on with every promotion that runs: what a killed worker left, and schools that were signed since."""
    with national("status.promotion") as using:
        running = list(
            Campaign.objects.using(using).filter(state=CampaignState.RUNNING).values_list("pk", flat=True)
        )
    for campaign_id in running:
        promotion.run(campaign_id)
