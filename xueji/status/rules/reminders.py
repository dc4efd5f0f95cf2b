"""When an office is told about a case on its desk. Source: practice of the field; 《办法》 art. 15 for the ten days."""

from __future__ import annotations

from enum import StrEnum


class Notice(StrEnum):
    """What an office is told."""

    USED_5 = "used_5"
    USED_8 = "used_8"
    LAST_DAY = "last_day"
    LATE = "late"
    LATE_BELOW = "late_below"  # to the authority above: an office below is late
    DUE_MOVED = "due_moved"  # the calendar of a year was announced
    SUSPENSION_OVER = "suspension_over"  # to the school: it ended, and the pupil did not come back


NOTICE_NAMES: dict[Notice, tuple[str, str]] = {
    Notice.USED_5: ("已用 5 个工作日", "5 working days are used"),
    Notice.USED_8: ("已用 8 个工作日", "8 working days are used"),
    Notice.LAST_DAY: ("今天是最后一个工作日", "Today is the last working day"),
    Notice.LATE: ("已逾期", "Late"),
    Notice.LATE_BELOW: ("下级单位逾期", "An office below is late"),
    Notice.SUSPENSION_OVER: ("休学期满未复学", "A suspension has ended without a return"),
    Notice.DUE_MOVED: ("期限已按放假安排重新计算", "The due day was counted anew by the holidays announced"),
}
# Working days used after which an office is reminded; the last day of a desk is its own number.
_AT = {5: Notice.USED_5, 8: Notice.USED_8}


def due_notices(*, used: int, allowed: int, is_late: bool) -> tuple[Notice, ...]:
    """Return every notice that is due by now, earlier ones included: each is kept once, so none is missed or doubled.

    `used` and `allowed` are working days of the desk; one with fewer days than a reminder's has no such reminder.
    """
    reached = tuple(notice for days, notice in _AT.items() if days < allowed and used >= days)
    last = (Notice.LAST_DAY,) if used >= allowed else ()
    return (*reached, *last, Notice.LATE, Notice.LATE_BELOW) if is_late else (*reached, *last)
