"""A family looks at its case: counted, so that nobody finds a code by trying."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from xueji.access.scope import national
from xueji.lib.errors import Refused
from xueji.status.actions import attempts
from xueji.status.queries.tracking import Tracked, tracked
from xueji.status.rules.limits import LOOKS_OF_ADDRESS, MISSES_OF_ALL


class TooManyLooks(Refused):
    code = "too-many-looks"


def look_up(code: str, *, address: str, now: datetime) -> Tracked | None:
    """Return where the case with this code lies; None, without a reason, where none answers to it.

    Raises TooManyLooks for an address that looks too often, and for everybody while codes are tried in bulk.
    """
    with national("status.track") as using:
        is_over = attempts.is_over(LOOKS_OF_ADDRESS, address, now=now, using=using) or attempts.is_over(
            MISSES_OF_ALL, "", now=now, using=using
        )
        found = None
        if not is_over:
            attempts.count(LOOKS_OF_ADDRESS, address, now=now, using=using)
            found = tracked(code, today=timezone.localdate(now), using=using)
            if found is None:
                attempts.count(MISSES_OF_ALL, "", now=now, using=using)
    if is_over:
        raise TooManyLooks(
            "查询次数过多，请一小时后再试；也可以向提交申请的学校询问进度。",
            "Too many look-ups; try again in an hour, or ask the school that filed the request.",
        )
    return found
