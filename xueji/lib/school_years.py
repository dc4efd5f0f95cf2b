"""School years, ages and the periods counted in months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

FIRST_MONTH = 9  # school years begin on 1 September
MONTHS_TO_OPEN_ARCHIVE = 2


def school_year(day: date) -> int:
    """Return the calendar year in which the school year of this day began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months on, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def archive_due_on(entered_on: date, months: int = MONTHS_TO_OPEN_ARCHIVE) -> date:
    """Return the last day on which the archive of a pupil who entered on this day may be opened.

    Source: 中小学生学籍管理办法 (2025), article 7: within two months of entry.
    """
    return add_months(entered_on, months)
