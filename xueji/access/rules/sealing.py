"""When an account that nobody uses is sealed (封存).

Six calendar months after the last use are the last day on which it still opens; the day after
it is sealed. A month that is too short ends on its last day: last used on 31 August, an
account opens on 28 February and is sealed on 1 March.

Source: 中小学生学籍管理办法 art. 24 (半年以上未使用的账号应予以封存).
"""

from __future__ import annotations

import calendar
from datetime import date
from typing import Final

MONTHS: Final = 6


def months_later(day: date, months: int) -> date:
    """Return the same day so many calendar months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def opens_until(last_used_on: date) -> date:
    """Return the last day on which an account last used then still opens."""
    return months_later(last_used_on, MONTHS)


def is_idle(last_used_on: date, today: date) -> bool:
    """Return whether an account last used then is to be sealed today."""
    return today > opens_until(last_used_on)
