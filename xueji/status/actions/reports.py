"""What is taken out of the registry as a file leaves a trace: who, of which area, for which month. Numbers alone go out."""

from __future__ import annotations

from datetime import date

from xueji.access.scope import Actor
from xueji.audit.actions import record


def dropout_report_taken(*, area: int, month: date, by: Actor) -> None:
    """Record that the monthly report of dropouts of an area was taken as a file. Raises NotAllowed."""
    by.require("status.view")
    record(
        "status.report.dropouts",
        by=by.account_id,
        office=by.place,
        subject_kind="office",
        subject_id=area,
        place=by.place,
        after={"month": f"{month:%Y-%m}"},
    )
