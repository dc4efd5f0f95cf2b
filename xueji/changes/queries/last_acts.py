"""What was done last to a batch or case: how a repeated request is told from a new one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from xueji.changes.models import Decision


@dataclass(frozen=True)
class LastAct:
    """The latest act of a desk on a batch or case, and the account that did it."""

    act: str
    by: int


def last_act_of(subject_id: UUID) -> LastAct | None:
    """Return the latest act on a batch or case in scope; None before the first. One query."""
    found = (
        Decision.objects.filter(subject_id=subject_id).order_by("-at", "-id").values_list("act", "by").first()
    )
    return None if found is None else LastAct(*found)
