"""Work of the worker: released exports made, expired ones deleted. Repeating either is harmless."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from xueji.access.scope import national
from xueji.disclosures.actions import exports, making
from xueji.disclosures.models import Export
from xueji.disclosures.rules.approvals import ExportState

LEFT_LYING = timedelta(minutes=2)


@app.task(name="disclosures.make", queue="disclosures")
def make_export(export_id: str) -> None:
    """Make a released file."""
    making.make(UUID(export_id), now=timezone.now(), today=timezone.localdate())


@app.periodic(cron="* * * * *")
@app.task(name="disclosures.take_up", queue="disclosures", queueing_lock="disclosures.take_up")
def take_up(timestamp: int) -> None:
    """Make what was released and never made, because its job was lost with a process; delete what expired."""
    now = timezone.now()
    exports.expire(now=now)
    with national("disclosures") as using:
        lying = list(
            Export.everywhere.using(using)
            .filter(state=ExportState.RELEASED, decided_at__lt=now - LEFT_LYING)
            .values_list("pk", flat=True)[:100]
        )
    for export_id in lying:
        making.make(export_id, now=now, today=timezone.localdate())
