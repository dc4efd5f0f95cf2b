"""Reading the copy that stayed with a school, for a reason that is recorded."""

from __future__ import annotations

from uuid import UUID

from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.status.queries import copies


class NoSuchCopy(Refused):
    code = "not-found"


class ReasonMissing(Refused):
    code = "reason-missing"


def read_copy(copy_id: UUID, *, reason: str, by: Actor) -> copies.Copy:
    """Return a copy of the own school in the clear, and record who read it and why. Raises ReasonMissing, NoSuchCopy, NotAllowed."""
    by.require("status.copies")
    if not reason.strip():
        raise ReasonMissing("请写明查看的理由。", "Say why you look at it.")
    found = copies.opened(copy_id, by)
    if found is None:
        raise NoSuchCopy(
            "没有这份存档，请从离校学生列表重新打开。", "There is no such copy; open it from the list again."
        )
    record(
        "status.copy.read",
        by=by.account_id,
        office=by.place,
        subject_kind="student",
        subject_id=found.student_id,
        place=by.place,
        after={"copy": str(copy_id), "reason": " ".join(reason.split())[:200]},
    )
    return found
